// Branch-free elementary functions for loops that the compiler turns into vector code. Private to this target.
//
// Accuracy against double references (checked by a test): exponential and logarithm 2 ulp, tanh and error function
// 4e-7 absolute. Results differ in the last bits between instruction sets, since multiply-adds may be fused.
#ifndef RL_VECTOR_MATH_H
#define RL_VECTOR_MATH_H

#include <stdint.h>
#include <string.h>

static inline float rl_float_from_bits(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline int32_t rl_bits_of(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/// 0 in place of a moving mean below 1e-30. Where gradients are 0 it shrinks on and on, and once it or its product with a
/// learning rate is subnormal, each operation takes some processors more than a hundred cycles.
static inline float rl_flushed(float x) { return __builtin_elementwise_abs(x) < 1e-30f ? 0 : x; }

/// e^x: x = k ln 2 + r, |r| <= ln 2 / 2, a polynomial for e^r and the exponent added to the bits. Saturates to 0 below
/// -87.3 and to about 2.4e38 above 88.3; NaN stays NaN.
static inline float rl_exp(float x) {
    float clamped = x < -87.3f ? -87.3f : x;
    clamped = clamped > 88.3f ? 88.3f : clamped;
    // Adding 1.5 * 2^23 rounds to the nearest integer, which is then in the low bits: no conversion, which would be
    // undefined for NaN.
    float rounded = clamped * 1.44269504f + 12582912.0f;
    uint32_t exponent = (uint32_t)rl_bits_of(rounded) - 0x4B400000u + 127u;
    float k = rounded - 12582912.0f;
    float r = clamped - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    float result = p * rl_float_from_bits((int32_t)(exponent << 23));
    return x < -87.3f ? 0.0f : result;
}

/// Natural logarithm of a positive normal number: exponent and a polynomial on [sqrt(1/2), sqrt(2)).
static inline float rl_log(float x) {
    int32_t bits = rl_bits_of(x);
    // Move the significand into [sqrt(1/2), sqrt(2)) without a branch.
    int32_t shifted = bits - 0x3F3504F3;
    int32_t exponent = shifted >> 23;
    float m = rl_float_from_bits((shifted & 0x007FFFFF) + 0x3F3504F3) - 1.0f;
    float square = m * m;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    float e = (float)exponent;
    float result = m * square * p + e * -2.12194440e-4f - 0.5f * square;
    return m + result + e * 0.693359375f;
}

/// Logistic function.
static inline float rl_sigmoid(float x) { return 1.0f / (1.0f + rl_exp(-x)); }

/// Hyperbolic tangent, from e^(-2|x|); a short series near 0 keeps the relative precision there.
static inline float rl_tanh(float x) {
    float magnitude = x < 0 ? -x : x;
    float e = rl_exp(-2.0f * magnitude);
    float large = (1.0f - e) / (1.0f + e);
    float square = x * x;
    float p = -5.70498872745e-3f;
    p = p * square + 2.06390887954e-2f;
    p = p * square - 5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square - 3.33332819422e-1f;
    float small = x + x * square * p;
    float signedLarge = x < 0 ? -large : large;
    return magnitude < 0.625f ? small : signedLarge;
}

/// Error function, Abramowitz and Stegun 7.1.26 (|error| < 1.5e-7).
static inline float rl_erf(float x) {
    float magnitude = x < 0 ? -x : x;
    float t = 1.0f / (1.0f + 0.3275911f * magnitude);
    float p = 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    float result = 1.0f - p * t * rl_exp(-magnitude * magnitude);
    return x < 0 ? -result : result;
}

/// Gaussian error linear unit, the exact form x Phi(x) (PyTorch's default).
static inline float rl_gelu(float x) { return 0.5f * x * (1.0f + rl_erf(x * 0.70710678f)); }

/// The same with the approximation by a hyperbolic tangent (PyTorch's approximate="tanh").
static inline float rl_gelu_tanh(float x) {
    return 0.5f * x * (1.0f + rl_tanh(0.79788456f * (x + 0.044715f * x * x * x)));
}

/// min(max(x, 0), 6), and NaN for NaN.
static inline float rl_relu6(float x) {
    float low = x < 0 ? 0 : x;
    return low > 6 ? 6 : low;
}

static inline float rl_hard_sigmoid(float x) { return rl_relu6(x + 3.0f) / 6.0f; }

#endif
