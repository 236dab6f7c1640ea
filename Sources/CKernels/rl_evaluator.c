#include "rl_evaluator.h"

#include "rl_blas.h"
#include "rl_vector_math.h"

#include <stddef.h>
#include <string.h>

enum { LANES = 16, MAX_BLOCK = 1024 };

typedef float vector __attribute__((vector_size(64)));
typedef int32_t lane_bits __attribute__((vector_size(64)));

// Unaligned copies between memory and a vector register. Macros, since a function that takes or returns a vector would
// change its calling convention with the instruction set.
#define LOAD(v, p) __builtin_memcpy(&(v), (p), sizeof(vector))
#define STORE(p, v) __builtin_memcpy((p), &(v), sizeof(vector))

// One loop per activation, so that the choice is made once per row and each loop vectorizes.
#define ACTIVATE_LOOP(expression)                  \
    for (int64_t i = 0; i < n; i++) {              \
        float x = z[i] + shift;                    \
        z[i] = (expression);                       \
    }

static inline __attribute__((always_inline)) void activate_row(float *z, int64_t n, float shift, int32_t activation) {
    switch (activation) {
    case RL_RELU: ACTIVATE_LOOP(x < 0 ? 0 : x) break;
    case RL_GELU: ACTIVATE_LOOP(rl_gelu(x)) break;
    case RL_TANH: ACTIVATE_LOOP(rl_tanh(x)) break;
    case RL_SIGMOID: ACTIVATE_LOOP(rl_sigmoid(x)) break;
    case RL_GELU_TANH: ACTIVATE_LOOP(rl_gelu_tanh(x)) break;
    case RL_SILU: ACTIVATE_LOOP(x * rl_sigmoid(x)) break;
    case RL_HARD_SWISH: ACTIVATE_LOOP(x * rl_hard_sigmoid(x)) break;
    case RL_HARD_SIGMOID: ACTIVATE_LOOP(rl_hard_sigmoid(x)) break;
    case RL_RELU6: ACTIVATE_LOOP(rl_relu6(x)) break;
    case RL_ACTIVATION_EXPONENTIAL: ACTIVATE_LOOP(rl_exp(x)) break;
    case RL_ACTIVATION_LOGARITHM: ACTIVATE_LOOP(rl_log(x)) break;
    default:
        if (shift != 0) ACTIVATE_LOOP(x)
    }
}

RL_CLONES
void rl_bias_activate(int64_t rows, int64_t n, float *z, int64_t stride, const float *bias, int32_t activation) {
    for (int64_t r = 0; r < rows; r++) activate_row(z + r * stride, n, bias ? bias[r] : 0, activation);
}

// Columns that tiles of two vectors compute: all of them, since the last tile is moved back to end at the last column
// and computes some columns again, to the same bits; none when a tile is wider than the matrix.
#define TILED_COLUMNS(n) ((n) < 2 * LANES ? 0 : (n))
#define TILE_COLUMN(begin, n) ((begin) + 2 * LANES > (n) ? (n) - 2 * LANES : (begin))

// A tile of `height` outputs by two vectors of examples, held in registers over the whole sum.
#define DENSE_TILE(height)                                                                       \
    {                                                                                            \
        vector low[height], high[height];                                                        \
        for (int o = 0; o < height; o++) low[o] = high[o] = (vector){} + (bias ? bias[row + o] : 0); \
        for (int64_t i = 0; i < inputs; i++) {                                                   \
            vector x0, x1;                                                                       \
            LOAD(x0, x + i * xStride + column);                                                  \
            LOAD(x1, x + i * xStride + column + LANES);                                          \
            for (int o = 0; o < height; o++) {                                                   \
                float weight = w[(row + o) * inputs + i];                                        \
                low[o] += weight * x0;                                                           \
                high[o] += weight * x1;                                                          \
            }                                                                                    \
        }                                                                                        \
        for (int o = 0; o < height; o++) {                                                       \
            STORE(y + (row + o) * yStride + column, low[o]);                                     \
            STORE(y + (row + o) * yStride + column + LANES, high[o]);                            \
        }                                                                                        \
    }

RL_CLONES
void rl_dense(int64_t outputs, int64_t inputs, int64_t n, const float *w, const float *bias, const float *x,
              int64_t xStride, float *y, int64_t yStride) {
    int64_t wide = TILED_COLUMNS(n);
    for (int64_t begin = 0; begin < wide; begin += 2 * LANES) {
        int64_t column = TILE_COLUMN(begin, n);
        int64_t row = 0;
        for (; row + 10 <= outputs; row += 10) DENSE_TILE(10)
        for (; row + 4 <= outputs; row += 4) DENSE_TILE(4)
        for (; row < outputs; row++) DENSE_TILE(1)
    }
    for (int64_t o = 0; o < outputs && wide < n; o++) {
        float *out = y + o * yStride;
        float start = bias ? bias[o] : 0;
        for (int64_t e = wide; e < n; e++) out[e] = start;
        for (int64_t i = 0; i < inputs; i++) {
            float weight = w[o * inputs + i];
            const float *in = x + i * xStride;
            for (int64_t e = wide; e < n; e++) out[e] += weight * in[e];
        }
    }
}

// `height` outputs by two vectors of examples: the hidden units are made, activated and used without leaving registers.
// The factors' products with the examples are few and small, so they are read again for every unit from the cache.
#define SHIFT_DENSE_TILE(height, ranks)                                                                    \
    {                                                                                                      \
        vector low[height], high[height];                                                                  \
        for (int o = 0; o < height; o++) low[o] = high[o] = (vector){} + (bias ? bias[row + o] : 0);       \
        for (int64_t r = 0; r < rows; r++) {                                                               \
            vector h0, h1;                                                                                 \
            LOAD(h0, z + r * zStride + column);                                                            \
            LOAD(h1, z + r * zStride + column + LANES);                                                    \
            for (int64_t k = 0; k < ranks; k++) {                                                          \
                vector t0, t1;                                                                             \
                float factor = b[r * rank + k];                                                            \
                LOAD(t0, t + k * tStride + column);                                                        \
                LOAD(t1, t + k * tStride + column + LANES);                                                \
                h0 += factor * t0;                                                                         \
                h1 += factor * t1;                                                                         \
            }                                                                                              \
            if (rectifies) {                                                                               \
                h0 = (vector)((lane_bits)h0 & ~(h0 < zero));                                               \
                h1 = (vector)((lane_bits)h1 & ~(h1 < zero));                                               \
            }                                                                                              \
            for (int o = 0; o < height; o++) {                                                             \
                float weight = w[(row + o) * rows + r];                                                    \
                low[o] += weight * h0;                                                                     \
                high[o] += weight * h1;                                                                    \
            }                                                                                              \
        }                                                                                                  \
        for (int o = 0; o < height; o++) {                                                                 \
            STORE(y + (row + o) * yStride + column, low[o]);                                               \
            STORE(y + (row + o) * yStride + column + LANES, high[o]);                                      \
        }                                                                                                  \
    }
#define SHIFT_DENSE_TILES(ranks)                                                       \
    for (int64_t begin = 0; begin < wide; begin += 2 * LANES) {                        \
        int64_t column = TILE_COLUMN(begin, n);                                        \
        int64_t row = 0;                                                               \
        for (; row + 10 <= outputs; row += 10) SHIFT_DENSE_TILE(10, ranks)             \
        for (; row + 4 <= outputs; row += 4) SHIFT_DENSE_TILE(4, ranks)                \
        for (; row < outputs; row++) SHIFT_DENSE_TILE(1, ranks)                        \
    }

RL_CLONES
void rl_low_rank_shift_dense(int64_t rows, int64_t rank, int64_t n, const float *z, int64_t zStride, const float *b,
                             const float *t, int64_t tStride, int32_t rectifies, int64_t outputs, const float *w,
                             const float *bias, float *y, int64_t yStride) {
    const vector zero = {};
    int64_t wide = TILED_COLUMNS(n);
    if (rank == 1) {
        SHIFT_DENSE_TILES(1)
    } else {
        SHIFT_DENSE_TILES(rank)
    }
    for (int64_t e = wide; e < n; e++) {
        for (int64_t o = 0; o < outputs; o++) y[o * yStride + e] = bias ? bias[o] : 0;
        for (int64_t r = 0; r < rows; r++) {
            float h = z[r * zStride + e];
            for (int64_t k = 0; k < rank; k++) h += b[r * rank + k] * t[k * tStride + e];
            if (rectifies) h = h < 0 ? 0 : h;
            for (int64_t o = 0; o < outputs; o++) y[o * yStride + e] += w[o * rows + r] * h;
        }
    }
}

RL_CLONES
void rl_low_rank_shift(int64_t rows, int64_t rank, int64_t n, const float *z, int64_t zStride, const float *b,
                       const float *t, int64_t tStride, float *y, int64_t yStride, int32_t activation) {
    for (int64_t r = 0; r < rows; r++) {
        const float *restrict in = z + r * zStride;
        float *restrict out = y + r * yStride;
        float first = rank > 0 ? b[r * rank] : 0;
        if (rank == 1 && activation == RL_RELU) {
            // The common case in one pass.
            for (int64_t i = 0; i < n; i++) {
                float value = in[i] + first * t[i];
                out[i] = value < 0 ? 0 : value;
            }
            continue;
        }
        for (int64_t i = 0; i < n; i++) out[i] = in[i];
        for (int64_t k = 0; k < rank; k++) {
            float factor = b[r * rank + k];
            const float *restrict row = t + k * tStride;
            for (int64_t i = 0; i < n; i++) out[i] += factor * row[i];
        }
        activate_row(out, n, 0, activation);
    }
}

RL_CLONES
void rl_mask_weights(int64_t rows, int64_t columns, int64_t rank, const float *w, const float *mask, const float *b,
                     const float *a, float *out) {
    for (int64_t r = 0; r < rows; r++) {
        float *row = out + r * columns;
        for (int64_t c = 0; c < columns; c++) row[c] = 1;
        for (int64_t k = 0; k < rank; k++) {
            float factor = b[r * rank + k];
            const float *ak = a + k * columns;
            for (int64_t c = 0; c < columns; c++) row[c] += factor * ak[c];
        }
        const float *weights = w + r * columns;
        if (mask) {
            const float *m = mask + r * columns;
            for (int64_t c = 0; c < columns; c++) row[c] *= weights[c] * m[c];
        } else {
            for (int64_t c = 0; c < columns; c++) row[c] *= weights[c];
        }
    }
}

RL_CLONES
void rl_shift_weights(int64_t rows, int64_t columns, int64_t rank, const float *w, const float *b, const float *a,
                      float *out) {
    for (int64_t r = 0; r < rows; r++) {
        float *row = out + r * columns;
        const float *weights = w + r * columns;
        if (row != weights)
            for (int64_t c = 0; c < columns; c++) row[c] = weights[c];
        for (int64_t k = 0; k < rank; k++) {
            float factor = b[r * rank + k];
            const float *ak = a + k * columns;
            for (int64_t c = 0; c < columns; c++) row[c] += factor * ak[c];
        }
    }
}

RL_CLONES
int64_t rl_count_correct(int64_t classes, int64_t n, const float *logits, int64_t stride, const int32_t *labels,
                         int32_t *predictions) {
    float largest[MAX_BLOCK];
    int32_t own[MAX_BLOCK];
    int32_t *winner = predictions ? predictions : own;
    int32_t unordered = 0;
    for (int64_t i = 0; i < n; i++) {
        largest[i] = logits[i];
        winner[i] = 0;
        unordered |= logits[i] != logits[i];
    }
    for (int64_t c = 1; c < classes; c++) {
        const float *row = logits + c * stride;
        int32_t class = (int32_t)c;
        for (int64_t i = 0; i < n; i++) {
            int32_t better = row[i] > largest[i];
            largest[i] = better ? row[i] : largest[i];
            winner[i] = better ? class : winner[i];
            unordered |= row[i] != row[i];
        }
    }
    // Scores of which one is NaN predict nothing. Blocks without any are the rule: they pay for a flag, not for one by example.
    if (unordered)
        for (int64_t c = 0; c < classes; c++)
            for (int64_t i = 0; i < n; i++)
                if (logits[c * stride + i] != logits[c * stride + i]) winner[i] = -1;
    int32_t correct = 0;
    for (int64_t i = 0; i < n; i++) correct += winner[i] == labels[i];
    return correct;
}

// Sixteen double accumulators by example index modulo 16, folded in order: the same sum for any vector width.
static inline __attribute__((always_inline)) double lane_sum(const float *values, int64_t n) {
    double lanes[LANES] = {0};
    int64_t whole = n - n % LANES;
    for (int64_t i = 0; i < whole; i += LANES)
        for (int lane = 0; lane < LANES; lane++) lanes[lane] += (double)values[i + lane];
    for (int64_t i = whole; i < n; i++) lanes[i - whole] += (double)values[i];
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
    return sum;
}

RL_CLONES
void rl_add_softmax_sums(int64_t classes, int64_t n, const float *logits, int64_t stride, const int32_t *labels,
                         rl_softmax_sums *sums) {
    float largest[MAX_BLOCK], total[MAX_BLOCK], weighted[MAX_BLOCK], own[MAX_BLOCK], other[MAX_BLOCK];
    for (int64_t i = 0; i < n; i++) {
        largest[i] = logits[i];
        total[i] = 0;
        weighted[i] = 0;
        own[i] = 0;
        other[i] = -3.0e38f;
    }
    for (int64_t c = 0; c < classes; c++) {
        const float *row = logits + c * stride;
        int32_t class = (int32_t)c;
        for (int64_t i = 0; i < n; i++) {
            int32_t is_label = labels[i] == class;
            largest[i] = row[i] > largest[i] ? row[i] : largest[i];
            own[i] = is_label ? row[i] : own[i];
            other[i] = (!is_label && row[i] > other[i]) ? row[i] : other[i];
        }
    }
    for (int64_t c = 0; c < classes; c++) {
        const float *row = logits + c * stride;
        for (int64_t i = 0; i < n; i++) {
            float shifted = row[i] - largest[i];
            float e = rl_exp(shifted);
            total[i] += e;
            weighted[i] += e * shifted;
        }
    }
    // From here the buffers hold, in turn, each example's term of the five sums.
    for (int64_t i = 0; i < n; i++) {
        // The total is NaN when one of the scores is, and then every term has to be; otherwise this is 0. The logarithm's
        // bits and the comparisons above would hide it.
        float missing = total[i] - total[i];
        float logTotal = rl_log(total[i]) + missing;
        float logTrue = own[i] - largest[i] - logTotal;
        float margin = own[i] - other[i] + missing;
        other[i] = margin;
        weighted[i] = logTotal - weighted[i] / total[i];
        largest[i] = -logTrue;
        own[i] = rl_exp(logTrue);
        total[i] = 1.0f / total[i];
    }
    sums->loss += lane_sum(largest, n);
    sums->confidence += lane_sum(total, n);
    sums->trueProbability += lane_sum(own, n);
    sums->margin += lane_sum(other, n);
    sums->entropy += lane_sum(weighted, n);
}

void rl_transpose(int64_t rows, int64_t columns, const float *src, int64_t srcStride, float *dst, int64_t dstStride) {
    enum { TILE = 16 };
    for (int64_t r0 = 0; r0 < rows; r0 += TILE)
        for (int64_t c0 = 0; c0 < columns; c0 += TILE) {
            int64_t r1 = r0 + TILE < rows ? r0 + TILE : rows, c1 = c0 + TILE < columns ? c0 + TILE : columns;
            for (int64_t r = r0; r < r1; r++)
                for (int64_t c = c0; c < c1; c++) dst[c * dstStride + r] = src[r * srcStride + c];
        }
}

RL_CLONES void rl_shifted_norm_scores(int64_t tokens, int64_t rank, int64_t scores, const float *numbers,
                                      const float *products, float inverseFeatures, const float *squares,
                                      const float *variance, float epsilon, const float *base, const float *along,
                                      float *scratch, int64_t texts, const int64_t *starts, float *sums) {
    float *restrict inverse = scratch, *restrict values = scratch + tokens;
    memcpy(inverse, variance, (size_t)tokens * sizeof *inverse);
    for (int64_t k = 0; k < rank; k++) {
        const float *restrict t = numbers + k * tokens, *restrict product = products + k * tokens;
        float square = squares[k * rank + k];
        for (int64_t i = 0; i < tokens; i++) inverse[i] += t[i] * (2 * inverseFeatures * product[i] + square * t[i]);
        for (int64_t j = 0; j < k; j++) {
            const float *restrict other = numbers + j * tokens;
            float both = 2 * squares[k * rank + j];
            for (int64_t i = 0; i < tokens; i++) inverse[i] += both * t[i] * other[i];
        }
    }
    // Rounding may leave a variance of 0 below it.
    for (int64_t i = 0; i < tokens; i++)
        inverse[i] = 1 / __builtin_elementwise_sqrt((inverse[i] < 0 ? 0 : inverse[i]) + epsilon);
    for (int64_t s = 0; s < scores; s++) {
        memcpy(values, base + s * tokens, (size_t)tokens * sizeof *values);
        for (int64_t k = 0; k < rank; k++) {
            const float *restrict t = numbers + k * tokens;
            float factor = along[k * scores + s];
            for (int64_t i = 0; i < tokens; i++) values[i] += factor * t[i];
        }
        for (int64_t i = 0; i < tokens; i++) values[i] *= inverse[i];
        for (int64_t text = 0; text < texts; text++) {
            // Eight sums in a fixed order, so that the bits do not depend on the width of vectors.
            float parts[8] = {0};
            int64_t i = starts[text], end = starts[text + 1];
            for (; i + 8 <= end; i += 8)
                for (int lane = 0; lane < 8; lane++) parts[lane] += values[i + lane];
            for (int lane = 0; i < end; i++, lane++) parts[lane] += values[i];
            float sum = 0;
            for (int lane = 0; lane < 8; lane++) sum += parts[lane];
            sums[s * texts + text] = sum;
        }
    }
}
