#include "rl_layers.h"
#include "rl_blas.h"
#include "rl_evaluator.h"
#include "rl_vector_math.h"

#include <math.h>
#include <string.h>

/// Before a loop whose result may be written over its own input, element for element: without it the compiler takes the
/// scalar path whenever the two are the same array. Arrays never overlap in part.
#define RL_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")

// MARK: rows and columns

RL_CLONES void rl_add_bias(float *values, const float *bias, int64_t rows, int64_t columns, int32_t relu) {
    for (int64_t row = 0; row < rows; row++) {
        float *restrict v = values + row * columns;
        const float *restrict b = bias;
        if (relu) {
            for (int64_t column = 0; column < columns; column++) {
                float sum = v[column] + b[column];
                v[column] = sum < 0 ? 0 : sum;
            }
        } else {
            for (int64_t column = 0; column < columns; column++) v[column] += b[column];
        }
    }
}

RL_CLONES void rl_sum_rows(const float *values, float *restrict sums, int64_t rows, int64_t columns) {
    memset(sums, 0, (size_t)columns * sizeof *sums);
    for (int64_t row = 0; row < rows; row++) {
        const float *restrict v = values + row * columns;
        for (int64_t column = 0; column < columns; column++) sums[column] += v[column];
    }
}

RL_CLONES void rl_accumulate(float *restrict total, const float *restrict addend, int64_t count) {
    for (int64_t i = 0; i < count; i++) total[i] += addend[i];
}

// MARK: activations

RL_CLONES void rl_activation(int32_t function, const float *input, float *output, int64_t count) {
    switch (function) {
    case RL_RELU:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = input[i] < 0 ? 0 : input[i];
        break;
    case RL_GELU:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = rl_gelu(input[i]);
        break;
    case RL_TANH:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = rl_tanh(input[i]);
        break;
    case RL_SIGMOID:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = rl_sigmoid(input[i]);
        break;
    case RL_GELU_TANH:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = rl_gelu_tanh(input[i]);
        break;
    case RL_SILU:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = input[i] * rl_sigmoid(input[i]);
        break;
    case RL_HARD_SWISH:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = input[i] * rl_hard_sigmoid(input[i]);
        break;
    case RL_HARD_SIGMOID:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = rl_hard_sigmoid(input[i]);
        break;
    case RL_RELU6:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) output[i] = rl_relu6(input[i]);
        break;
    }
}

static inline float gelu_slope(float x) {
    const float inverse_sqrt2 = 0.70710678118654752440f, inverse_sqrt2pi = 0.39894228040143267794f;
    float distribution = 0.5f * (1 + rl_erf(x * inverse_sqrt2));
    return distribution + x * inverse_sqrt2pi * rl_exp(-0.5f * x * x);
}

static inline float gelu_tanh_slope(float x) {
    const float a = 0.79788456f, b = 0.044715f;
    float t = rl_tanh(a * (x + b * x * x * x));
    return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * a * (1 + 3 * b * x * x);
}

static inline float silu_slope(float x) {
    float s = rl_sigmoid(x);
    return s * (1 + x * (1 - s));
}

// At the corners as PyTorch: 0 at -3, 1 at 3 for hard swish; 0 at both for hard sigmoid.
static inline float hard_swish_slope(float x) { return x <= -3 ? 0 : (x < 3 ? x / 3.0f + 0.5f : 1); }

RL_CLONES void rl_activation_backward(int32_t function, const float *input, const float *output,
                                      const float *outputGradient, float *inputGradient, int64_t count) {
    switch (function) {
    case RL_RELU:
        // As PyTorch's threshold_backward: where the output is NaN the gradient goes through.
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) inputGradient[i] = output[i] <= 0 ? 0 : outputGradient[i];
        break;
    case RL_GELU:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) inputGradient[i] = outputGradient[i] * gelu_slope(input[i]);
        break;
    case RL_TANH:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) inputGradient[i] = outputGradient[i] * (1 - output[i] * output[i]);
        break;
    case RL_SIGMOID:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) inputGradient[i] = outputGradient[i] * output[i] * (1 - output[i]);
        break;
    case RL_GELU_TANH:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) inputGradient[i] = outputGradient[i] * gelu_tanh_slope(input[i]);
        break;
    case RL_SILU:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) inputGradient[i] = outputGradient[i] * silu_slope(input[i]);
        break;
    case RL_HARD_SWISH:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++) inputGradient[i] = outputGradient[i] * hard_swish_slope(input[i]);
        break;
    case RL_HARD_SIGMOID:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++)
            inputGradient[i] = input[i] <= -3 || input[i] >= 3 ? 0 : outputGradient[i] / 6.0f;
        break;
    case RL_RELU6:
        RL_ELEMENTWISE
        for (int64_t i = 0; i < count; i++)
            inputGradient[i] = input[i] <= 0 || input[i] >= 6 ? 0 : outputGradient[i];
        break;
    }
}

RL_CLONES void rl_multiply(const float *input, const float *factor, float *output, int64_t count) {
    RL_ELEMENTWISE
    for (int64_t i = 0; i < count; i++) output[i] = input[i] * factor[i];
}

// MARK: pooling

/// The part of a window that lies inside the input, along one dimension.
typedef struct {
    int64_t origin, first, last; // positions of the window first ..< last are inside
} span;

static inline span window(int64_t index, int64_t stride, int64_t padding, int64_t kernel, int64_t extent) {
    span s = {index * stride - padding, 0, kernel};
    if (s.origin < 0) s.first = -s.origin;
    if (s.origin + kernel > extent) s.last = extent - s.origin;
    return s;
}

enum { lanes = 16 };

/// One window, `count` ≤ 16 channels that lie side by side; best values and their positions stay in registers.
static inline __attribute__((always_inline)) void max_lanes(const float *plane, int64_t rowFloats, int64_t channels,
                                                            span y, span x, int64_t kernelWidth, int count,
                                                            float *restrict output, uint16_t *restrict winner) {
    float best[lanes];
    int32_t position[lanes];
    for (int c = 0; c < count; c++) best[c] = -INFINITY;
    for (int c = 0; c < count; c++) position[c] = (int32_t)(y.first * kernelWidth + x.first);
    for (int64_t i = y.first; i < y.last; i++) {
        for (int64_t j = x.first; j < x.last; j++) {
            const float *restrict v = plane + (y.origin + i) * rowFloats + (x.origin + j) * channels;
            int32_t here = (int32_t)(i * kernelWidth + j);
            for (int c = 0; c < count; c++) {
                // `!(v <= best)` is true for a NaN and for a greater value; a NaN that has won stays.
                int wins = !(v[c] <= best[c]) & (best[c] == best[c]);
                best[c] = wins ? v[c] : best[c];
                position[c] = wins ? here : position[c];
            }
        }
    }
    for (int c = 0; c < count; c++) output[c] = best[c];
    if (winner != NULL)
        for (int c = 0; c < count; c++) winner[c] = (uint16_t)position[c];
}

RL_CLONES static void max_row(const rl_pooling_shape *s, const float *plane, span y, float *output, uint16_t *winner) {
    int64_t rowFloats = s->inWidth * s->channels, whole = s->channels / lanes * lanes;
    for (int64_t ox = 0; ox < s->outWidth; ox++) {
        span x = window(ox, s->strideWidth, s->paddingWidth, s->kernelWidth, s->inWidth);
        for (int64_t c = 0; c < whole; c += lanes)
            max_lanes(plane + c, rowFloats, s->channels, y, x, s->kernelWidth, lanes, output + ox * s->channels + c,
                      winner != NULL ? winner + ox * s->channels + c : NULL);
        if (whole < s->channels)
            max_lanes(plane + whole, rowFloats, s->channels, y, x, s->kernelWidth, (int)(s->channels - whole),
                      output + ox * s->channels + whole, winner != NULL ? winner + ox * s->channels + whole : NULL);
    }
}

void rl_max_pool(const rl_pooling_shape *s, const float *input, float *output, uint16_t *winner) {
    int64_t outRow = s->outWidth * s->channels;
    for (int64_t row = 0; row < s->rows; row++) {
        const float *plane = input + row * s->inHeight * s->inWidth * s->channels;
        for (int64_t oy = 0; oy < s->outHeight; oy++) {
            span y = window(oy, s->strideHeight, s->paddingHeight, s->kernelHeight, s->inHeight);
            int64_t at = (row * s->outHeight + oy) * outRow;
            max_row(s, plane, y, output + at, winner != NULL ? winner + at : NULL);
        }
    }
}

/// Whether windows tile the input exactly: then each gradient is written once, and need not start from zero.
static int is_tiling(const rl_pooling_shape *s) {
    return s->strideHeight == s->kernelHeight && s->strideWidth == s->kernelWidth && s->paddingHeight == 0
           && s->paddingWidth == 0 && s->outHeight * s->kernelHeight == s->inHeight
           && s->outWidth * s->kernelWidth == s->inWidth;
}

/// One window, `count` ≤ 16 channels.
static inline __attribute__((always_inline)) void max_lanes_backward(float *plane, int64_t rowFloats, int64_t channels,
                                                                     span y, span x, int64_t kernelWidth, int count,
                                                                     const float *restrict outputGradient,
                                                                     const uint16_t *restrict winner, int tiling) {
    float gradient[lanes];
    int32_t position[lanes];
    for (int c = 0; c < count; c++) gradient[c] = outputGradient[c];
    for (int c = 0; c < count; c++) position[c] = winner[c];
    for (int64_t i = y.first; i < y.last; i++) {
        for (int64_t j = x.first; j < x.last; j++) {
            float *restrict g = plane + (y.origin + i) * rowFloats + (x.origin + j) * channels;
            int32_t here = (int32_t)(i * kernelWidth + j);
            if (tiling) {
                for (int c = 0; c < count; c++) g[c] = position[c] == here ? gradient[c] : 0;
            } else {
                for (int c = 0; c < count; c++) g[c] += position[c] == here ? gradient[c] : 0;
            }
        }
    }
}

RL_CLONES static void max_row_backward(const rl_pooling_shape *s, float *plane, span y, const float *gradient,
                                       const uint16_t *winner, int tiling) {
    int64_t rowFloats = s->inWidth * s->channels, whole = s->channels / lanes * lanes;
    for (int64_t ox = 0; ox < s->outWidth; ox++) {
        span x = window(ox, s->strideWidth, s->paddingWidth, s->kernelWidth, s->inWidth);
        int64_t at = ox * s->channels;
        for (int64_t c = 0; c < whole; c += lanes)
            max_lanes_backward(plane + c, rowFloats, s->channels, y, x, s->kernelWidth, lanes, gradient + at + c,
                               winner + at + c, tiling);
        if (whole < s->channels)
            max_lanes_backward(plane + whole, rowFloats, s->channels, y, x, s->kernelWidth,
                               (int)(s->channels - whole), gradient + at + whole, winner + at + whole, tiling);
    }
}

void rl_max_pool_backward(const rl_pooling_shape *s, const uint16_t *winner, const float *outputGradient,
                          float *inputGradient) {
    int64_t plane = s->inHeight * s->inWidth * s->channels, outRow = s->outWidth * s->channels;
    int tiling = is_tiling(s);
    if (!tiling) memset(inputGradient, 0, (size_t)(s->rows * plane) * sizeof(float));
    for (int64_t row = 0; row < s->rows; row++) {
        for (int64_t oy = 0; oy < s->outHeight; oy++) {
            span y = window(oy, s->strideHeight, s->paddingHeight, s->kernelHeight, s->inHeight);
            int64_t at = (row * s->outHeight + oy) * outRow;
            max_row_backward(s, inputGradient + row * plane, y, outputGradient + at, winner + at, tiling);
        }
    }
}

/// One over the number of positions that an average counts.
static inline float average_factor(const rl_pooling_shape *s, span y, span x) {
    if (!s->countPadding) return 1.0f / (float)((y.last - y.first) * (x.last - x.first));
    // Padded positions count, positions beyond the padding do not (windows never start beyond it).
    int64_t height = s->kernelHeight, width = s->kernelWidth;
    int64_t overY = y.origin + height - (s->inHeight + s->paddingHeight);
    int64_t overX = x.origin + width - (s->inWidth + s->paddingWidth);
    if (overY > 0) height -= overY;
    if (overX > 0) width -= overX;
    return 1.0f / (float)(height * width);
}

RL_CLONES static void average_window(const float *plane, int64_t rowFloats, int64_t channels, span y, span x,
                                     float factor, float *restrict output) {
    for (int64_t c = 0; c < channels; c++) output[c] = 0;
    for (int64_t i = y.first; i < y.last; i++) {
        for (int64_t j = x.first; j < x.last; j++) {
            const float *restrict v = plane + (y.origin + i) * rowFloats + (x.origin + j) * channels;
            for (int64_t c = 0; c < channels; c++) output[c] += v[c];
        }
    }
    for (int64_t c = 0; c < channels; c++) output[c] *= factor;
}

void rl_average_pool(const rl_pooling_shape *s, const float *input, float *output) {
    int64_t rowFloats = s->inWidth * s->channels;
    for (int64_t row = 0; row < s->rows; row++) {
        const float *plane = input + row * s->inHeight * rowFloats;
        for (int64_t oy = 0; oy < s->outHeight; oy++) {
            span y = window(oy, s->strideHeight, s->paddingHeight, s->kernelHeight, s->inHeight);
            for (int64_t ox = 0; ox < s->outWidth; ox++) {
                span x = window(ox, s->strideWidth, s->paddingWidth, s->kernelWidth, s->inWidth);
                int64_t at = ((row * s->outHeight + oy) * s->outWidth + ox) * s->channels;
                average_window(plane, rowFloats, s->channels, y, x, average_factor(s, y, x), output + at);
            }
        }
    }
}

RL_CLONES static void average_window_backward(float *plane, int64_t rowFloats, int64_t channels, span y, span x,
                                              float factor, const float *restrict gradient) {
    for (int64_t i = y.first; i < y.last; i++) {
        for (int64_t j = x.first; j < x.last; j++) {
            float *restrict g = plane + (y.origin + i) * rowFloats + (x.origin + j) * channels;
            for (int64_t c = 0; c < channels; c++) g[c] += factor * gradient[c];
        }
    }
}

void rl_average_pool_backward(const rl_pooling_shape *s, const float *outputGradient, float *inputGradient) {
    int64_t rowFloats = s->inWidth * s->channels;
    memset(inputGradient, 0, (size_t)(s->rows * s->inHeight * rowFloats) * sizeof(float));
    for (int64_t row = 0; row < s->rows; row++) {
        float *plane = inputGradient + row * s->inHeight * rowFloats;
        for (int64_t oy = 0; oy < s->outHeight; oy++) {
            span y = window(oy, s->strideHeight, s->paddingHeight, s->kernelHeight, s->inHeight);
            for (int64_t ox = 0; ox < s->outWidth; ox++) {
                span x = window(ox, s->strideWidth, s->paddingWidth, s->kernelWidth, s->inWidth);
                int64_t at = ((row * s->outHeight + oy) * s->outWidth + ox) * s->channels;
                average_window_backward(plane, rowFloats, s->channels, y, x, average_factor(s, y, x),
                                        outputGradient + at);
            }
        }
    }
}

// MARK: channel order

RL_CLONES void rl_channels_last(const float *input, float *output, int64_t rows, int64_t channels, int64_t positions) {
    for (int64_t row = 0; row < rows; row++) {
        const float *restrict from = input + row * channels * positions;
        float *restrict to = output + row * channels * positions;
        for (int64_t p = 0; p < positions; p++)
            for (int64_t c = 0; c < channels; c++) to[p * channels + c] = from[c * positions + p];
    }
}

RL_CLONES void rl_channels_first(const float *input, float *output, int64_t rows, int64_t channels,
                                 int64_t positions) {
    for (int64_t row = 0; row < rows; row++) {
        const float *restrict from = input + row * channels * positions;
        float *restrict to = output + row * channels * positions;
        for (int64_t c = 0; c < channels; c++)
            for (int64_t p = 0; p < positions; p++) to[c * positions + p] = from[p * channels + c];
    }
}
