#include "rl_winograd.h"
#include "rl_blas.h"

#include <string.h>

enum { PLACES = 16, CHANNEL_TILE = 64 };

RL_CLONES void rl_winograd_weights(int64_t outputs, int64_t inputs, const float *weights, int32_t turned,
                                   const float *scale, int64_t stride, int64_t place, float *transformed) {
    float taps[9][CHANNEL_TILE];
    for (int64_t i = 0; i < inputs; i++) {
        for (int64_t first = 0; first < outputs; first += CHANNEL_TILE) {
            int64_t count = outputs - first < CHANNEL_TILE ? outputs - first : CHANNEL_TILE;
            for (int64_t o = 0; o < count; o++) {
                const float *g = weights + (turned ? i * outputs + first + o : (first + o) * inputs + i) * 9;
                float factor = scale ? scale[first + o] : 1;
                for (int j = 0; j < 9; j++) taps[j][o] = g[turned ? 8 - j : j] * factor;
            }
            float *to = transformed + i * stride + place + first;
            int64_t step = inputs * stride;
#pragma clang loop vectorize(assume_safety)
            for (int64_t o = 0; o < count; o++) {
                float rows[4][3];
                for (int j = 0; j < 3; j++) {
                    float a = taps[j][o], b = taps[3 + j][o], c = taps[6 + j][o];
                    rows[0][j] = a, rows[1][j] = 0.5f * (a + b + c), rows[2][j] = 0.5f * (a - b + c), rows[3][j] = c;
                }
                for (int j = 0; j < 4; j++) {
                    float a = rows[j][0], b = rows[j][1], c = rows[j][2];
                    to[(4 * j) * step + o] = a;
                    to[(4 * j + 1) * step + o] = 0.5f * (a + b + c);
                    to[(4 * j + 2) * step + o] = 0.5f * (a - b + c);
                    to[(4 * j + 3) * step + o] = c;
                }
            }
        }
    }
}

/// One tile from 16 pixels of `channels` numbers each; `step` numbers lie between the places of the result.
static inline __attribute__((always_inline)) void input_tile(const float *const *d, int64_t channels, int64_t step,
                                                             float *to) {
#pragma clang loop vectorize(assume_safety)
    for (int64_t c = 0; c < channels; c++) {
        float rows[4][4];
        for (int j = 0; j < 4; j++) {
            float a = d[j][c], b = d[4 + j][c], e = d[8 + j][c], f = d[12 + j][c];
            rows[0][j] = a - e, rows[1][j] = b + e, rows[2][j] = e - b, rows[3][j] = b - f;
        }
        for (int i = 0; i < 4; i++) {
            float a = rows[i][0], b = rows[i][1], e = rows[i][2], f = rows[i][3];
            to[(i * 4 + 0) * step + c] = a - e;
            to[(i * 4 + 1) * step + c] = b + e;
            to[(i * 4 + 2) * step + c] = e - b;
            to[(i * 4 + 3) * step + c] = b - f;
        }
    }
}

RL_CLONES void rl_winograd_inputs(int64_t examples, int64_t height, int64_t width, int64_t channels, const float *x,
                                  float *transformed) {
    static const float zeros[CHANNEL_TILE];
    int64_t down = (height + 1) / 2, across = (width + 1) / 2, step = examples * down * across * channels;
    for (int64_t tile = 0; tile < examples * down * across; tile++) {
        int64_t e = tile / (down * across), top = tile / across % down * 2 - 1, left = tile % across * 2 - 1;
        for (int64_t c = 0; c < channels; c += CHANNEL_TILE) {
            int64_t count = channels - c < CHANNEL_TILE ? channels - c : CHANNEL_TILE;
            const float *pixels[PLACES];
            for (int p = 0; p < PLACES; p++) {
                int64_t row = top + p / 4, column = left + p % 4;
                int inside = row >= 0 && row < height && column >= 0 && column < width;
                pixels[p] = inside ? x + ((e * height + row) * width + column) * channels + c : zeros;
            }
            input_tile(pixels, count, step, transformed + tile * channels + c);
        }
    }
}

RL_CLONES void rl_winograd_outputs(int64_t examples, int64_t height, int64_t width, int64_t channels,
                                   const float *products, int64_t stride, int64_t place, const float *base,
                                   int32_t relu, int32_t averages, float *y) {
    int64_t down = (height + 1) / 2, across = (width + 1) / 2, step = examples * down * across * stride;
    float factor = 1.0f / (float)(height * width);
    if (averages) memset(y, 0, (size_t)(examples * channels) * sizeof *y);
    for (int64_t tile = 0; tile < examples * down * across; tile++) {
        int64_t e = tile / (down * across), top = tile / across % down * 2, left = tile % across * 2;
        const float *from = products + tile * stride + place;
        for (int row = 0; row < 2 && top + row < height; row++) {
            // Of the four rows of places: the first and the next two, or the second less the last two.
            const float *m = from + (row == 0 ? 0 : 4) * step;
            float second = row == 0 ? 1 : -1;
            int64_t pixel = ((e * height + top + row) * width + left) * channels;
            const float *plain = base + pixel;
            int64_t next = left + 1 < width ? channels : 0;
            float *to = averages ? y + e * channels : y + pixel;
#pragma clang loop vectorize(assume_safety)
            for (int64_t c = 0; c < channels; c++) {
                float q[4];
                for (int k = 0; k < 4; k++)
                    q[k] = m[k * step + c] + second * (m[(4 + k) * step + c] + m[(8 + k) * step + c]);
                float a = plain[c] + q[0] + q[1] + q[2], b = plain[next + c] + q[1] - q[2] - q[3];
                if (relu) a = a < 0 ? 0 : a, b = b < 0 ? 0 : b;
                if (averages) {
                    to[c] += factor * (next != 0 ? a + b : a);
                } else {
                    // Where the second is outside, the first comes last.
                    to[next + c] = b;
                    to[c] = a;
                }
            }
        }
    }
}
