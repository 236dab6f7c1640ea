#include "rl_eigen.h"

#include "rl_blas.h"

// A fused multiply-add rounds once where two operations round twice: a processor that has it would give other bits.
#pragma STDC FP_CONTRACT OFF

enum { LANES = 8 };

RL_CLONES void rl_rotate_rows(int64_t count, double *restrict a, double *restrict b, double cosine, double sine) {
    for (int64_t i = 0; i < count; i++) {
        const double x = a[i], y = b[i];
        a[i] = cosine * x - sine * y;
        b[i] = sine * x + cosine * y;
    }
}

RL_CLONES double rl_dot_double(int64_t count, const double *a, const double *b) {
    double lanes[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++) lanes[lane] += a[i + lane] * b[i + lane];
    for (int lane = 0; i < count; i++, lane++) lanes[lane] += a[i] * b[i];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

RL_CLONES void rl_add_scaled_double(int64_t count, double factor, const double *restrict x, double *restrict y) {
    for (int64_t i = 0; i < count; i++) y[i] += factor * x[i];
}
