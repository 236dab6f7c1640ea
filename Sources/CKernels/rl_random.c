#include "rl_random.h"

#include <string.h>

#include "rl_blas.h"

// A fused multiply-add rounds once where two operations round twice: a processor that has it would draw other numbers.
#pragma STDC FP_CONTRACT OFF

// Blocks that are drawn together: four words each, and small enough for the buffers to stay in the first cache.
enum { BLOCKS = 64, WORDS = 4 * BLOCKS, NORMALS = 2 * BLOCKS };

// Philox 4×32-10 (Salmon et al., SC 2011) of BLOCKS counters in a row; the words of a block are side by side in `words`.
static inline __attribute__((always_inline)) void draw_blocks(uint64_t key, uint64_t first, uint32_t *words) {
    uint32_t c0[BLOCKS], c1[BLOCKS], c2[BLOCKS], c3[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        c0[i] = (uint32_t)(first + (uint64_t)i);
        c1[i] = (uint32_t)((first + (uint64_t)i) >> 32);
        c2[i] = c3[i] = 0;
    }
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            const uint64_t a = (uint64_t)0xD2511F53u * c0[i], b = (uint64_t)0xCD9E8D57u * c2[i];
            c0[i] = (uint32_t)(b >> 32) ^ c1[i] ^ k0;
            c1[i] = (uint32_t)b;
            c2[i] = (uint32_t)(a >> 32) ^ c3[i] ^ k1;
            c3[i] = (uint32_t)a;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < BLOCKS; i++) {
        words[4 * i] = c0[i];
        words[4 * i + 1] = c1[i];
        words[4 * i + 2] = c2[i];
        words[4 * i + 3] = c3[i];
    }
}

// The operations of PortableMath.log, in its order.
static inline __attribute__((always_inline)) double portable_log(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t exponent = (int32_t)(bits >> 52) - 1023;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    double significand;
    memcpy(&significand, &bits, sizeof significand);
    const int32_t isLarge = significand > 1.4142135623730951;
    significand = isLarge ? significand * 0.5 : significand;
    exponent += isLarge;
    const double s = (significand - 1) / (significand + 1), square = s * s;
    double sum = 1.0 / 21;
    for (int denominator = 19; denominator >= 1; denominator -= 2) sum = 1.0 / denominator + square * sum;
    return (double)exponent * 0.6931471805599453 + 2 * s * sum;
}

// The operations of PortableMath.cosineOfTurns, in its order. Both series run as one, whose divisors are chosen by lane:
// the sine's is one term shorter.
static inline __attribute__((always_inline)) double portable_cosine_of_turns(double turns) {
    static const double cosineDivisors[9] = {306, 240, 182, 132, 90, 56, 30, 12, 2};
    static const double sineDivisors[9] = {1, 272, 210, 156, 110, 72, 42, 20, 6};
    turns = turns > 0.5 ? 1 - turns : turns;
    const double sign = turns > 0.25 ? -1.0 : 1.0;
    turns = turns > 0.25 ? 0.5 - turns : turns;
    const int isSine = turns > 0.125;
    const double angle = (isSine ? 0.25 - turns : turns) * 6.283185307179586, square = angle * angle;
    double sum = 1 - square / cosineDivisors[0];
    sum = isSine ? 1 : sum;
    for (int term = 1; term < 9; term++) {
        const double divisor = isSine ? sineDivisors[term] : cosineDivisors[term];
        sum = 1 - square / divisor * sum;
    }
    return sign * (isSine ? angle * sum : sum);
}

RL_CLONES void rl_philox_normals(uint64_t key, uint64_t first, int64_t blocks, float scale, float *out) {
    uint32_t words[WORDS];
    float normals[NORMALS];
    for (int64_t done = 0; done < blocks; done += BLOCKS) {
        draw_blocks(key, first + (uint64_t)done, words);
        for (int i = 0; i < NORMALS; i++) {
            const double u = (double)(int32_t)(words[2 * i] >> 8) * 0x1p-24 + 0x1p-25;
            const double turns = (double)(int32_t)(words[2 * i + 1] >> 8) * 0x1p-24;
            const double radius = __builtin_sqrt(-2 * portable_log(u));
            normals[i] = scale * (float)(radius * portable_cosine_of_turns(turns));
        }
        const int64_t count = blocks - done < BLOCKS ? blocks - done : BLOCKS;
        memcpy(out + 2 * done, normals, (size_t)(2 * count) * sizeof(float));
    }
}

RL_CLONES void rl_philox_uniforms(uint64_t key, uint64_t first, int64_t blocks, float low, float width, float *out) {
    uint32_t words[WORDS];
    float uniforms[WORDS];
    for (int64_t done = 0; done < blocks; done += BLOCKS) {
        draw_blocks(key, first + (uint64_t)done, words);
        for (int i = 0; i < WORDS; i++) uniforms[i] = low + width * ((float)(int32_t)(words[i] >> 8) * 0x1p-24f);
        const int64_t count = blocks - done < BLOCKS ? blocks - done : BLOCKS;
        memcpy(out + 4 * done, uniforms, (size_t)(4 * count) * sizeof(float));
    }
}
