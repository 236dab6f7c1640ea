// Loops over elements: arithmetic with broadcasting, elementary functions, reductions of rows.
#ifndef RL_ELEMENTWISE_H
#define RL_ELEMENTWISE_H

#include <stdint.h>

/// Operations of two operands. Comparisons give 1 or 0. Maximum and minimum give NaN when an operand is NaN.
typedef enum rl_binary_operation {
    RL_BINARY_ADD, RL_BINARY_SUBTRACT, RL_BINARY_MULTIPLY, RL_BINARY_DIVIDE, RL_BINARY_MAXIMUM,
    RL_BINARY_MINIMUM, RL_BINARY_POWER, RL_BINARY_EQUAL, RL_BINARY_NOT_EQUAL, RL_BINARY_LESS,
    RL_BINARY_LESS_EQUAL, RL_BINARY_GREATER, RL_BINARY_GREATER_EQUAL
} rl_binary_operation;

/// out[i] = a[i · strideA] ∘ b[i · strideB] for i < count; strides are 0 or 1. `out` may be `a` or `b` itself when that
/// operand's stride is 1.
void rl_binary(rl_binary_operation operation, const float *a, int64_t strideA, const float *b, int64_t strideB,
               float *out, int64_t count);

/// Functions of one operand.
typedef enum rl_unary_operation {
    RL_UNARY_NEGATE, RL_UNARY_ABSOLUTE, RL_UNARY_EXPONENTIAL, RL_UNARY_LOGARITHM, RL_UNARY_SQUARE_ROOT,
    RL_UNARY_HYPERBOLIC_TANGENT, RL_UNARY_LOGISTIC, RL_UNARY_RECTIFY, RL_UNARY_SIGN, RL_UNARY_SQUARE
} rl_unary_operation;

/// out[i] = f(x[i]); `out` may be `x`.
void rl_unary(rl_unary_operation operation, const float *x, float *out, int64_t count);

/// out[i] = x[i] limited to low ... high; NaN stays. `out` may be `x`.
void rl_clamp(const float *x, float low, float high, float *out, int64_t count);

/// Position of the first element that is NaN or infinite; -1 without any.
int64_t rl_first_not_finite(const float *x, int64_t count);

/// What a row is reduced to. Sums are taken in double precision over eight lanes in a fixed order, so that the bits do
/// not depend on the vector width. Largest and smallest give NaN when the row holds one.
typedef enum rl_row_reduction {
    RL_ROW_SUM, RL_ROW_SUM_OF_SQUARES, RL_ROW_LARGEST, RL_ROW_SMALLEST
} rl_row_reduction;

/// out[r] = reduction of x[r · width ..< (r + 1) · width]; `width` > 0 for largest and smallest.
void rl_reduce_rows(rl_row_reduction reduction, const float *x, int64_t rows, int64_t width, double *out);

/// out[r] = Σ (x[r, i] − centre[r])², in double precision as above.
void rl_squared_deviation_rows(const float *x, int64_t rows, int64_t width, const double *centre, double *out);

/// Position of the first largest (`largest` ≠ 0) or smallest element of each row; a NaN counts as both. width > 0.
void rl_arg_rows(int32_t largest, const float *x, int64_t rows, int64_t width, int64_t *out);

/// Softmax of each row, or its logarithm: exp(x − max) / Σ exp(x − max). width > 0. `out` may be `x`.
void rl_softmax_rows(int32_t logarithm, const float *x, int64_t rows, int64_t width, float *out);

#endif
