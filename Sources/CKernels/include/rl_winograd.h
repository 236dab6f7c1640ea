// Convolutions of 3×3 with stride 1 and one zero around the picture, by Winograd's F(2×2, 3×3) (Lavin and Gray 2016): 16 products
// for each tile of 2×2 outputs, where the definition takes 36. Activations are channels last; a tile is counted by example,
// row and column, and ⌈height / 2⌉ · ⌈width / 2⌉ tiles cover an example.
#ifndef RL_WINOGRAD_H
#define RL_WINOGRAD_H

#include <stdint.h>

/// transformed[p, i, place + o] of weights `[outputs, inputs, 3, 3]` times scale[o], for the 16 places p of a tile; rows have
/// `stride` numbers, so that several convolutions lie side by side.
void rl_winograd_weights(int64_t outputs, int64_t inputs, const float *weights, const float *scale, int64_t stride,
                         int64_t place, float *transformed);

/// transformed[p, tile, channel] of `[examples, height, width, channels]`.
void rl_winograd_inputs(int64_t examples, int64_t height, int64_t width, int64_t channels, const float *x,
                        float *transformed);

/// y = base + the outputs of products[p, tile, place + channel]; with `relu`, then max(0, ·). With `averages` the mean over the
/// positions is written, `[examples, channels]`, else all, `[examples, height, width, channels]`.
void rl_winograd_outputs(int64_t examples, int64_t height, int64_t width, int64_t channels, const float *products,
                         int64_t stride, int64_t place, const float *base, int32_t relu, int32_t averages, float *y);

/// y = what sixteen filters give for `[examples, height, width, channels]`, `[examples, height, width, 16]`; `channels` is a
/// multiple of 16. `transformed`: of rl_winograd_weights, with 16 outputs and a stride of 16. `framed`: room for one
/// example within a frame of zeros, (2 ⌈height / 2⌉ + 2) · (2 ⌈width / 2⌉ + 2) · channels numbers.
void rl_winograd_filters(int64_t examples, int64_t height, int64_t width, int64_t channels, const float *x,
                         const float *transformed, float *framed, float *y);

#endif
