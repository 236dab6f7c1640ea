#include "rl_layers.h"
#include "rl_blas.h"

#include <math.h>
#include <string.h>

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

RL_CLONES void rl_column_sums(const float *values, float *restrict sums, int64_t rows, int64_t columns) {
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

RL_CLONES void rl_relu(const float *input, float *output, int64_t count) {
    for (int64_t i = 0; i < count; i++) output[i] = input[i] < 0 ? 0 : input[i];
}

RL_CLONES void rl_relu_backward(const float *output, const float *outputGradient, float *inputGradient,
                                int64_t count) {
    for (int64_t i = 0; i < count; i++) inputGradient[i] = output[i] > 0 ? outputGradient[i] : 0;
}

void rl_tanh(const float *input, float *output, int64_t count) {
    for (int64_t i = 0; i < count; i++) output[i] = tanhf(input[i]);
}

RL_CLONES void rl_tanh_backward(const float *output, const float *outputGradient, float *inputGradient,
                                int64_t count) {
    for (int64_t i = 0; i < count; i++) inputGradient[i] = outputGradient[i] * (1 - output[i] * output[i]);
}

void rl_sigmoid(const float *input, float *output, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        // The exponential is of a negative number only: no overflow on either side.
        float e = expf(-fabsf(input[i]));
        output[i] = (input[i] >= 0 ? 1 : e) / (1 + e);
    }
}

RL_CLONES void rl_sigmoid_backward(const float *output, const float *outputGradient, float *inputGradient,
                                   int64_t count) {
    for (int64_t i = 0; i < count; i++) inputGradient[i] = outputGradient[i] * output[i] * (1 - output[i]);
}

static const float inverse_sqrt2 = 0.70710678118654752440f;
static const float inverse_sqrt2pi = 0.39894228040143267794f;

void rl_gelu(const float *input, float *output, int64_t count) {
    for (int64_t i = 0; i < count; i++) output[i] = 0.5f * input[i] * (1 + erff(input[i] * inverse_sqrt2));
}

void rl_gelu_backward(const float *input, const float *outputGradient, float *inputGradient, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float x = input[i];
        float distribution = 0.5f * (1 + erff(x * inverse_sqrt2));
        float density = inverse_sqrt2pi * expf(-0.5f * x * x);
        inputGradient[i] = outputGradient[i] * (distribution + x * density);
    }
}

RL_CLONES void rl_multiply(const float *input, const float *factor, float *output, int64_t count) {
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

/// One window, all channels: the inner loops run over channels, which lie side by side.
RL_CLONES static void max_window(const float *plane, int64_t rowFloats, int64_t channels, span y, span x,
                                 int64_t kernelWidth, float *restrict output, uint16_t *restrict winner) {
    for (int64_t c = 0; c < channels; c++) output[c] = -INFINITY;
    if (winner != NULL) {
        uint16_t start = (uint16_t)(y.first * kernelWidth + x.first);
        for (int64_t c = 0; c < channels; c++) winner[c] = start;
    }
    for (int64_t i = y.first; i < y.last; i++) {
        for (int64_t j = x.first; j < x.last; j++) {
            const float *restrict v = plane + (y.origin + i) * rowFloats + (x.origin + j) * channels;
            if (winner != NULL) {
                uint16_t position = (uint16_t)(i * kernelWidth + j);
                for (int64_t c = 0; c < channels; c++) {
                    // `!(v <= best)` is true for a NaN and for a greater value; a NaN that has won stays.
                    int wins = !(v[c] <= output[c]) & (output[c] == output[c]);
                    output[c] = wins ? v[c] : output[c];
                    winner[c] = wins ? position : winner[c];
                }
            } else {
                for (int64_t c = 0; c < channels; c++) {
                    int wins = !(v[c] <= output[c]) & (output[c] == output[c]);
                    output[c] = wins ? v[c] : output[c];
                }
            }
        }
    }
}

void rl_max_pool(const rl_pooling_shape *s, const float *input, float *output, uint16_t *winner) {
    int64_t rowFloats = s->inWidth * s->channels;
    for (int64_t row = 0; row < s->rows; row++) {
        const float *plane = input + row * s->inHeight * rowFloats;
        for (int64_t oy = 0; oy < s->outHeight; oy++) {
            span y = window(oy, s->strideHeight, s->paddingHeight, s->kernelHeight, s->inHeight);
            for (int64_t ox = 0; ox < s->outWidth; ox++) {
                span x = window(ox, s->strideWidth, s->paddingWidth, s->kernelWidth, s->inWidth);
                int64_t at = ((row * s->outHeight + oy) * s->outWidth + ox) * s->channels;
                max_window(plane, rowFloats, s->channels, y, x, s->kernelWidth, output + at,
                           winner != NULL ? winner + at : NULL);
            }
        }
    }
}

RL_CLONES static void max_window_backward(float *plane, int64_t rowFloats, int64_t channels, span y, span x,
                                          int64_t kernelWidth, const float *restrict gradient,
                                          const uint16_t *restrict winner) {
    for (int64_t i = y.first; i < y.last; i++) {
        for (int64_t j = x.first; j < x.last; j++) {
            float *restrict g = plane + (y.origin + i) * rowFloats + (x.origin + j) * channels;
            uint16_t position = (uint16_t)(i * kernelWidth + j);
            for (int64_t c = 0; c < channels; c++) g[c] += winner[c] == position ? gradient[c] : 0;
        }
    }
}

void rl_max_pool_backward(const rl_pooling_shape *s, const uint16_t *winner, const float *outputGradient,
                          float *inputGradient) {
    int64_t rowFloats = s->inWidth * s->channels;
    memset(inputGradient, 0, (size_t)(s->rows * s->inHeight * rowFloats) * sizeof(float));
    for (int64_t row = 0; row < s->rows; row++) {
        float *plane = inputGradient + row * s->inHeight * rowFloats;
        for (int64_t oy = 0; oy < s->outHeight; oy++) {
            span y = window(oy, s->strideHeight, s->paddingHeight, s->kernelHeight, s->inHeight);
            for (int64_t ox = 0; ox < s->outWidth; ox++) {
                span x = window(ox, s->strideWidth, s->paddingWidth, s->kernelWidth, s->inWidth);
                int64_t at = ((row * s->outHeight + oy) * s->outWidth + ox) * s->channels;
                max_window_backward(plane, rowFloats, s->channels, y, x, s->kernelWidth, outputGradient + at,
                                    winner + at);
            }
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
