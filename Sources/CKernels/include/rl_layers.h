// Forward and backward loops of the layers that are not products: activations, pooling, changes of channel order.
//
// Activations with channels are channels last, [rows, height, width, channels]. Backward functions overwrite the
// input's gradient. Element counts are non-negative; pointers may coincide where a function says "in place".
#ifndef RL_LAYERS_H
#define RL_LAYERS_H

#include <stdint.h>

/// values[r, c] += bias[c]; with `relu`, then max(0, ·).
void rl_add_bias(float *values, const float *bias, int64_t rows, int64_t columns, int32_t relu);
/// sums[c] = Σ_r values[r, c], rows in order.
void rl_sum_rows(const float *values, float *sums, int64_t rows, int64_t columns);
/// total[i] += addend[i].
void rl_accumulate(float *total, const float *addend, int64_t count);

/// output = f(input) for a function of `rl_evaluator.h`, RL_RELU and the following; NaN stays NaN. In place.
void rl_activation(int32_t function, const float *input, float *output, int64_t count);
/// inputGradient = outputGradient · f′. RL_RELU, RL_TANH and RL_SIGMOID read `output`, the others `input`. In place on the
/// gradient.
void rl_activation_backward(int32_t function, const float *input, const float *output, const float *outputGradient,
                            float *inputGradient, int64_t count);
/// output = input · factor, element by element. In place.
void rl_multiply(const float *input, const float *factor, float *output, int64_t count);

typedef struct {
    int64_t rows, channels, inHeight, inWidth, outHeight, outWidth;
    int64_t kernelHeight, kernelWidth, strideHeight, strideWidth, paddingHeight, paddingWidth;
    int32_t countPadding; // average pooling: padded positions count in the divisor, as PyTorch's default
} rl_pooling_shape;

/// Maximum over windows. `winner`, unless NULL, receives the position of the maximum within its window (row · width +
/// column; the first of equals), which the backward pass needs; a NaN wins. Windows hold at most 65,536 positions.
void rl_max_pool(const rl_pooling_shape *shape, const float *input, float *output, uint16_t *winner);
void rl_max_pool_backward(const rl_pooling_shape *shape, const uint16_t *winner, const float *outputGradient,
                          float *inputGradient);
void rl_average_pool(const rl_pooling_shape *shape, const float *input, float *output);
void rl_average_pool_backward(const rl_pooling_shape *shape, const float *outputGradient, float *inputGradient);

/// [rows, channels, positions] → [rows, positions, channels], and back.
void rl_channels_last(const float *input, float *output, int64_t rows, int64_t channels, int64_t positions);
void rl_channels_first(const float *input, float *output, int64_t rows, int64_t channels, int64_t positions);

#endif
