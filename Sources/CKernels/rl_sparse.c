#include "rl_sparse.h"
#include "rl_blas.h"

#include <string.h>

RL_CLONES void rl_bag_forward(const int64_t *offsets, const int32_t *indices, const float *values, int64_t rows,
                              const float *table, int64_t width, const float *bias, int32_t relu, float *output) {
    for (int64_t row = 0; row < rows; row++) {
        float *restrict sum = output + row * width;
        if (bias) {
            memcpy(sum, bias, (size_t)width * sizeof *sum);
        } else {
            memset(sum, 0, (size_t)width * sizeof *sum);
        }
        for (int64_t element = offsets[row]; element < offsets[row + 1]; element++) {
            const float *restrict entry = table + (int64_t)indices[element] * width;
            float value = values[element];
            for (int64_t column = 0; column < width; column++) sum[column] += value * entry[column];
        }
        if (relu) {
            for (int64_t column = 0; column < width; column++) sum[column] = sum[column] < 0 ? 0 : sum[column];
        }
    }
}

RL_CLONES void rl_bag_accumulate(const int64_t *offsets, const int32_t *indices, const float *values, int64_t rows,
                                 const float *outputGradient, int64_t width, float *gradient) {
    for (int64_t row = 0; row < rows; row++) {
        const float *restrict arriving = outputGradient + row * width;
        for (int64_t element = offsets[row]; element < offsets[row + 1]; element++) {
            float *restrict entry = gradient + (int64_t)indices[element] * width;
            float value = values[element];
            for (int64_t column = 0; column < width; column++) entry[column] += value * arriving[column];
        }
    }
}
