#include "rl_optimizer.h"
#include "rl_blas.h"
#include "rl_vector_math.h"

#include <math.h>
#include <stddef.h>

RL_CLONES void rl_optimizer_sgd(float *restrict parameters, const float *restrict gradients, float *restrict velocity,
                           int64_t count, float learningRate, float momentum, float dampening, int32_t nesterov,
                           float weightDecay, float gradientScale, int32_t firstStep) {
    if (velocity == NULL) {
        for (int64_t i = 0; i < count; i++) {
            float g = gradientScale * gradients[i] + weightDecay * parameters[i];
            parameters[i] -= learningRate * g;
        }
        return;
    }
    float kept = firstStep ? 0 : momentum;
    float added = firstStep ? 1 : 1 - dampening;
    // Nesterov looks one step ahead along the velocity.
    float direct = nesterov ? 1 : 0, ahead = nesterov ? momentum : 1;
    for (int64_t i = 0; i < count; i++) {
        float g = gradientScale * gradients[i] + weightDecay * parameters[i];
        float v = rl_flushed(kept * velocity[i] + added * g);
        velocity[i] = v;
        parameters[i] -= learningRate * (direct * g + ahead * v);
    }
}

RL_CLONES void rl_optimizer_adam(float *restrict parameters, const float *restrict gradients, float *restrict firstMoment,
                            float *restrict secondMoment, int64_t count, float learningRate, float beta1, float beta2,
                            float epsilon, float weightDecay, int32_t decoupled, double firstCorrection,
                            double secondCorrection, float gradientScale) {
    float stepSize = (float)((double)learningRate / firstCorrection);
    float rootCorrection = (float)(1 / sqrt(secondCorrection));
    float shrink = decoupled ? 1 - learningRate * weightDecay : 1;
    float penalty = decoupled ? 0 : weightDecay;
    for (int64_t i = 0; i < count; i++) {
        float p = shrink * parameters[i];
        float g = gradientScale * gradients[i] + penalty * parameters[i];
        float m = rl_flushed(beta1 * firstMoment[i] + (1 - beta1) * g);
        float v = beta2 * secondMoment[i] + (1 - beta2) * g * g;
        firstMoment[i] = m;
        secondMoment[i] = v;
        parameters[i] = p - stepSize * m / (sqrtf(v) * rootCorrection + epsilon);
    }
}

RL_CLONES void rl_sum_parts(const float *const *parts, int64_t partCount, int64_t offset, float *restrict total,
                            int64_t count) {
    for (int64_t i = 0; i < count; i++) total[i] = parts[0][offset + i];
    for (int64_t part = 1; part < partCount; part++) {
        const float *restrict addend = parts[part] + offset;
        for (int64_t i = 0; i < count; i++) total[i] += addend[i];
    }
}

RL_CLONES void rl_accumulate_squares(float *restrict total, const float *restrict addend, float weight, int64_t count) {
    for (int64_t i = 0; i < count; i++) total[i] += weight * addend[i] * addend[i];
}

RL_CLONES void rl_add_absolute_penalty(float *restrict gradients, const float *restrict parameters, float penalty,
                                       int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        gradients[i] += parameters[i] > 0 ? penalty : parameters[i] < 0 ? -penalty : 0;
    }
}
