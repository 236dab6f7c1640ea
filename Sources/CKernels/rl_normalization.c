#include "rl_normalization.h"
#include "rl_blas.h"
#include "rl_vector_math.h"

#include <math.h>
#include <string.h>

RL_CLONES void rl_channel_sums(const float *x, int64_t count, int64_t channels, const double *centre,
                               double *restrict sums, double *restrict squares) {
    memset(sums, 0, (size_t)channels * sizeof *sums);
    memset(squares, 0, (size_t)channels * sizeof *squares);
    for (int64_t i = 0; i < count; i++) {
        const float *restrict row = x + i * channels;
        for (int64_t c = 0; c < channels; c++) {
            double distance = (double)row[c] - centre[c];
            sums[c] += (double)row[c];
            squares[c] += distance * distance;
        }
    }
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
                to[c] = value < 0 ? 0 : value;
            }
        } else {
#pragma clang loop vectorize(assume_safety)
            for (int64_t c = 0; c < channels; c++) to[c] = from[c] * scale[c] + shift[c];
        }
    }
}

RL_CLONES void rl_normalized_gradient_sums(const float *x, const float *dy, int64_t count, int64_t channels,
                                           const float *mean, const float *inverse, double *restrict sums,
                                           double *restrict products) {
    memset(sums, 0, (size_t)channels * sizeof *sums);
    memset(products, 0, (size_t)channels * sizeof *products);
    for (int64_t i = 0; i < count; i++) {
        const float *restrict row = x + i * channels;
        const float *restrict gradient = dy + i * channels;
        for (int64_t c = 0; c < channels; c++) {
            sums[c] += (double)gradient[c];
            products[c] += (double)gradient[c] * (double)((row[c] - mean[c]) * inverse[c]);
        }
    }
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
        for (int64_t c = 0; c < channels; c++) to[c] = from[c] + left[c] * factors[0];
        for (int64_t k = 1; k < rank; k++) {
            const float *restrict row = left + k * channels;
            float factor = factors[k];
            for (int64_t c = 0; c < channels; c++) to[c] += row[c] * factor;
        }
        if (relu)
            for (int64_t c = 0; c < channels; c++) to[c] = to[c] < 0 ? 0 : to[c];
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
        for (int64_t i = 0; i < features; i++) sums[i & 7] += (double)from[i];
        double mean = 0;
        for (int lane = 0; lane < 8; lane++) mean += sums[lane];
        mean /= (double)features;
        for (int64_t i = 0; i < features; i++) {
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
