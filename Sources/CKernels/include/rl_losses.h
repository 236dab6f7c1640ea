// Losses: value, gradient and count of right answers in one pass.
//
// Every function returns the sum of the terms in double precision, rows in order; the caller divides. `gradient`, unless
// NULL, receives `scale` times the derivative of that sum. `correct`, unless NULL, receives the number of right answers.
#ifndef RL_LOSSES_H
#define RL_LOSSES_H

#include <stdint.h>

/// Σ_r −log softmax(logits[r, ·])[label r]. Right: the first largest logit is the label's. Labels lie in 0 ..< classes.
double rl_cross_entropy(const float *logits, const int32_t *labels, int64_t rows, int64_t classes, float scale,
                        float *gradient, int64_t *correct);

/// Σ −(t log σ(x) + (1 − t) log(1 − σ(x))) over all elements. Right: x > 0 exactly where t > ½.
double rl_binary_cross_entropy(const float *logits, const float *targets, int64_t count, float scale, float *gradient,
                               int64_t *correct);

/// Σ (x − t)² over all elements.
double rl_squared_error(const float *values, const float *targets, int64_t count, float scale, float *gradient);

#endif
