// Two-dimensional convolution (cross-correlation, as PyTorch defines it) through oneDNN primitives.
//
// A plan is made once for one shape and one number of examples; it owns its primitives, the weights in the order that
// the library likes best, and its scratch memory. It is used by one thread at a time. Activations are channels last,
// [rows, height, width, channels]; weights are [outChannels, inChannels, kernelHeight, kernelWidth], as PyTorch stores
// them.
#ifndef RL_CONVOLUTION_H
#define RL_CONVOLUTION_H

#include <stdint.h>

typedef struct {
    int64_t rows, inChannels, inHeight, inWidth;
    int64_t outChannels, outHeight, outWidth;
    int64_t kernelHeight, kernelWidth;
    int64_t strideHeight, strideWidth;
    int64_t paddingHeight, paddingWidth;
    int64_t dilationHeight, dilationWidth; // 1 = dense
    int64_t groups; // divides both numbers of channels; weights are then [outChannels, inChannels / groups, …]
    int32_t hasBias;
    int32_t fusedReLU; // the forward pass ends in max(0, x)
    int32_t training;  // prepare the two backward passes as well
} rl_convolution_shape;

typedef struct rl_convolution rl_convolution;

/// Makes a plan. Returns 0, or the library's status, and then `*plan` is NULL.
int32_t rl_convolution_create(const rl_convolution_shape *shape, rl_convolution **plan);
void rl_convolution_destroy(rl_convolution *plan);

/// output = conv(input, weight) + bias. `bias` may be NULL when the plan has none. Returns 0 or the library's status.
int32_t rl_convolution_forward(rl_convolution *plan, const float *input, const float *weight, const float *bias,
                               float *output);

/// inputGradient = the transposed convolution of outputGradient with weight. Training plans only.
int32_t rl_convolution_backward_input(rl_convolution *plan, const float *outputGradient, const float *weight,
                                      float *inputGradient);

/// weightGradient and biasGradient, overwritten. Training plans only; `biasGradient` may be NULL without bias.
int32_t rl_convolution_backward_weight(rl_convolution *plan, const float *input, const float *outputGradient,
                                       float *weightGradient, float *biasGradient);

#endif
