#include "rl_learner.h"

#include <string.h>

#include "rl_blas.h"
#include "rl_vector_math.h"

// Sums do not vectorize by themselves, since that changes their order: they run in LANES partial sums whose order is
// fixed, so that every clone of a loop adds in the same order.
#define LANES 64

static inline __attribute__((always_inline)) float sum_lanes(const float *lanes) {
    float folded[LANES / 4];
    for (int i = 0; i < LANES / 4; i++)
        folded[i] = (lanes[i] + lanes[i + LANES / 4]) + (lanes[i + LANES / 2] + lanes[i + 3 * LANES / 4]);
    float sum = 0;
    for (int i = 0; i < LANES / 4; i++) sum += folded[i];
    return sum;
}

static inline __attribute__((always_inline)) float adam_one(float *p, float *m, float *v, float g,
                                                            const rl_adam_coefficients s) {
    const float first = rl_flushed(*m + (1 - s.beta1) * (g - *m));
    const float second = s.beta2 * *v + (1 - s.beta2) * g * g;
    *m = first;
    *v = second;
    const float denominator = __builtin_elementwise_sqrt(second) * s.inverseRootCorrection + s.epsilon;
    const float updated = *p - s.stepSize * first / denominator;
    *p = updated;
    return updated;
}

RL_CLONES void rl_adam(int64_t count, float *restrict p, float *restrict m, float *restrict v,
                       const float *restrict g, const rl_adam_coefficients *step) {
    const rl_adam_coefficients s = *step;
    for (int64_t i = 0; i < count; i++) adam_one(p + i, m + i, v + i, g[i] * s.gradientScale, s);
}

RL_CLONES void rl_adam_outer(int64_t rows, int64_t columns, float *restrict p, float *restrict m, float *restrict v,
                             const float *restrict rowGradient, const float *restrict x, const rl_adam_coefficients *step,
                             float *restrict product) {
    const rl_adam_coefficients s = *step;
    for (int64_t row = 0; row < rows; row++) {
        const float g = rowGradient[row] * s.gradientScale;
        float *restrict pr = p + row * columns, *restrict mr = m + row * columns, *restrict vr = v + row * columns;
        float lanes[LANES] = {0};
        int64_t i = 0;
        for (; i + LANES <= columns; i += LANES) {
            for (int l = 0; l < LANES; l++) {
                const float updated = adam_one(pr + i + l, mr + i + l, vr + i + l, g * x[i + l], s);
                lanes[l] += updated * x[i + l];
            }
        }
        for (; i < columns; i++) {
            const float updated = adam_one(pr + i, mr + i, vr + i, g * x[i], s);
            lanes[i % LANES] += updated * x[i];
        }
        product[row] = sum_lanes(lanes);
    }
}

RL_CLONES void rl_matvec(int64_t rows, int64_t columns, const float *restrict w, const float *restrict x,
                         float *restrict y) {
    for (int64_t row = 0; row < rows; row++) {
        const float *restrict wr = w + row * columns;
        float lanes[LANES] = {0};
        int64_t i = 0;
        for (; i + LANES <= columns; i += LANES)
            for (int l = 0; l < LANES; l++) lanes[l] += wr[i + l] * x[i + l];
        for (; i < columns; i++) lanes[i % LANES] += wr[i] * x[i];
        y[row] = sum_lanes(lanes);
    }
}

RL_CLONES void rl_matvec_transposed(int64_t rows, int64_t columns, const float *restrict w, const float *restrict y,
                                    float *restrict x) {
    memset(x, 0, (size_t)columns * sizeof(float));
    for (int64_t row = 0; row < rows; row++) {
        const float factor = y[row];
        const float *restrict wr = w + row * columns;
        for (int64_t i = 0; i < columns; i++) x[i] += factor * wr[i];
    }
}

RL_CLONES void rl_bias_rows(int64_t rows, int64_t columns, const float *restrict bias, float *restrict y,
                             int32_t activates) {
    for (int64_t row = 0; row < rows; row++) {
        float *restrict yr = y + row * columns;
        if (activates) {
            for (int64_t i = 0; i < columns; i++) yr[i] = rl_tanh(yr[i] + bias[i]);
        } else {
            for (int64_t i = 0; i < columns; i++) yr[i] += bias[i];
        }
    }
}

#define DOUBLE_LANES 32

static inline __attribute__((always_inline)) double sum_double_lanes(const double *lanes) {
    double sum = 0;
    for (int i = 0; i < DOUBLE_LANES / 4; i++)
        sum += (lanes[i] + lanes[i + DOUBLE_LANES / 4]) +
               (lanes[i + DOUBLE_LANES / 2] + lanes[i + 3 * DOUBLE_LANES / 4]);
    return sum;
}

RL_CLONES double rl_sum_of_squares(int64_t count, const float *x) {
    double lanes[DOUBLE_LANES] = {0};
    int64_t i = 0;
    for (; i + DOUBLE_LANES <= count; i += DOUBLE_LANES)
        for (int l = 0; l < DOUBLE_LANES; l++) lanes[l] += (double)x[i + l] * x[i + l];
    for (; i < count; i++) lanes[i % DOUBLE_LANES] += (double)x[i] * x[i];
    return sum_double_lanes(lanes);
}

RL_CLONES double rl_gaussian_distance(int64_t count, const float *restrict action, const float *restrict mean,
                                      const float *restrict inverseDeviation) {
    double lanes[DOUBLE_LANES] = {0};
    int64_t i = 0;
    for (; i + DOUBLE_LANES <= count; i += DOUBLE_LANES) {
        for (int l = 0; l < DOUBLE_LANES; l++) {
            const double z = ((double)action[i + l] - mean[i + l]) * inverseDeviation[i + l];
            lanes[l] += z * z;
        }
    }
    for (; i < count; i++) {
        const double z = ((double)action[i] - mean[i]) * inverseDeviation[i];
        lanes[i % DOUBLE_LANES] += z * z;
    }
    return sum_double_lanes(lanes);
}

RL_CLONES void rl_gaussian_backward(int64_t count, const float *restrict action, const float *restrict mean,
                                    const float *restrict inverseDeviation, float coefficient, float *restrict dMean,
                                    float *restrict dLogDeviation) {
    for (int64_t i = 0; i < count; i++) {
        const float z = (action[i] - mean[i]) * inverseDeviation[i];
        dMean[i] += coefficient * z * inverseDeviation[i];
        dLogDeviation[i] += coefficient * (z * z - 1);
    }
}
