#include "rl_winograd.h"
#include "rl_blas.h"

#include <string.h>

enum { PLACES = 16, CHANNEL_TILE = 64, FILTERS = 16, TILES = 8 };

RL_CLONES void rl_winograd_weights(int64_t outputs, int64_t inputs, const float *weights, const float *scale,
                                   int64_t stride, int64_t place, float *transformed) {
    for (int64_t o = 0; o < outputs; o++) {
        for (int64_t i = 0; i < inputs; i++) {
            const float *g = weights + (o * inputs + i) * 9;
            float rows[4][3];
            for (int j = 0; j < 3; j++) {
                float a = g[j] * scale[o], b = g[3 + j] * scale[o], c = g[6 + j] * scale[o];
                rows[0][j] = a, rows[1][j] = 0.5f * (a + b + c), rows[2][j] = 0.5f * (a - b + c), rows[3][j] = c;
            }
            float *to = transformed + i * stride + place + o;
            for (int j = 0; j < 4; j++) {
                float a = rows[j][0], b = rows[j][1], c = rows[j][2];
                float values[4] = {a, 0.5f * (a + b + c), 0.5f * (a - b + c), c};
                for (int k = 0; k < 4; k++) to[(j * 4 + k) * inputs * stride] = values[k];
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

/// The numbers of sixteen filters, or of sixteen channels, which the compiler keeps in as few registers as they need.
typedef float lanes __attribute__((vector_size(4 * FILTERS), aligned(4)));

#define LANES(p) (*(lanes *)(p))

/// Sixteen channels of one tile, whose rows are `row` numbers apart.
static inline __attribute__((always_inline)) void lane_tile(const float *d, int64_t row, int64_t channels,
                                                            float (*to)[FILTERS]) {
    lanes columns[4][4];
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
        const float *p = d + j * row;
        lanes a = LANES(p), b = LANES(p + channels), e = LANES(p + 2 * channels), f = LANES(p + 3 * channels);
        columns[0][j] = a - e, columns[1][j] = b + e, columns[2][j] = e - b, columns[3][j] = b - f;
    }
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) {
        lanes a = columns[k][0], b = columns[k][1], e = columns[k][2], f = columns[k][3];
        LANES(to[k]) = a - e, LANES(to[4 + k]) = b + e, LANES(to[8 + k]) = e - b, LANES(to[12 + k]) = b - f;
    }
}

/// Adds the products of sixteen channels of the tiles at one place.
static inline __attribute__((always_inline)) void lane_products(const float (*inputs)[PLACES][FILTERS],
                                                                const float *transformed, lanes *sums) {
    lanes own[TILES];
#pragma clang loop unroll(full)
    for (int t = 0; t < TILES; t++) own[t] = sums[t];
    for (int i = 0; i < FILTERS; i++) {
        lanes filters = LANES(transformed + i * FILTERS);
#pragma clang loop unroll(full)
        for (int t = 0; t < TILES; t++) own[t] += inputs[t][0][i] * filters;
    }
#pragma clang loop unroll(full)
    for (int t = 0; t < TILES; t++) sums[t] = own[t];
}

RL_CLONES void rl_winograd_filters(int64_t examples, int64_t height, int64_t width, int64_t channels, const float *x,
                                   const float *transformed, float *framed, float *y) {
    int64_t across = (width + 1) / 2, tiles = (height + 1) / 2 * across, frame = 2 * across + 2;
    int64_t example = height * width * channels;
    memset(framed, 0, (size_t)((height + 1) / 2 * 2 + 2) * (size_t)(frame * channels) * sizeof *framed);
    for (int64_t e = 0; e < examples; e++) {
        for (int64_t r = 0; r < height; r++)
            memcpy(framed + ((r + 1) * frame + 1) * channels, x + e * example + r * width * channels,
                   (size_t)(width * channels) * sizeof *x);
        for (int64_t first = 0; first < tiles; first += TILES) {
            int64_t count = tiles - first < TILES ? tiles - first : TILES;
            lanes sums[PLACES][TILES];
            float inputs[TILES][PLACES][FILTERS];
            memset(sums, 0, sizeof sums);
            // Sixteen channels of eight tiles at a time, which stay in the first-level cache.
            for (int64_t c = 0; c < channels; c += FILTERS) {
                for (int64_t t = 0; t < count; t++) {
                    int64_t top = (first + t) / across * 2, left = (first + t) % across * 2;
                    lane_tile(framed + (top * frame + left) * channels + c, frame * channels, channels, inputs[t]);
                    // The next example is fetched on the way: waiting for its pixels took a quarter of the time.
                    int64_t ahead = ((first + t) * channels / FILTERS + c / FILTERS) * 4 * FILTERS;
                    if (e + 1 < examples && ahead < example)
                        for (int line = 0; line < 4; line++)
                            __builtin_prefetch(x + (e + 1) * example + ahead + line * FILTERS, 0, 2);
                }
                for (int p = 0; p < PLACES; p++)
                    lane_products((const float(*)[PLACES][FILTERS])inputs[0][p],
                                  transformed + (p * channels + c) * FILTERS, sums[p]);
            }
            for (int64_t t = 0; t < count; t++) {
                int64_t top = (first + t) / across * 2, left = (first + t) % across * 2;
                float *to = y + ((e * height + top) * width + left) * FILTERS;
                lanes upper[4], lower[4];
                for (int k = 0; k < 4; k++) {
                    upper[k] = sums[k][t] + sums[4 + k][t] + sums[8 + k][t];
                    lower[k] = sums[4 + k][t] - sums[8 + k][t] - sums[12 + k][t];
                }
                int right = left + 1 < width, below = top + 1 < height;
                LANES(to) = upper[0] + upper[1] + upper[2];
                if (right) LANES(to + FILTERS) = upper[1] - upper[2] - upper[3];
                if (below) LANES(to + width * FILTERS) = lower[0] + lower[1] + lower[2];
                if (right && below) LANES(to + (width + 1) * FILTERS) = lower[1] - lower[2] - lower[3];
            }
        }
    }
}
