// Products with rows of which few elements are not zero, such as bags of words.
//
// Row r holds the elements offsets[r] ..< offsets[r + 1] of `indices` and `values`; indices lie in 0 ..< the number of the
// table's rows. `table` is [columns of the sparse rows, width], row-major.
#ifndef RL_SPARSE_H
#define RL_SPARSE_H

#include <stdint.h>

/// output[r, :] = bias + Σ values[i] · table[indices[i], :], summed in the order of the elements; `bias` may be NULL; with
/// `relu`, then max(0, ·).
void rl_bag_forward(const int64_t *offsets, const int32_t *indices, const float *values, int64_t rows,
                    const float *table, int64_t width, const float *bias, int32_t relu, float *output);

/// gradient[indices[i], :] += values[i] · outputGradient[r, :], rows in order. `gradient` is [columns, width].
void rl_bag_accumulate(const int64_t *offsets, const int32_t *indices, const float *values, int64_t rows,
                       const float *outputGradient, int64_t width, float *gradient);

#endif
