// Normalization of activations: over a batch for each channel, and over the features of each row.
//
// Activations are [count, channels], channels last: `count` is examples times positions. Sums are taken in double
// precision, rows in order.
#ifndef RL_NORMALIZATION_H
#define RL_NORMALIZATION_H

#include <stdint.h>

/// sums[c] = Σ x[i, c], squares[c] = Σ (x[i, c] − centre[c])².
void rl_channel_sums(const float *x, int64_t count, int64_t channels, const double *centre, double *sums,
                     double *squares);

/// y[i, c] = x[i, c] · scale[c] + shift[c]; with `relu`, then max(0, ·). In place.
void rl_channel_affine(const float *x, int64_t count, int64_t channels, const float *scale, const float *shift,
                       int32_t relu, float *y);

/// sums[c] = Σ dy[i, c], products[c] = Σ dy[i, c] · (x[i, c] − mean[c]) · inverse[c].
void rl_normalized_gradient_sums(const float *x, const float *dy, int64_t count, int64_t channels, const float *mean,
                                 const float *inverse, double *sums, double *products);

/// dx = scale · inverse · (dy − a − (x − mean) · inverse · b) by channel: the gradient through batch statistics, where a and
/// b are the means of dy and of dy times the normalized input. In place on the gradient.
void rl_batch_norm_backward(const float *x, const float *dy, int64_t count, int64_t channels, const float *mean,
                            const float *inverse, const float *scale, const float *a, const float *b, float *dx);

/// dx = inverse · (scale · dy − a − (x − mean) · inverse · b) by channel: the gradient through the statistics of groups of
/// channels, where a and b are a group's means of scale · dy and of that times the normalized input.
void rl_group_norm_backward(const float *x, const float *dy, int64_t count, int64_t channels, const float *mean,
                            const float *inverse, const float *scale, const float *a, const float *b, float *dx);

/// y[i, c] = base[i, c] + Σ_k left[k, c] · projected[i · stride + k] for k < rank; with `relu`, then max(0, ·).
/// With a rank of 0, base[i, c] + projected[i · stride + c].
void rl_channel_shift(int64_t count, int64_t channels, int64_t rank, const float *base, const float *left,
                      const float *projected, int64_t stride, int32_t relu, float *y);

/// The mean of that over the `positions` of each of `examples`, `[examples, channels]`: base is
/// `[examples, positions, channels]`, projected has `stride` numbers a position.
void rl_channel_shift_mean(int64_t examples, int64_t positions, int64_t channels, int64_t rank, const float *base,
                           const float *left, const float *projected, int64_t stride, int32_t relu, float *means);

/// folded[o, i] = weight[o, i] · scale[o]; foldedBias[o] = bias[o] · scale[o] + shift[o], with `bias` NULL for zeros.
void rl_fold_affine(const float *weight, const float *bias, int64_t outputs, int64_t inputs, const float *scale,
                    const float *shift, float *folded, float *foldedBias);

/// y = (x − mean) / √(variance + epsilon) · scale + shift over each row of `features`. `statistics`, unless NULL, receives
/// mean and 1 / √(variance + epsilon) of each row, which the backward pass needs. In place without statistics.
void rl_layer_norm(const float *x, int64_t rows, int64_t features, float epsilon, const float *scale,
                   const float *shift, float *y, float *statistics);
/// scaleGradient and shiftGradient are overwritten; dx may be NULL.
void rl_layer_norm_backward(const float *x, const float *dy, int64_t rows, int64_t features, const float *scale,
                            const float *statistics, float *dx, float *scaleGradient, float *shiftGradient);

#endif
