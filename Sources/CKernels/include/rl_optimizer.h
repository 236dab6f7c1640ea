// One step of an optimizer over one block of parameters, each in a single pass over memory.
//
// Parameters, gradients and state are arrays of `count` floats that do not overlap. Gradients are multiplied by
// `gradientScale` (1, or less when the gradient's norm is clipped) as they are read.
#ifndef RL_OPTIMIZER_H
#define RL_OPTIMIZER_H

#include <stdint.h>

/// Stochastic gradient descent as PyTorch defines it. `velocity` may be NULL when momentum is 0; on the first step it is
/// set to the gradient.
void rl_optimizer_sgd(float *parameters, const float *gradients, float *velocity, int64_t count, float learningRate,
                 float momentum, float dampening, int32_t nesterov, float weightDecay, float gradientScale,
                 int32_t firstStep);

/// Adam (Kingma and Ba 2015), or AdamW when `decoupled` (Loshchilov and Hutter 2019). `firstCorrection` and
/// `secondCorrection` are 1 − β₁ᵗ and 1 − β₂ᵗ of this step.
void rl_optimizer_adam(float *parameters, const float *gradients, float *firstMoment, float *secondMoment, int64_t count,
                  float learningRate, float beta1, float beta2, float epsilon, float weightDecay, int32_t decoupled,
                  double firstCorrection, double secondCorrection, float gradientScale);

/// total[i] = Σ_p parts[p][offset + i], parts in order; `total` may not be one of them.
void rl_sum_parts(const float *const *parts, int64_t partCount, int64_t offset, float *total, int64_t count);

/// total[i] += weight · addend[i]²
void rl_accumulate_squares(float *total, const float *addend, float weight, int64_t count);

/// gradients[i] += penalty · sign(parameters[i]), the derivative of penalty · Σ |p|; 0 at 0.
void rl_add_absolute_penalty(float *gradients, const float *parameters, float penalty, int64_t count);

#endif
