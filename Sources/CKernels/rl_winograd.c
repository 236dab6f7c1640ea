#include "rl_blas.h"
#include "rl_winograd.h"

#include <string.h>

// Everything of a few tiles stays in the first-level cache, or in the second: transformed inputs, products, outputs.

enum { LANE_COUNT = 16, CHANNEL_TILE = 64, PLACES = 16, COLUMNS = 32, TILES = 8, GRADIENT_TILES = 16 };

/// Sixteen channels, which the compiler keeps in as few registers as they need.
typedef float lanes __attribute__((vector_size(4 * LANE_COUNT), aligned(4)));

#define LANES(p) (*(lanes *)(p))
#define CONST_LANES(p) (*(const lanes *)(p))
#define INLINE static inline __attribute__((always_inline))

/// Numbers between two places of a tile. A line more than they fill: places a power of two apart would share cache sets.
INLINE int64_t place_step(int64_t tiles, int64_t channels) { return tiles * channels + LANE_COUNT; }

INLINE int64_t tiles_across(const rl_winograd_shape *s) { return (s->width + 1) / 2; }
INLINE int64_t tiles_of(const rl_winograd_shape *s) { return (s->height + 1) / 2 * tiles_across(s); }

/// Numbers of an example within its frame of zeros.
static int64_t framed_count(const rl_winograd_shape *s) {
    return ((s->height + 1) / 2 * 2 + 2) * (2 * tiles_across(s) + 2) * s->inputs;
}

int64_t rl_winograd_scratch(const rl_winograd_shape *s) {
    return framed_count(s) + PLACES * place_step(GRADIENT_TILES, s->inputs) +
           PLACES * place_step(GRADIENT_TILES, s->outputs > COLUMNS ? s->outputs : COLUMNS);
}

/// Whether two vectors a row leave registers free; sums have the same order with one.
static int has_wide_registers(void) {
#ifdef RL_HAS_CLONES
    return __builtin_cpu_supports("avx512f");
#else
    return 0;
#endif
}

// MARK: products

/// out[r, k] = (accumulates: out[r, k] +) the sum over d of a[r · rowStep + d · depthStep] · b[d, k], for `rows` rows and 16 ·
/// `vectors` columns, which stay in registers.
INLINE void product_block(int rows, int vectors, int64_t depth, const float *a, int64_t rowStep, int64_t depthStep,
                          const float *b, int64_t columns, int accumulates, float *out, int64_t outStep) {
    lanes sums[8][2];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sums[r][v] = accumulates ? CONST_LANES(out + r * outStep + v * LANE_COUNT) : (lanes){0};
    for (int64_t d = 0; d < depth; d++) {
        lanes factors[2];
        for (int v = 0; v < vectors; v++) factors[v] = CONST_LANES(b + d * columns + v * LANE_COUNT);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            float x = a[r * rowStep + d * depthStep];
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[r][v] += x * factors[v];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) LANES(out + r * outStep + v * LANE_COUNT) = sums[r][v];
}

/// The same for rows in eights and 16 or 32 columns.
INLINE void product(int wide, int64_t rows, int64_t width, int64_t depth, const float *a, int64_t rowStep,
                    int64_t depthStep, const float *b, int64_t columns, int accumulates, float *out, int64_t outStep) {
    for (int64_t r = 0; r < rows; r += 8) {
        const float *from = a + r * rowStep;
        float *to = out + r * outStep;
        if (wide && width == COLUMNS) {
            product_block(8, 2, depth, from, rowStep, depthStep, b, columns, accumulates, to, outStep);
        } else if (wide) {
            product_block(8, 1, depth, from, rowStep, depthStep, b, columns, accumulates, to, outStep);
        } else {
            for (int64_t k = 0; k < width; k += LANE_COUNT)
                for (int64_t half = 0; half < 8; half += 4)
                    product_block(4, 1, depth, from + half * rowStep, rowStep, depthStep, b + k, columns, accumulates,
                                  to + half * outStep + k, outStep);
        }
    }
}

// MARK: tiles

/// Copies an example into the frame, whose border is 0.
INLINE void frame_example(const rl_winograd_shape *s, const float *x, int64_t example, float *framed) {
    int64_t row = s->width * s->inputs, framedRow = (2 * tiles_across(s) + 2) * s->inputs;
    for (int64_t r = 0; r < s->height; r++) {
        const float *from = x + (example * s->height + r) * row;
        memcpy(framed + (r + 1) * framedRow + s->inputs, from, (size_t)row * sizeof *x);
    }
}

/// The 16 places of a tile of inputs.
INLINE void input_tile(const rl_winograd_shape *s, const float *framed, int64_t tile, int64_t step, float *to) {
    int64_t channels = s->inputs, row = (2 * tiles_across(s) + 2) * channels;
    const float *first = framed + tile / tiles_across(s) * 2 * row + tile % tiles_across(s) * 2 * channels;
    for (int64_t c = 0; c < channels; c += LANE_COUNT) {
        lanes columns[4][4];
#pragma clang loop unroll(full)
        for (int j = 0; j < 4; j++) {
            const float *p = first + j * row + c;
            lanes a = CONST_LANES(p), b = CONST_LANES(p + channels), e = CONST_LANES(p + 2 * channels),
                  f = CONST_LANES(p + 3 * channels);
            columns[0][j] = a - e, columns[1][j] = b + e, columns[2][j] = e - b, columns[3][j] = b - f;
        }
#pragma clang loop unroll(full)
        for (int k = 0; k < 4; k++) {
            lanes a = columns[k][0], b = columns[k][1], e = columns[k][2], f = columns[k][3];
            LANES(to + k * step + c) = a - e, LANES(to + (4 + k) * step + c) = b + e;
            LANES(to + (8 + k) * step + c) = e - b, LANES(to + (12 + k) * step + c) = b - f;
        }
    }
}

typedef int32_t bits __attribute__((vector_size(4 * LANE_COUNT), aligned(4)));

/// Writes a value, with 0 in place of negative numbers where `rectifies` is all ones; what is not a number stays.
#define WRITE_RECTIFIED(to, value, rectifies)                                                                          \
    do {                                                                                                               \
        lanes written = value;                                                                                         \
        LANES(to) = (lanes)((bits)written & ~((bits)(written < (lanes){0}) & (rectifies)));                            \
    } while (0)

/// Four outputs of 16 channels from the 16 places of their products, and which of them lie within the picture. `biases`
/// are added unless NULL; with `relu`, then max(0, ·).
INLINE void output_tile(const float *products, int64_t step, int right, int below, const float *biases, int relu,
                        float *to, int64_t column, int64_t row) {
    lanes upper[4], lower[4], bias = biases ? CONST_LANES(biases) : (lanes){0};
    bits rectifies = (bits){0} - (relu ? 1 : 0);
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) {
        lanes a = CONST_LANES(products + k * step), b = CONST_LANES(products + (4 + k) * step),
              e = CONST_LANES(products + (8 + k) * step), f = CONST_LANES(products + (12 + k) * step);
        upper[k] = a + b + e, lower[k] = b - e - f;
    }
    WRITE_RECTIFIED(to, upper[0] + upper[1] + upper[2] + bias, rectifies);
    if (right) WRITE_RECTIFIED(to + column, upper[1] - upper[2] - upper[3] + bias, rectifies);
    if (below) WRITE_RECTIFIED(to + row, lower[0] + lower[1] + lower[2] + bias, rectifies);
    if (right && below) WRITE_RECTIFIED(to + row + column, lower[1] - lower[2] - lower[3] + bias, rectifies);
}

/// The transpose of `output_tile`: the 16 places of the gradients of four outputs.
INLINE void gradient_tile(const float *from, int right, int below, int64_t column, int64_t row, float *to,
                          int64_t step) {
    lanes none = {0}, a = CONST_LANES(from), b = right ? CONST_LANES(from + column) : none,
          c = below ? CONST_LANES(from + row) : none, d = right && below ? CONST_LANES(from + row + column) : none;
    lanes left[4] = {a, a + c, a - c, -c}, other[4] = {b, b + d, b - d, -d};
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) {
        LANES(to + 4 * k * step) = left[k], LANES(to + (4 * k + 1) * step) = left[k] + other[k];
        LANES(to + (4 * k + 2) * step) = left[k] - other[k], LANES(to + (4 * k + 3) * step) = -other[k];
    }
}

// MARK: convolution and gradient

RL_CLONES void rl_winograd_weights(int64_t outputs, int64_t inputs, const float *weights, int32_t turned,
                                   float *transformed) {
    float taps[9][CHANNEL_TILE];
    for (int64_t i = 0; i < inputs; i++) {
        for (int64_t first = 0; first < outputs; first += CHANNEL_TILE) {
            int64_t count = outputs - first < CHANNEL_TILE ? outputs - first : CHANNEL_TILE;
            for (int64_t o = 0; o < count; o++) {
                const float *g = weights + (turned ? i * outputs + first + o : (first + o) * inputs + i) * 9;
                for (int j = 0; j < 9; j++) taps[j][o] = g[turned ? 8 - j : j];
            }
            float *to = transformed + i * outputs + first;
            int64_t step = inputs * outputs;
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

RL_CLONES void rl_winograd_convolve(const rl_winograd_shape *s, const float *x, const float *transformed,
                                    const float *bias, int32_t relu, float *scratch, float *y) {
    int wide = has_wide_registers();
    int64_t tiles = tiles_of(s), across = tiles_across(s), row = s->width * s->outputs;
    int64_t inputStep = place_step(TILES, s->inputs), example = s->height * s->width * s->inputs;
    float *framed = scratch, *inputs = framed + framed_count(s), *products = inputs + PLACES * inputStep;
    memset(scratch, 0, (size_t)(framed_count(s) + PLACES * inputStep) * sizeof *scratch);
    for (int64_t e = 0; e < s->examples; e++) {
        frame_example(s, x, e, framed);
        for (int64_t first = 0; first < tiles; first += TILES) {
            // Where fewer are left, the products of the others are those of earlier tiles, and are not read.
            int64_t count = tiles - first < TILES ? tiles - first : TILES;
            for (int64_t t = 0; t < count; t++) {
                input_tile(s, framed, first + t, inputStep, inputs + t * s->inputs);
                // What is read and written next is fetched while products run: waiting for it took a sixth of the time.
                int64_t top = (first + t) / across * 2, left = (first + t) % across * 2;
                float *to = y + (e * s->height + top) * row + left * s->outputs;
                for (int64_t c = 0; c < 2 * s->outputs; c += LANE_COUNT)
                    __builtin_prefetch(to + c, 1, 3), __builtin_prefetch(to + row + c, 1, 3);
                const float *next = x + (e + 1) * example + (first + t) * 4 * s->inputs;
                for (int64_t c = 0; c < 4 * s->inputs; c += LANE_COUNT) __builtin_prefetch(next + c, 0, 2);
            }
            for (int64_t k = 0; k < s->outputs; k += COLUMNS) {
                int64_t width = s->outputs - k < COLUMNS ? s->outputs - k : COLUMNS, step = place_step(TILES, width);
                for (int p = 0; p < PLACES; p++)
                    product(wide, TILES, width, s->inputs, inputs + p * inputStep, s->inputs, 1,
                            transformed + p * s->inputs * s->outputs + k, s->outputs, 0, products + p * step, width);
                for (int64_t t = 0; t < count; t++) {
                    int64_t top = (first + t) / across * 2, left = (first + t) % across * 2;
                    float *to = y + (e * s->height + top) * row + left * s->outputs + k;
                    for (int64_t c = 0; c < width; c += LANE_COUNT)
                        output_tile(products + t * width + c, step, left + 1 < s->width, top + 1 < s->height,
                                    bias ? bias + k + c : NULL, relu, to + c, s->outputs, row);
                }
            }
        }
    }
}

/// gradient `[outputs, inputs, 3, 3]` from its 16 places `[p, inputs, outputs]`: the transpose of `rl_winograd_weights`.
INLINE void gradient_of_places(const rl_winograd_shape *s, const float *places, float *gradient) {
    int64_t step = s->inputs * s->outputs;
    for (int64_t i = 0; i < s->inputs; i++) {
        for (int64_t k = 0; k < s->outputs; k += LANE_COUNT) {
            const float *from = places + i * s->outputs + k;
            lanes rows[3][4];
            for (int j = 0; j < 4; j++) {
                lanes a = CONST_LANES(from + j * step), b = CONST_LANES(from + (4 + j) * step),
                      c = CONST_LANES(from + (8 + j) * step), d = CONST_LANES(from + (12 + j) * step);
                rows[0][j] = a + 0.5f * (b + c), rows[1][j] = 0.5f * (b - c), rows[2][j] = 0.5f * (b + c) + d;
            }
            for (int r = 0; r < 3; r++) {
                lanes a = rows[r][0], b = rows[r][1], c = rows[r][2], d = rows[r][3];
                lanes taps[3] = {a + 0.5f * (b + c), 0.5f * (b - c), 0.5f * (b + c) + d};
                for (int l = 0; l < LANE_COUNT; l++)
                    for (int j = 0; j < 3; j++) gradient[((k + l) * s->inputs + i) * 9 + 3 * r + j] = taps[j][l];
            }
        }
    }
}

RL_CLONES void rl_winograd_weight_gradient(const rl_winograd_shape *s, const float *x, const float *outputGradient,
                                           float *places, float *scratch, float *gradient) {
    int wide = has_wide_registers();
    int64_t tiles = tiles_of(s), across = tiles_across(s), row = s->width * s->outputs;
    int64_t inputStep = place_step(GRADIENT_TILES, s->inputs), outputStep = place_step(GRADIENT_TILES, s->outputs);
    float *framed = scratch, *inputs = framed + framed_count(s), *outputs = inputs + PLACES * inputStep;
    memset(framed, 0, (size_t)framed_count(s) * sizeof *scratch);
    memset(places, 0, (size_t)(PLACES * s->inputs * s->outputs) * sizeof *places);
    for (int64_t e = 0; e < s->examples; e++) {
        frame_example(s, x, e, framed);
        for (int64_t first = 0; first < tiles; first += GRADIENT_TILES) {
            int64_t count = tiles - first < GRADIENT_TILES ? tiles - first : GRADIENT_TILES;
            for (int64_t t = 0; t < count; t++) {
                int64_t top = (first + t) / across * 2, left = (first + t) % across * 2;
                const float *from = outputGradient + (e * s->height + top) * row + left * s->outputs;
                input_tile(s, framed, first + t, inputStep, inputs + t * s->inputs);
                for (int64_t k = 0; k < s->outputs; k += LANE_COUNT)
                    gradient_tile(from + k, left + 1 < s->width, top + 1 < s->height, s->outputs, row,
                                  outputs + t * s->outputs + k, outputStep);
            }
            for (int p = 0; p < PLACES; p++) {
                float *to = places + p * s->inputs * s->outputs;
                for (int64_t k = 0; k < s->outputs; k += COLUMNS)
                    product(wide, s->inputs, s->outputs - k < COLUMNS ? s->outputs - k : COLUMNS, count,
                            inputs + p * inputStep, 1, s->inputs, outputs + p * outputStep + k, s->outputs, 1, to + k,
                            s->outputs);
            }
        }
    }
    gradient_of_places(s, places, gradient);
}
