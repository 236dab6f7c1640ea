// Convolutions of 3×3 with stride 1 and one zero around the picture, by Winograd's F(2×2, 3×3) (Lavin and Gray 2016): 16 products
// for each tile of 2×2 outputs, where the definition takes 36. Activations are channels last; a tile is counted by example,
// row and column, and ⌈height / 2⌉ · ⌈width / 2⌉ tiles cover an example.
#ifndef RL_WINOGRAD_H
#define RL_WINOGRAD_H

#include <stdint.h>

/// transformed[p, i, o] of weights `[outputs, inputs, 3, 3]`, for the 16 places p of a tile.
/// With `turned`, of the transposed convolution: weights are then `[inputs, outputs, 3, 3]` and turned by half.
void rl_winograd_weights(int64_t outputs, int64_t inputs, const float *weights, int32_t turned, float *transformed);

// The next functions keep all between input and output in the caches. Numbers of channels are multiples of 16.

typedef struct {
    int64_t examples, height, width, inputs, outputs;
} rl_winograd_shape;

/// Numbers that `scratch` of the next functions has room for.
int64_t rl_winograd_scratch(const rl_winograd_shape *shape);

/// y `[examples, height, width, outputs]` of x `[examples, height, width, inputs]`. `transformed`: of rl_winograd_weights.
/// `bias` of each output may be NULL. With `relu`, then max(0, ·).
void rl_winograd_convolve(const rl_winograd_shape *shape, const float *x, const float *transformed, const float *bias,
                          int32_t relu, float *scratch, float *y);

/// The gradient `[outputs, inputs, 3, 3]` by the weights, overwritten. `places`: room for 16 · inputs · outputs numbers.
void rl_winograd_weight_gradient(const rl_winograd_shape *shape, const float *x, const float *outputGradient,
                                 float *places, float *scratch, float *gradient);

#endif
