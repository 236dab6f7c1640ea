// The loops of the symmetric eigen-solver. No multiplication and addition is fused and every sum has a fixed order, so
// the bits are the same on every processor.
#ifndef RL_EIGEN_H
#define RL_EIGEN_H

#include <stdint.h>

/// Plane rotation of two rows: (a, b) becomes (cosine · a − sine · b, sine · a + cosine · b).
void rl_rotate_rows(int64_t count, double *a, double *b, double cosine, double sine);

/// Sum of a[i] b[i], in eight fixed lanes.
double rl_dot_double(int64_t count, const double *a, const double *b);

/// y[i] += factor · x[i].
void rl_add_scaled_double(int64_t count, double factor, const double *x, double *y);

#endif
