// Three builds of the same arithmetic and the choice between them. Each level is a set of static functions, so no
// copy compiled for a newer processor can be linked in place of another.
#include "CImageKernels.h"

#include "arithmetic.h"

typedef float Four __attribute__((vector_size(16)));
typedef float Eight __attribute__((vector_size(32)));
typedef float Sixteen __attribute__((vector_size(64)));

// The baseline, SSE2 on x86-64: 16 registers of 4 floats.
#define TARGET
#define NAME(x) sse2_##x
#define NAME_TEXT "sse2"
#define TILE_BODY sse2_tile8
#define TILE_ALL sse2_tiles8
#define VECTOR Four
#define COUNT 2
#define TILE_ROWS 6
#include "product.h"
#include "level.h"
#undef TARGET
#undef NAME
#undef NAME_TEXT

#if defined(__x86_64__)

// AVX2: 16 registers of 8 floats.
#define TARGET __attribute__((target("avx2")))
#define NAME(x) avx2_##x
#define NAME_TEXT "avx2"
#define TILE_BODY avx2_tile8
#define TILE_ALL avx2_tiles8
#define VECTOR Eight
#define COUNT 1
#define TILE_ROWS 9
#include "product.h"
#define TILE_BODY avx2_tile16
#define TILE_ALL avx2_tiles16
#define VECTOR Eight
#define COUNT 2
#define TILE_ROWS 6
#include "product.h"
#define HAS_WIDTH_16
#include "level.h"
#undef TARGET
#undef NAME
#undef NAME_TEXT

// AVX-512: 32 registers of 16 floats.
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx2")))
#define NAME(x) avx512_##x
#define NAME_TEXT "avx512"
#define TILE_BODY avx512_tile8
#define TILE_ALL avx512_tiles8
#define VECTOR Eight
#define COUNT 1
#define TILE_ROWS 9
#include "product.h"
#define TILE_BODY avx512_tile16
#define TILE_ALL avx512_tiles16
#define VECTOR Sixteen
#define COUNT 1
#define TILE_ROWS 9
#include "product.h"
#define TILE_BODY avx512_tile32
#define TILE_ALL avx512_tiles32
#define VECTOR Sixteen
#define COUNT 2
#define TILE_ROWS 8
#include "product.h"
#define HAS_WIDTH_32
#include "level.h"

int32_t image_best_level(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    return IMAGE_AVX512;
  if (__builtin_cpu_supports("avx2")) return IMAGE_AVX2;
  return IMAGE_SSE2;
}

const ImageKernels *image_kernels(int32_t level) {
  int32_t best = image_best_level();
  int32_t chosen = level < best ? level : best;
  if (chosen >= IMAGE_AVX512) return &avx512_table;
  if (chosen == IMAGE_AVX2) return &avx2_table;
  return &sse2_table;
}

#else

int32_t image_best_level(void) { return IMAGE_SSE2; }

const ImageKernels *image_kernels(int32_t level) {
  (void)level;
  return &sse2_table;
}

#endif

float image_exp(float x) { return kernel_exp(x); }

double image_log(double x) { return kernel_log(x); }
