// Matrix products and facts about the numeric library.
#ifndef RL_BLAS_H
#define RL_BLAS_H

#include <stddef.h>
#include <stdint.h>

/// One copy of a loop for each vector width, chosen when the program starts, since the package is built for the
/// oldest x86-64. `RL_CLONES` goes before the definition of a function whose loops are worth it.
/// None under a sanitizer, whose run-time is not ready yet when the copies are chosen.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RL_SANITIZED
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(RL_SANITIZED)
#define RL_HAS_CLONES
#define RL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RL_CLONES
#endif

/// C[m, n] = alpha * op(A) * op(B) + beta * C, row-major. `transposeA`: A is stored [k, m]; `transposeB`: B is stored
/// [n, k]. Leading dimensions count floats between rows. Returns 0, or oneDNN's status.
int32_t rl_sgemm(int32_t transposeA, int32_t transposeB, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                 int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc);

/// Tells the numeric library's OpenMP runtime to use one thread for calls from the calling thread: our own pool
/// spreads the work, so that bits do not depend on the number of cores. Call once on every thread that computes.
void rl_use_one_library_thread(void);

/// 0, or 1 + the number of the worker as which the calling thread runs a piece of a parallel job; thread-local.
int32_t rl_is_inside_parallel(void);
void rl_set_inside_parallel(int32_t inside);

/// "major.minor.patch" of the oneDNN that runs (not the one compiled against). Writes at most `size` bytes.
void rl_dnnl_version(char *buffer, size_t size);

/// The instruction set that oneDNN dispatches to, as its own name ("AVX512_CORE", "AVX2", ...).
const char *rl_dnnl_isa(void);

/// The instruction set of our own cloned loops: "x86-64-v4", "x86-64-v3" or "default".
const char *rl_loop_isa(void);

#endif
