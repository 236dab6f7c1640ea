#include "rl_losses.h"

#include <math.h>
#include <stddef.h>

double rl_cross_entropy(const float *logits, const int32_t *labels, int64_t rows, int64_t classes, float scale,
                        float *gradient, int64_t *correct) {
    double total = 0;
    int64_t right = 0;
    for (int64_t row = 0; row < rows; row++) {
        const float *x = logits + row * classes;
        int32_t label = labels[row];
        int64_t best = 0;
        int ordered = x[0] == x[0];
        for (int64_t c = 1; c < classes; c++) {
            if (x[c] > x[best]) best = c;
            ordered &= x[c] == x[c];
        }
        // Scores of which one is NaN predict nothing.
        right += ordered & (best == label);
        // log Σ exp x, with the largest taken out so that nothing overflows.
        float largest = x[best];
        float sum = 0;
        for (int64_t c = 0; c < classes; c++) sum += expf(x[c] - largest);
        total += (double)(logf(sum) + (largest - x[label]));
        if (gradient != NULL) {
            float *g = gradient + row * classes;
            float factor = scale / sum;
            for (int64_t c = 0; c < classes; c++) g[c] = factor * expf(x[c] - largest);
            g[label] -= scale;
        }
    }
    if (correct != NULL) *correct = right;
    return total;
}

double rl_binary_cross_entropy(const float *logits, const float *targets, int64_t count, float scale, float *gradient,
                               int64_t *correct) {
    double total = 0;
    int64_t right = 0;
    for (int64_t i = 0; i < count; i++) {
        float x = logits[i], t = targets[i];
        float e = expf(-fabsf(x));
        // max(x, 0) − t x + log(1 + e^−|x|): the same sum without overflow.
        total += (double)((x > 0 ? x : 0) - t * x + log1pf(e));
        right += (x == x) & ((x > 0) == (t > 0.5f));
        if (gradient != NULL) gradient[i] = scale * ((x >= 0 ? 1 : e) / (1 + e) - t);
    }
    if (correct != NULL) *correct = right;
    return total;
}

double rl_squared_error(const float *values, const float *targets, int64_t count, float scale, float *gradient) {
    double total = 0;
    for (int64_t i = 0; i < count; i++) {
        float difference = values[i] - targets[i];
        total += (double)difference * (double)difference;
        if (gradient != NULL) gradient[i] = 2 * scale * difference;
    }
    return total;
}
