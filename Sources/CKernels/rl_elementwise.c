#include "rl_elementwise.h"
#include "rl_blas.h"
#include "rl_vector_math.h"

#include <math.h>
#include <string.h>

// One loop for each pair of strides, so that each vectorizes.
#define RL_BINARY_LOOPS(EXPRESSION)                                                                                    \
    if (strideA == 1 && strideB == 1) {                                                                                \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            const float x = a[i], y = b[i];                                                                            \
            out[i] = (EXPRESSION);                                                                                     \
        }                                                                                                              \
    } else if (strideA == 1) {                                                                                         \
        const float y = b[0];                                                                                          \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            const float x = a[i];                                                                                      \
            out[i] = (EXPRESSION);                                                                                     \
        }                                                                                                              \
    } else if (strideB == 1) {                                                                                         \
        const float x = a[0];                                                                                          \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            const float y = b[i];                                                                                      \
            out[i] = (EXPRESSION);                                                                                     \
        }                                                                                                              \
    } else {                                                                                                           \
        const float x = a[0], y = b[0], value = (EXPRESSION);                                                          \
        for (int64_t i = 0; i < count; i++) out[i] = value;                                                            \
    }                                                                                                                  \
    break;

RL_CLONES void rl_binary(rl_binary_operation operation, const float *a, int64_t strideA, const float *b,
                         int64_t strideB, float *out, int64_t count) {
    if (count <= 0) return;
    switch (operation) {
    case RL_BINARY_ADD: RL_BINARY_LOOPS(x + y)
    case RL_BINARY_SUBTRACT: RL_BINARY_LOOPS(x - y)
    case RL_BINARY_MULTIPLY: RL_BINARY_LOOPS(x *y)
    case RL_BINARY_DIVIDE: RL_BINARY_LOOPS(x / y)
    case RL_BINARY_MAXIMUM: RL_BINARY_LOOPS((x > y || x != x) ? x : y)
    case RL_BINARY_MINIMUM: RL_BINARY_LOOPS((x < y || x != x) ? x : y)
    case RL_BINARY_POWER: RL_BINARY_LOOPS(powf(x, y))
    case RL_BINARY_EQUAL: RL_BINARY_LOOPS(x == y ? 1.0f : 0.0f)
    case RL_BINARY_NOT_EQUAL: RL_BINARY_LOOPS(x != y ? 1.0f : 0.0f)
    case RL_BINARY_LESS: RL_BINARY_LOOPS(x < y ? 1.0f : 0.0f)
    case RL_BINARY_LESS_EQUAL: RL_BINARY_LOOPS(x <= y ? 1.0f : 0.0f)
    case RL_BINARY_GREATER: RL_BINARY_LOOPS(x > y ? 1.0f : 0.0f)
    case RL_BINARY_GREATER_EQUAL: RL_BINARY_LOOPS(x >= y ? 1.0f : 0.0f)
    }
}

#define RL_UNARY_LOOP(EXPRESSION)                                                                                      \
    for (int64_t i = 0; i < count; i++) {                                                                              \
        const float v = x[i];                                                                                          \
        out[i] = (EXPRESSION);                                                                                         \
    }                                                                                                                  \
    break;

RL_CLONES void rl_unary(rl_unary_operation operation, const float *x, float *out, int64_t count) {
    switch (operation) {
    case RL_UNARY_NEGATE: RL_UNARY_LOOP(-v)
    case RL_UNARY_ABSOLUTE: RL_UNARY_LOOP(fabsf(v))
    case RL_UNARY_EXPONENTIAL: RL_UNARY_LOOP(expf(v))
    case RL_UNARY_LOGARITHM: RL_UNARY_LOOP(logf(v))
    case RL_UNARY_SQUARE_ROOT: RL_UNARY_LOOP(sqrtf(v))
    case RL_UNARY_HYPERBOLIC_TANGENT: RL_UNARY_LOOP(tanhf(v))
    // exp of a large positive number is infinite, and 1 / ∞ is the right limit: no branch is needed.
    case RL_UNARY_LOGISTIC: RL_UNARY_LOOP(1.0f / (1.0f + expf(-v)))
    case RL_UNARY_RECTIFY: RL_UNARY_LOOP(v < 0.0f ? 0.0f : v)
    case RL_UNARY_SIGN: RL_UNARY_LOOP(v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : v)
    case RL_UNARY_SQUARE: RL_UNARY_LOOP(v *v)
    }
}

RL_CLONES void rl_clamp(const float *x, float low, float high, float *out, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const float v = x[i];
        out[i] = v < low ? low : v > high ? high : v;
    }
}

static inline int32_t is_not_finite(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7F800000u) == 0x7F800000u;
}

RL_CLONES int64_t rl_first_not_finite(const float *x, int64_t count) {
    enum { BLOCK = 1024 };
    for (int64_t start = 0; start < count; start += BLOCK) {
        int64_t end = start + BLOCK < count ? start + BLOCK : count;
        // Without an exit, so that it vectorizes; almost every block is sound.
        int32_t found = 0;
        for (int64_t i = start; i < end; i++) found |= is_not_finite(x[i]);
        for (int64_t i = start; found && i < end; i++)
            if (is_not_finite(x[i])) return i;
    }
    return -1;
}

enum { LANES = 8 };

// Lanes are added in pairs: ((0+4)+(2+6)) + ((1+5)+(3+7)).
static inline double add_lanes(const double *lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// Σ of EXPRESSION over a row, element by element onto the lane of its position.
#define RL_ROW_SUM_OF(EXPRESSION)                                                                                      \
    double lanes[LANES] = {0};                                                                                         \
    int64_t i = 0;                                                                                                     \
    for (; i + LANES <= width; i += LANES) {                                                                           \
        for (int64_t lane = 0; lane < LANES; lane++) {                                                                 \
            const double v = (double)row[i + lane];                                                                    \
            lanes[lane] += (EXPRESSION);                                                                               \
        }                                                                                                              \
    }                                                                                                                  \
    for (int64_t lane = 0; i < width; i++, lane++) {                                                                   \
        const double v = (double)row[i];                                                                               \
        lanes[lane] += (EXPRESSION);                                                                                   \
    }

// Products of doubles that came from floats are exact, so that a fused multiply-add gives the same bits as two steps.
RL_CLONES void rl_reduce_rows(rl_row_reduction reduction, const float *x, int64_t rows, int64_t width, double *out) {
    for (int64_t r = 0; r < rows; r++) {
        const float *row = x + r * width;
        switch (reduction) {
        case RL_ROW_SUM: {
            RL_ROW_SUM_OF(v)
            out[r] = add_lanes(lanes);
            break;
        }
        case RL_ROW_SUM_OF_SQUARES: {
            RL_ROW_SUM_OF(v *v)
            out[r] = add_lanes(lanes);
            break;
        }
        case RL_ROW_LARGEST: {
            float best = row[0];
            for (int64_t i = 1; i < width; i++) best = (best > row[i] || best != best) ? best : row[i];
            out[r] = best;
            break;
        }
        case RL_ROW_SMALLEST: {
            float best = row[0];
            for (int64_t i = 1; i < width; i++) best = (best < row[i] || best != best) ? best : row[i];
            out[r] = best;
            break;
        }
        }
    }
}

// The deviations are not exact in double: contraction is off, so that clones with fused instructions agree.
#pragma STDC FP_CONTRACT OFF
RL_CLONES void rl_squared_deviation_rows(const float *x, int64_t rows, int64_t width, const double *centre,
                                         double *out) {
    for (int64_t r = 0; r < rows; r++) {
        const float *row = x + r * width;
        const double middle = centre[r];
        RL_ROW_SUM_OF((v - middle) * (v - middle))
        out[r] = add_lanes(lanes);
    }
}

void rl_arg_rows(int32_t largest, const float *x, int64_t rows, int64_t width, int64_t *out) {
    for (int64_t r = 0; r < rows; r++) {
        const float *row = x + r * width;
        int64_t best = 0;
        for (int64_t i = 1; i < width && row[best] == row[best]; i++) {
            if ((largest ? row[i] > row[best] : row[i] < row[best]) || row[i] != row[i]) best = i;
        }
        out[r] = best;
    }
}

RL_CLONES void rl_softmax_rows(int32_t logarithm, const float *x, int64_t rows, int64_t width, float *out) {
    // Lanes, whose order is fixed, so that loops become vectors: rows of attention are short and many.
    enum { LANES = 16 };
    for (int64_t r = 0; r < rows; r++) {
        const float *source = x + r * width;
        float *target = out + r * width;
        float maxima[LANES], largest = source[0];
        for (int l = 0; l < LANES; l++) maxima[l] = largest;
        int64_t whole = width / LANES * LANES;
        for (int64_t i = 0; i < whole; i += LANES)
            for (int l = 0; l < LANES; l++) maxima[l] = source[i + l] > maxima[l] ? source[i + l] : maxima[l];
        for (int l = 0; l < LANES; l++) largest = maxima[l] > largest ? maxima[l] : largest;
        for (int64_t i = whole; i < width; i++) largest = source[i] > largest ? source[i] : largest;
        if (logarithm) {
            double sum = 0;
            for (int64_t i = 0; i < width; i++) sum += (double)expf(source[i] - largest);
            const float offset = (float)log(sum);
            for (int64_t i = 0; i < width; i++) target[i] = (source[i] - largest) - offset;
            continue;
        }
#pragma clang loop vectorize(assume_safety)
        for (int64_t i = 0; i < width; i++) target[i] = rl_exp(source[i] - largest);
        double sums[LANES] = {0}, sum = 0;
        for (int64_t i = 0; i < whole; i += LANES)
            for (int l = 0; l < LANES; l++) sums[l] += (double)target[i + l];
        for (int64_t i = whole; i < width; i++) sums[i - whole] += (double)target[i];
        for (int l = 0; l < LANES; l++) sum += sums[l];
        const double scale = 1.0 / sum;
        for (int64_t i = 0; i < width; i++) target[i] = (float)((double)target[i] * scale);
    }
}
