// Random numbers in bulk, equal to the bit to those that RandomStream draws one at a time, on every processor.
#ifndef RL_RANDOM_H
#define RL_RANDOM_H

#include <stdint.h>

/// out[0 ..< 2 · blocks] = scale · standard normals, two from each of the Philox blocks first, first + 1, …: Box and
/// Muller's transform of two words, as `RandomStream.normal()`.
void rl_philox_normals(uint64_t key, uint64_t first, int64_t blocks, float scale, float *out);

/// out[0 ..< 4 · blocks] = low + width · u, with u uniform in [0, 1), a multiple of 2^-24, as `RandomStream.uniform()`.
void rl_philox_uniforms(uint64_t key, uint64_t first, int64_t blocks, float low, float width, float *out);

#endif
