// Convolutions of 3×3 with stride 1 and one zero around the picture, by Winograd's F(2×2, 3×3) (Lavin and Gray 2016): 16 products
// for each tile of 2×2 outputs, where the definition takes 36. Activations are channels last; a tile is counted by example,
// row and column, and ⌈height / 2⌉ · ⌈width / 2⌉ tiles cover an example.
#ifndef RL_WINOGRAD_H
#define RL_WINOGRAD_H

#include <stdint.h>

/// transformed[p, i, place + o] of weights `[outputs, inputs, 3, 3]`, for the 16 places p of a tile; rows have `stride` numbers,
/// so that several convolutions lie side by side.
/// With `turned`, of the transposed convolution: weights are then `[inputs, outputs, 3, 3]` and turned by half.
/// `scale[o]` is multiplied with; may be NULL.
void rl_winograd_weights(int64_t outputs, int64_t inputs, const float *weights, int32_t turned, const float *scale,
                         int64_t stride, int64_t place, float *transformed);

/// transformed[p, tile, channel] of `[examples, height, width, channels]`.
void rl_winograd_inputs(int64_t examples, int64_t height, int64_t width, int64_t channels, const float *x,
                        float *transformed);

/// y = base + the outputs of products[p, tile, place + channel]; with `relu`, then max(0, ·). With `averages` the mean over the
/// positions is written, `[examples, channels]`, else all, `[examples, height, width, channels]`.
void rl_winograd_outputs(int64_t examples, int64_t height, int64_t width, int64_t channels, const float *products,
                         int64_t stride, int64_t place, const float *base, int32_t relu, int32_t averages, float *y);

// The next functions keep all between input and output in the caches. Numbers of channels are multiples of 16.

typedef struct {
    int64_t examples, height, width, inputs, outputs;
} rl_winograd_shape;

/// Numbers that `scratch` of the next functions has room for.
int64_t rl_winograd_scratch(const rl_winograd_shape *shape);

/// y `[examples, height, width, outputs]` of x `[examples, height, width, inputs]`. `transformed`: of rl_winograd_weights, with a
/// stride of `outputs`.
void rl_winograd_convolve(const rl_winograd_shape *shape, const float *x, const float *transformed, float *scratch,
                          float *y);

/// The gradient `[outputs, inputs, 3, 3]` by the weights, overwritten. `places`: room for 16 · inputs · outputs numbers.
void rl_winograd_weight_gradient(const rl_winograd_shape *shape, const float *x, const float *outputGradient,
                                 float *places, float *scratch, float *gradient);

#endif
