#include "rl_normalization.h"
#include "rl_blas.h"
#include "rl_vector_math.h"

#include <math.h>
#include <string.h>

// Sums of a few channels at a time stay in registers; rows are added in order whatever the width.
enum { SUM_TILE = 16 };

static inline __attribute__((always_inline)) void tile_sums(const float *x, int64_t count, int64_t channels,
                                                            int64_t width, const double *centre, double *sums,
                                                            double *squares) {
    double first[SUM_TILE] = {0}, second[SUM_TILE] = {0}, middle[SUM_TILE] = {0};
    for (int64_t c = 0; c < width; c++) middle[c] = centre[c];
    for (int64_t i = 0; i < count; i++) {
        const float *row = x + i * channels;
        for (int64_t c = 0; c < width; c++) {
            double distance = (double)row[c] - middle[c];
            first[c] += (double)row[c];
            second[c] += distance * distance;
        }
    }
    for (int64_t c = 0; c < width; c++) sums[c] = first[c], squares[c] = second[c];
}

RL_CLONES void rl_channel_sums(const float *x, int64_t count, int64_t channels, const double *centre,
                               double *restrict sums, double *restrict squares) {
    int64_t c = 0;
    for (; c + SUM_TILE <= channels; c += SUM_TILE)
        tile_sums(x + c, count, channels, SUM_TILE, centre + c, sums + c, squares + c);
    if (c < channels) tile_sums(x + c, count, channels, channels - c, centre + c, sums + c, squares + c);
}

RL_CLONES void rl_channel_affine(const float *x, int64_t count, int64_t channels, const float *scale,
                                 const float *shift, int32_t relu, float *y) {
    for (int64_t i = 0; i < count; i++) {
        const float *from = x + i * channels;
        float *to = y + i * channels;
        if (relu) {
#pragma clang loop vectorize(assume_safety)
            for (int64_t c = 0; c < channels; c++) {
                float value = from[c] * scale[c] + shift[c];
                to[c] = value <= 0 ? 0 : value;
            }
        } else {
#pragma clang loop vectorize(assume_safety)
            for (int64_t c = 0; c < channels; c++) to[c] = from[c] * scale[c] + shift[c];
        }
    }
}

static inline __attribute__((always_inline)) void tile_gradient_sums(const float *x, const float *dy, int64_t count,
                                                                     int64_t channels, int64_t width,
                                                                     const float *mean, const float *inverse,
                                                                     double *sums, double *products) {
    double first[SUM_TILE] = {0}, second[SUM_TILE] = {0};
    float middle[SUM_TILE] = {0}, factor[SUM_TILE] = {0};
    for (int64_t c = 0; c < width; c++) middle[c] = mean[c], factor[c] = inverse[c];
    for (int64_t i = 0; i < count; i++) {
        const float *row = x + i * channels, *gradient = dy + i * channels;
        for (int64_t c = 0; c < width; c++) {
            first[c] += (double)gradient[c];
            second[c] += (double)gradient[c] * (double)((row[c] - middle[c]) * factor[c]);
        }
    }
    for (int64_t c = 0; c < width; c++) sums[c] = first[c], products[c] = second[c];
}

RL_CLONES void rl_normalized_gradient_sums(const float *x, const float *dy, int64_t count, int64_t channels,
                                           const float *mean, const float *inverse, double *restrict sums,
                                           double *restrict products) {
    int64_t c = 0;
    for (; c + SUM_TILE <= channels; c += SUM_TILE)
        tile_gradient_sums(x + c, dy + c, count, channels, SUM_TILE, mean + c, inverse + c, sums + c, products + c);
    if (c < channels)
        tile_gradient_sums(x + c, dy + c, count, channels, channels - c, mean + c, inverse + c, sums + c, products + c);
}

RL_CLONES void rl_batch_norm_backward(const float *x, const float *dy, int64_t count, int64_t channels,
                                      const float *mean, const float *inverse, const float *scale, const float *a,
                                      const float *b, float *dx) {
    for (int64_t i = 0; i < count; i++) {
        const float *row = x + i * channels, *gradient = dy + i * channels;
        float *to = dx + i * channels;
#pragma clang loop vectorize(assume_safety)
        for (int64_t c = 0; c < channels; c++) {
            float normalized = (row[c] - mean[c]) * inverse[c];
            to[c] = scale[c] * inverse[c] * (gradient[c] - a[c] - normalized * b[c]);
        }
    }
}

RL_CLONES void rl_group_norm_backward(const float *x, const float *dy, int64_t count, int64_t channels,
                                      const float *mean, const float *inverse, const float *scale, const float *a,
                                      const float *b, float *dx) {
    for (int64_t i = 0; i < count; i++) {
        const float *row = x + i * channels, *gradient = dy + i * channels;
        float *to = dx + i * channels;
#pragma clang loop vectorize(assume_safety)
        for (int64_t c = 0; c < channels; c++) {
            float normalized = (row[c] - mean[c]) * inverse[c];
            to[c] = inverse[c] * (scale[c] * gradient[c] - a[c] - normalized * b[c]);
        }
    }
}

RL_CLONES void rl_channel_shift(int64_t count, int64_t channels, int64_t rank, const float *base, const float *left,
                                const float *projected, int64_t stride, int32_t relu, float *y) {
    for (int64_t i = 0; i < count; i++) {
        const float *restrict from = base + i * channels;
        const float *restrict factors = projected + i * stride;
        float *restrict to = y + i * channels;
        for (int64_t c = 0; c < channels; c++) to[c] = from[c] + (rank == 0 ? factors[c] : left[c] * factors[0]);
        for (int64_t k = 1; k < rank; k++) {
            const float *restrict row = left + k * channels;
            float factor = factors[k];
            for (int64_t c = 0; c < channels; c++) to[c] += row[c] * factor;
        }
        if (relu)
            for (int64_t c = 0; c < channels; c++) to[c] = to[c] < 0 ? 0 : to[c];
    }
}

enum { SHIFT_TILE = 64 };

/// The sums of up to SHIFT_TILE channels of one example, which stay in registers where `width` is a constant.
static inline __attribute__((always_inline)) void shift_sums(int64_t positions, int64_t channels, int64_t rank,
                                                             const float *base, const float *left,
                                                             const float *projected, int64_t stride, int32_t relu,
                                                             int64_t width, float factor, float *means) {
    float sums[SHIFT_TILE] = {0}, values[SHIFT_TILE];
    for (int64_t p = 0; p < positions; p++) {
        const float *from = base + p * channels, *factors = projected + p * stride;
        for (int64_t c = 0; c < width; c++) values[c] = from[c] + (rank == 0 ? factors[c] : left[c] * factors[0]);
        for (int64_t k = 1; k < rank; k++)
            for (int64_t c = 0; c < width; c++) values[c] += left[k * channels + c] * factors[k];
        for (int64_t c = 0; c < width; c++) sums[c] += relu && values[c] < 0 ? 0 : values[c];
    }
    for (int64_t c = 0; c < width; c++) means[c] = sums[c] * factor;
}

RL_CLONES void rl_channel_shift_mean(int64_t examples, int64_t positions, int64_t channels, int64_t rank,
                                     const float *base, const float *left, const float *projected, int64_t stride,
                                     int32_t relu, float *means) {
    float factor = 1.0f / (float)positions;
    for (int64_t e = 0; e < examples; e++) {
        const float *plane = base + e * positions * channels, *factors = projected + e * positions * stride;
        for (int64_t c = 0; c < channels; c += SHIFT_TILE) {
            int64_t width = channels - c < SHIFT_TILE ? channels - c : SHIFT_TILE;
            float *to = means + e * channels + c;
            if (width == SHIFT_TILE && relu && rank == 0)
                shift_sums(positions, channels, 0, plane + c, left, factors + c, stride, 1, SHIFT_TILE, factor, to);
            else if (width == SHIFT_TILE && relu && rank == 1)
                shift_sums(positions, channels, 1, plane + c, left + c, factors, stride, 1, SHIFT_TILE, factor, to);
            else
                shift_sums(positions, channels, rank, plane + c, left + c, factors + (rank == 0 ? c : 0), stride, relu,
                           width, factor, to);
        }
    }
}

RL_CLONES void rl_fold_affine(const float *weight, const float *bias, int64_t outputs, int64_t inputs,
                              const float *scale, const float *shift, float *restrict folded,
                              float *restrict foldedBias) {
    for (int64_t o = 0; o < outputs; o++) {
        const float *restrict row = weight + o * inputs;
        float factor = scale[o];
        for (int64_t i = 0; i < inputs; i++) folded[o * inputs + i] = row[i] * factor;
        foldedBias[o] = (bias ? bias[o] * factor : 0) + shift[o];
    }
}

RL_CLONES void rl_layer_norm(const float *x, int64_t rows, int64_t features, float epsilon, const float *scale,
                             const float *shift, float *y, float *statistics) {
    for (int64_t r = 0; r < rows; r++) {
        const float *from = x + r * features;
        float *to = y + r * features;
        // Eight sums in a fixed order, so that the bits do not depend on the width of vectors.
        double sums[8] = {0}, squares[8] = {0};
        int64_t whole = features & ~(int64_t)7;
        for (int64_t i = 0; i < whole; i += 8)
            for (int lane = 0; lane < 8; lane++) sums[lane] += (double)from[i + lane];
        for (int64_t i = whole; i < features; i++) sums[i & 7] += (double)from[i];
        double mean = 0;
        for (int lane = 0; lane < 8; lane++) mean += sums[lane];
        mean /= (double)features;
        for (int64_t i = 0; i < whole; i += 8)
            for (int lane = 0; lane < 8; lane++) {
                double distance = (double)from[i + lane] - mean;
                squares[lane] += distance * distance;
            }
        for (int64_t i = whole; i < features; i++) {
            double distance = (double)from[i] - mean;
            squares[i & 7] += distance * distance;
        }
        double variance = 0;
        for (int lane = 0; lane < 8; lane++) variance += squares[lane];
        float inverse = (float)(1 / sqrt(variance / (double)features + (double)epsilon)), centre = (float)mean;
#pragma clang loop vectorize(assume_safety)
        for (int64_t i = 0; i < features; i++) to[i] = (from[i] - centre) * inverse * scale[i] + shift[i];
        if (statistics) {
            statistics[2 * r] = centre;
            statistics[2 * r + 1] = inverse;
        }
    }
}

RL_CLONES void rl_layer_norm_backward(const float *x, const float *dy, int64_t rows, int64_t features,
                                      const float *scale, const float *statistics, float *dx,
                                      float *restrict scaleGradient, float *restrict shiftGradient) {
    memset(scaleGradient, 0, (size_t)features * sizeof *scaleGradient);
    memset(shiftGradient, 0, (size_t)features * sizeof *shiftGradient);
    for (int64_t r = 0; r < rows; r++) {
        const float *from = x + r * features, *gradient = dy + r * features;
        float mean = statistics[2 * r], inverse = statistics[2 * r + 1];
        double sum = 0, product = 0;
        for (int64_t i = 0; i < features; i++) {
            float normalized = (from[i] - mean) * inverse;
            scaleGradient[i] += gradient[i] * normalized;
            shiftGradient[i] += gradient[i];
            sum += (double)(gradient[i] * scale[i]);
            product += (double)(gradient[i] * scale[i] * normalized);
        }
        if (!dx) continue;
        float a = (float)(sum / (double)features), b = (float)(product / (double)features);
        float *to = dx + r * features;
        for (int64_t i = 0; i < features; i++) {
            float normalized = (from[i] - mean) * inverse;
            to[i] = inverse * (gradient[i] * scale[i] - a - normalized * b);
        }
    }
}
