// Loops of the candidate evaluator. Activations are feature-major: one row per unit, examples side by side, so that every
// loop runs along contiguous examples, however few units or classes there are.
#ifndef RL_EVALUATOR_H
#define RL_EVALUATOR_H

#include <stdint.h>

/// RL_ACTIVATION_EXPONENTIAL and RL_ACTIVATION_LOGARITHM are not layers: they let tests measure the functions that the others
/// use.
enum {
    RL_IDENTITY = 0,
    RL_RELU = 1,
    RL_GELU = 2,
    RL_TANH = 3,
    RL_SIGMOID = 4,
    RL_GELU_TANH = 7,
    RL_SILU = 8,
    RL_HARD_SWISH = 9,
    RL_HARD_SIGMOID = 10,
    RL_RELU6 = 11,
    RL_ACTIVATION_EXPONENTIAL = 5,
    RL_ACTIVATION_LOGARITHM = 6
};

/// z[r, :] = activation(z[r, :] + bias[r]) in place; NaN stays NaN; `bias` may be NULL. z is [rows, n] with row stride
/// `stride`.
void rl_bias_activate(int64_t rows, int64_t n, float *z, int64_t stride, const float *bias, int32_t activation);

/// y[o, :] = bias[o] + sum_i w[o, i] x[i, :]; w is [outputs, inputs] dense; bias may be NULL. For few outputs this
/// beats a library product, whose tiles are wider than the matrix.
void rl_dense(int64_t outputs, int64_t inputs, int64_t n, const float *w, const float *bias, const float *x,
              int64_t xStride, float *y, int64_t yStride);

/// y[r, :] = activation(z[r, :] + sum_k b[r, k] t[k, :]): a low-rank shift of cached products. b is [rows, rank];
/// z and y do not overlap.
void rl_low_rank_shift(int64_t rows, int64_t rank, int64_t n, const float *z, int64_t zStride, const float *b,
                       const float *t, int64_t tStride, float *y, int64_t yStride, int32_t activation);

/// The same shift followed by a layer: y[o, :] = bias[o] + sum_r w[o, r] a(z[r, :] + sum_k b[r, k] t[k, :]), where a is
/// ReLU (NaN stays NaN) when `rectifies`, else nothing. The shifted units are never stored. w is [outputs, rows] dense;
/// `bias` may be NULL; y overlaps nothing.
void rl_low_rank_shift_dense(int64_t rows, int64_t rank, int64_t n, const float *z, int64_t zStride, const float *b,
                             const float *t, int64_t tStride, int32_t rectifies, int64_t outputs, const float *w,
                             const float *bias, float *y, int64_t yStride);

/// out[r, c] = w[r, c] * mask[r, c] * (1 + sum_k b[r, k] a[k, c]); `mask` may be NULL (all ones); b is [rows, rank], a is
/// [rank, columns].
void rl_mask_weights(int64_t rows, int64_t columns, int64_t rank, const float *w, const float *mask, const float *b,
                     const float *a, float *out);

/// out[r, c] = w[r, c] + sum_k b[r, k] a[k, c]. `out` may be `w`.
void rl_shift_weights(int64_t rows, int64_t columns, int64_t rank, const float *w, const float *b, const float *a,
                      float *out);

/// Number of examples whose largest logit is that of their label; the lowest class wins a tie, and an example of which a
/// logit is NaN is never right. logits is [classes, n]. Writes the predicted classes when `predictions` is not NULL, -1 where
/// a logit is NaN. n <= 1024.
int64_t rl_count_correct(int64_t classes, int64_t n, const float *logits, int64_t stride, const int32_t *labels,
                         int32_t *predictions);

/// Sums over the examples of a block, each accumulated in double in a fixed order.
typedef struct {
    double loss;            // cross entropy, natural logarithm
    double confidence;      // probability of the predicted class
    double trueProbability; // probability of the label
    double margin;          // logit of the label minus the largest other logit
    double entropy;         // of the predicted distribution, natural logarithm
} rl_softmax_sums;

/// Adds the block's sums to `sums`; all are NaN when a logit is. logits is [classes, n], classes >= 2, n <= 1024.
void rl_add_softmax_sums(int64_t classes, int64_t n, const float *logits, int64_t stride, const int32_t *labels,
                         rl_softmax_sums *sums);

/// Transposes src [rows, columns] into dst [columns, rows], both with their own row strides.
void rl_transpose(int64_t rows, int64_t columns, const float *src, int64_t srcStride, float *dst, int64_t dstStride);

/// Scores of texts whose tokens go through a layer norm, a mean over the text and a product with one vector a score, with
/// what the norm reads shifted by `rank` factors. For each of `tokens`: `numbers` are the factors' products with what enters
/// the shifted layer, `products` those of the centred sums with the centred left factors, both `[rank, stride = tokens]`.
/// `squares` `[rank, rank]` are the left factors' products with each other, divided by the features; `variance` that of the
/// sums; `base` `[scores, tokens]` the unedited scores times the deviation, `along` `[rank, scores]` the left factors'
/// products with the vectors. `starts` `[texts + 1]` are the first tokens of the texts. Writes sums over the tokens of each
/// text, `[scores, texts]`; `scratch` has room for `2 · tokens`.
void rl_shifted_norm_scores(int64_t tokens, int64_t rank, int64_t scores, const float *numbers, const float *products,
                            float inverseFeatures, const float *squares, const float *variance, float epsilon,
                            const float *base, const float *along, float *scratch, int64_t texts,
                            const int64_t *starts, float *sums);

#endif
