// Loops of the learners: small dense layers, Adam in one pass over memory, diagonal Gaussians.
#ifndef RL_LEARNER_H
#define RL_LEARNER_H

#include <stdint.h>

/// One step of Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) with everything that depends on the step count alone
/// computed beforehand. With g the gradient times `gradientScale`:
///   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,
///   p = p - stepSize m / (sqrt(v) inverseRootCorrection + epsilon).
typedef struct {
    float gradientScale;
    float beta1;
    float beta2;
    /// Learning rate / (1 - beta1^t).
    float stepSize;
    /// 1 / sqrt(1 - beta2^t).
    float inverseRootCorrection;
    float epsilon;
} rl_adam_coefficients;

/// Adam over `count` parameters p with moments m and v and gradient g. No two arrays overlap.
void rl_adam(int64_t count, float *p, float *m, float *v, const float *g, const rl_adam_coefficients *step);

/// Adam over a weight matrix [rows, columns] whose gradient is the outer product rowGradient x^T, which is never
/// stored. The same pass leaves in `product` [rows] the updated matrix times x, equal to the bit to what rl_matvec
/// computes without a bias.
void rl_adam_outer(int64_t rows, int64_t columns, float *p, float *m, float *v, const float *rowGradient,
                   const float *x, const rl_adam_coefficients *step, float *product);

/// y[rows] = W[rows, columns] x. The sum runs in 64 fixed lanes, whatever the processor.
void rl_matvec(int64_t rows, int64_t columns, const float *w, const float *x, float *y);

/// x[columns] = W[rows, columns]^T y.
void rl_matvec_transposed(int64_t rows, int64_t columns, const float *w, const float *y, float *x);

/// y[rows, columns] += bias[columns] in every row, then tanh where `activates` is not 0.
void rl_bias_rows(int64_t rows, int64_t columns, const float *bias, float *y, int32_t activates);

/// Sum of squares, accumulated in double.
double rl_sum_of_squares(int64_t count, const float *x);

/// Sum over i of ((action - mean) inverseDeviation)^2, accumulated in double.
double rl_gaussian_distance(int64_t count, const float *action, const float *mean, const float *inverseDeviation);

/// The gradient of coefficient * log N(action; mean, deviation), added to dMean and dLogDeviation. With
/// z = (action - mean) / deviation: dMean += coefficient z / deviation, dLogDeviation += coefficient (z^2 - 1).
void rl_gaussian_backward(int64_t count, const float *action, const float *mean, const float *inverseDeviation,
                          float coefficient, float *dMean, float *dLogDeviation);

#endif
