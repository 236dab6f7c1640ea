#define _GNU_SOURCE
#include "rl_blas.h"

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>

int32_t rl_sgemm(int32_t transposeA, int32_t transposeB, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                 int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
    // Whatever thread calls, the script's own included: the library's own threads would change bits and fight our pool.
    rl_use_one_library_thread();
    return (int32_t)dnnl_sgemm(transposeA ? 'T' : 'N', transposeB ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c,
                               ldc);
}

void rl_use_one_library_thread(void) {
    // The setting belongs to the calling thread and stays: later calls cost nothing.
    static _Thread_local int32_t done = 0;
    if (done) return;
    done = 1;
    // The OpenMP runtime comes with the numeric library; looked up by name so that no compiler package is needed.
    void (*set_threads)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (set_threads != NULL) set_threads(1);
}

static _Thread_local int32_t inside_parallel = 0;
int32_t rl_is_inside_parallel(void) { return inside_parallel; }
void rl_set_inside_parallel(int32_t inside) { inside_parallel = inside; }

void rl_dnnl_version(char *buffer, size_t size) {
    const dnnl_version_t *version = dnnl_version();
    snprintf(buffer, size, "%d.%d.%d", version->major, version->minor, version->patch);
}

const char *rl_dnnl_isa(void) {
    // The names, not the numbers, are stable between oneDNN 2 and 3.
    switch (dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41: return "SSE41";
    case dnnl_cpu_isa_avx: return "AVX";
    case dnnl_cpu_isa_avx2: return "AVX2";
    case dnnl_cpu_isa_avx2_vnni: return "AVX2_VNNI";
    case dnnl_cpu_isa_avx512_core: return "AVX512_CORE";
    case dnnl_cpu_isa_avx512_core_vnni: return "AVX512_CORE_VNNI";
    case dnnl_cpu_isa_avx512_core_bf16: return "AVX512_CORE_BF16";
    case dnnl_cpu_isa_avx512_core_amx: return "AVX512_CORE_AMX";
    default: return "default";
    }
}

const char *rl_loop_isa(void) {
#ifdef RL_HAS_CLONES
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return "x86-64-v4";
    if (__builtin_cpu_supports("x86-64-v3")) return "x86-64-v3";
#endif
    return "default";
}
