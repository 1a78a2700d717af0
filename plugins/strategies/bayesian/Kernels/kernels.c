// Plain loops; the compiler builds each for several instruction sets and the loader picks one.
#include "CLinearKernels.h"

#pragma clang fp contract(off)

#if defined(__x86_64__) && defined(__linux__)
#define CLONED __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define CLONED
#endif

typedef double Eight __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t EightBits __attribute__((vector_size(64), aligned(8), may_alias));

enum { LANES = 8, BLOCK = 32 };

#define ALWAYS static inline __attribute__((always_inline))

// Macros, because a vector as a function's argument has no ABI that all instruction sets share.
#define LOAD(from) (*(const Eight *)(from))
#define STORE(to, value) (*(Eight *)(to) = (value))
#define ALL(x) ((Eight){(x), (x), (x), (x), (x), (x), (x), (x)})
#define SUM(s) ((((s)[0] + (s)[4]) + ((s)[1] + (s)[5])) + (((s)[2] + (s)[6]) + ((s)[3] + (s)[7])))

// e^x by x = k ln 2 + r, |r| <= ln 2 / 2, and the series of e^r to its 13th power.
ALWAYS double exp_of(double x) {
  const double magic = 0x1.8p52;
  double bounded = x < -708.0 ? -708.0 : (x > 709.0 ? 709.0 : x);
  double shifted = bounded * 1.44269504088896338700e+00 + magic;
  double k = shifted - magic;
  double r = (bounded - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  union { double number; int64_t bits; } power = {.number = shifted};
  union { double number; int64_t bits; } scale = {.bits = (int64_t)((uint64_t)(power.bits + 1023) << 52)};
  double y = p * scale.number;
  return x < -708.0 ? 0.0 : (x > 709.0 ? __builtin_inf() : y);
}

CLONED void linear_exp(int64_t count, const double *x, double *out) {
  for (int64_t i = 0; i < count; i++) out[i] = exp_of(x[i]);
}

ALWAYS double dot(int64_t count, const double *a, const double *b) {
  Eight sum = ALL(0);
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) sum = sum + LOAD(a + i) * LOAD(b + i);
  double rest = 0;
  for (; i < count; i++) rest = rest + a[i] * b[i];
  return SUM(sum) + rest;
}

CLONED double linear_dot(int64_t count, const double *a, const double *b) { return dot(count, a, b); }

CLONED void linear_distances(int64_t count, int64_t dimensions, const double *weights, const uint8_t *unordered,
                             const double *point, const double *columns, int64_t stride, double *out) {
  for (int64_t j = 0; j < count; j++) out[j] = 0;
  for (int64_t d = 0; d < dimensions; d++) {
    const double x = point[d], w = weights[d];
    const double *restrict column = columns + d * stride;
    double *restrict to = out;
    if (unordered[d]) {
      for (int64_t j = 0; j < count; j++) to[j] = to[j] + (column[j] != x ? w : 0.0);
    } else {
      for (int64_t j = 0; j < count; j++) {
        double difference = x - column[j];
        to[j] = to[j] + w * (difference * difference);
      }
    }
  }
}

CLONED void linear_matern(int64_t count, double amplitude, const double *squared, double *value, double *slope) {
  // In pieces with a home of their own: the arrays may be one and the same, and then no loop over them is vectorised.
  enum { piece = 64 };
  for (int64_t from = 0; from < count; from += piece) {
    int64_t width = count - from < piece ? count - from : piece;
    double s[piece], e[piece], v[piece];
    for (int64_t j = 0; j < width; j++) s[j] = __builtin_sqrt(5.0 * squared[from + j]);
    for (int64_t j = 0; j < width; j++) e[j] = amplitude * exp_of(-s[j]);
    for (int64_t j = 0; j < width; j++) v[j] = (1.0 + s[j] + s[j] * s[j] * (1.0 / 3.0)) * e[j];
    if (slope)
      for (int64_t j = 0; j < width; j++) slope[from + j] = (-5.0 / 6.0) * (1.0 + s[j]) * e[j];
    for (int64_t j = 0; j < width; j++) value[from + j] = v[j];
  }
}

// c[0..<rows][from..<to] -= sum over k of p[row][k] * t[k][column], four rows and eight columns at a time.
ALWAYS void subtract_tile(int64_t rows, int64_t width, const double *p, int64_t stride, const double *t, int64_t t_stride,
                          int64_t from, int64_t to, double *c) {
  for (int64_t j = from; j < to; j += LANES) {
    Eight s0 = ALL(0), s1 = ALL(0), s2 = ALL(0), s3 = ALL(0);
    if (rows == 4) {
      for (int64_t k = 0; k < width; k++) {
        Eight right = LOAD(t + k * t_stride + j);
        s0 = s0 + ALL(p[k]) * right;
        s1 = s1 + ALL(p[stride + k]) * right;
        s2 = s2 + ALL(p[2 * stride + k]) * right;
        s3 = s3 + ALL(p[3 * stride + k]) * right;
      }
    } else {
      for (int64_t k = 0; k < width; k++) {
        Eight right = LOAD(t + k * t_stride + j);
        s0 = s0 + ALL(p[k]) * right;
        if (rows > 1) s1 = s1 + ALL(p[stride + k]) * right;
        if (rows > 2) s2 = s2 + ALL(p[2 * stride + k]) * right;
      }
    }
    double sums[4][LANES];
    STORE(sums[0], s0);
    STORE(sums[1], s1);
    STORE(sums[2], s2);
    STORE(sums[3], s3);
    int64_t columns = to - j < LANES ? to - j : LANES;
    for (int64_t r = 0; r < rows; r++)
      for (int64_t i = 0; i < columns; i++) c[r * stride + j + i] = c[r * stride + j + i] - sums[r][i];
  }
}

CLONED int64_t linear_cholesky(int64_t count, double *a, int64_t stride) {
  double panel[BLOCK * 64];
  for (int64_t first = 0; first < count; first += BLOCK) {
    int64_t width = count - first < BLOCK ? count - first : BLOCK;
    int64_t last = first + width;
    // The diagonal block, then the rows below it.
    for (int64_t i = first; i < count; i++) {
      double *row = a + i * stride;
      int64_t end = i < last ? i : last;
      for (int64_t j = first; j < end; j++) {
        const double *other = a + j * stride;
        row[j] = (row[j] - dot(j - first, row + first, other + first)) * (1.0 / other[j]);
      }
      if (i < last) {
        double pivot = row[i] - dot(i - first, row + first, row + first);
        if (!(pivot > 0)) return i + 1;
        row[i] = __builtin_sqrt(pivot);
      }
    }
    // What the block takes from the rest, in stretches of 64 columns.
    for (int64_t from = last; from < count; from += 64) {
      int64_t to = from + 64 < count ? from + 64 : count;
      for (int64_t k = 0; k < width; k++) {
        for (int64_t j = from; j < to; j++) panel[k * 64 + j - from] = a[j * stride + first + k];
        for (int64_t j = to; j < from + 64; j++) panel[k * 64 + j - from] = 0;
      }
      for (int64_t i = from; i < count; i += 4) {
        int64_t rows = count - i < 4 ? count - i : 4;
        int64_t end = i + rows < to ? i + rows : to;
        subtract_tile(rows, width, a + i * stride + first, stride, panel, 64, 0, end - from, a + i * stride + from);
      }
    }
  }
  return 0;
}

CLONED void linear_invert_lower(int64_t count, const double *lower, double *inverse, int64_t stride) {
  for (int64_t i = 0; i < count; i++) {
    const double *row = lower + i * stride;
    double *restrict out = inverse + i * stride;
    for (int64_t c = 0; c < i; c++) out[c] = 0;
    int64_t k = 0;
    for (; k + 4 <= i; k += 4) {
      const double a0 = row[k], a1 = row[k + 1], a2 = row[k + 2], a3 = row[k + 3];
      const double *r0 = inverse + k * stride, *r1 = r0 + stride, *r2 = r1 + stride, *r3 = r2 + stride;
      for (int64_t c = 0; c <= k; c++)
        out[c] = ((out[c] - a0 * r0[c]) - a1 * r1[c]) - (a2 * r2[c] + a3 * r3[c]);
      out[k + 1] = (out[k + 1] - a1 * r1[k + 1]) - (a2 * r2[k + 1] + a3 * r3[k + 1]);
      out[k + 2] = out[k + 2] - (a2 * r2[k + 2] + a3 * r3[k + 2]);
      out[k + 3] = out[k + 3] - a3 * r3[k + 3];
    }
    for (; k < i; k++) {
      const double a0 = row[k];
      const double *r0 = inverse + k * stride;
      for (int64_t c = 0; c <= k; c++) out[c] = out[c] - a0 * r0[c];
    }
    const double scale = 1.0 / row[i];
    for (int64_t c = 0; c < i; c++) out[c] = out[c] * scale;
    out[i] = scale;
  }
}

CLONED void linear_gram_of_lower(int64_t count, const double *lower, double *out, int64_t stride) {
  for (int64_t i = 0; i < count; i++) {
    double *restrict to = out + i * stride;
    for (int64_t c = 0; c <= i; c++) to[c] = 0;
    int64_t k = i;
    for (; k + 4 <= count; k += 4) {
      const double *r0 = lower + k * stride, *r1 = r0 + stride, *r2 = r1 + stride, *r3 = r2 + stride;
      const double a0 = r0[i], a1 = r1[i], a2 = r2[i], a3 = r3[i];
      for (int64_t c = 0; c <= i; c++) to[c] = ((to[c] + a0 * r0[c]) + a1 * r1[c]) + (a2 * r2[c] + a3 * r3[c]);
    }
    for (; k < count; k++) {
      const double *r0 = lower + k * stride;
      const double a0 = r0[i];
      for (int64_t c = 0; c <= i; c++) to[c] = to[c] + a0 * r0[c];
    }
  }
}

CLONED void linear_lower_times(int64_t count, const double *lower, int64_t stride, const double *v, double *out) {
  for (int64_t i = 0; i < count; i++) out[i] = dot(i + 1, lower + i * stride, v);
}

CLONED void linear_transposed_lower_times(int64_t count, const double *lower, int64_t stride, const double *v,
                                          double *out) {
  double *restrict to = out;
  for (int64_t c = 0; c < count; c++) to[c] = 0;
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const double *r0 = lower + i * stride, *r1 = r0 + stride, *r2 = r1 + stride, *r3 = r2 + stride;
    const double a0 = v[i], a1 = v[i + 1], a2 = v[i + 2], a3 = v[i + 3];
    for (int64_t c = 0; c <= i; c++) to[c] = ((to[c] + a0 * r0[c]) + a1 * r1[c]) + (a2 * r2[c] + a3 * r3[c]);
    to[i + 1] = (to[i + 1] + a1 * r1[i + 1]) + (a2 * r2[i + 1] + a3 * r3[i + 1]);
    to[i + 2] = to[i + 2] + (a2 * r2[i + 2] + a3 * r3[i + 2]);
    to[i + 3] = to[i + 3] + a3 * r3[i + 3];
  }
  for (; i < count; i++) {
    const double *r0 = lower + i * stride;
    const double a0 = v[i];
    for (int64_t c = 0; c <= i; c++) to[c] = to[c] + a0 * r0[c];
  }
}

CLONED void linear_squares_of_lower_times(int64_t count, const double *lower, int64_t stride, int64_t width,
                                          const double *b, int64_t b_stride, double *out) {
  for (int64_t c = 0; c < width; c += LANES) {
    Eight total = ALL(0);
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
      const double *r0 = lower + i * stride, *r1 = r0 + stride, *r2 = r1 + stride, *r3 = r2 + stride;
      Eight s0 = ALL(0), s1 = ALL(0), s2 = ALL(0), s3 = ALL(0);
      for (int64_t j = 0; j <= i; j++) {
        Eight right = LOAD(b + j * b_stride + c);
        s0 = s0 + ALL(r0[j]) * right;
        s1 = s1 + ALL(r1[j]) * right;
        s2 = s2 + ALL(r2[j]) * right;
        s3 = s3 + ALL(r3[j]) * right;
      }
      Eight b1 = LOAD(b + (i + 1) * b_stride + c), b2 = LOAD(b + (i + 2) * b_stride + c),
            b3 = LOAD(b + (i + 3) * b_stride + c);
      s1 = s1 + ALL(r1[i + 1]) * b1;
      s2 = (s2 + ALL(r2[i + 1]) * b1) + ALL(r2[i + 2]) * b2;
      s3 = ((s3 + ALL(r3[i + 1]) * b1) + ALL(r3[i + 2]) * b2) + ALL(r3[i + 3]) * b3;
      total = (((total + s0 * s0) + s1 * s1) + s2 * s2) + s3 * s3;
    }
    for (; i < count; i++) {
      const double *r0 = lower + i * stride;
      Eight s0 = ALL(0);
      for (int64_t j = 0; j <= i; j++) s0 = s0 + ALL(r0[j]) * LOAD(b + j * b_stride + c);
      total = total + s0 * s0;
    }
    STORE(out + c, total);
  }
}

CLONED void linear_transposed_times(int64_t count, int64_t width, const double *b, int64_t b_stride, const double *v,
                                    double *out) {
  for (int64_t c = 0; c < width; c += LANES) {
    Eight sum = ALL(0);
    for (int64_t j = 0; j < count; j++) sum = sum + ALL(v[j]) * LOAD(b + j * b_stride + c);
    STORE(out + c, sum);
  }
}

CLONED double linear_coordinate_moment(int64_t count, const double *m, double x, const double *column,
                                       uint8_t unordered) {
  Eight sum = ALL(0);
  double rest = 0;
  int64_t j = 0;
  if (unordered) {
    for (; j + LANES <= count; j += LANES) {
      Eight other = LOAD(column + j);
      EightBits differ = other != ALL(x);
      sum = sum + (Eight)((EightBits)LOAD(m + j) & differ);
    }
    for (; j < count; j++) rest = rest + (column[j] != x ? m[j] : 0.0);
  } else {
    for (; j + LANES <= count; j += LANES) {
      Eight difference = ALL(x) - LOAD(column + j);
      sum = sum + LOAD(m + j) * (difference * difference);
    }
    for (; j < count; j++) {
      double difference = x - column[j];
      rest = rest + m[j] * (difference * difference);
    }
  }
  return SUM(sum) + rest;
}

CLONED double linear_coordinate_pull(int64_t count, const double *m, double x, const double *column) {
  Eight sum = ALL(0);
  double rest = 0;
  int64_t j = 0;
  for (; j + LANES <= count; j += LANES) sum = sum + LOAD(m + j) * (ALL(x) - LOAD(column + j));
  for (; j < count; j++) rest = rest + m[j] * (x - column[j]);
  return SUM(sum) + rest;
}

CLONED void linear_residual_row(int64_t count, double a, const double *v, const double *inverse, const double *slope,
                                double *m) {
  for (int64_t j = 0; j < count; j++) m[j] = (a * v[j] - inverse[j]) * slope[j];
}

CLONED void linear_pull_row(int64_t count, double a, const double *x, double b, const double *y, const double *slope,
                            double *m) {
  for (int64_t j = 0; j < count; j++) m[j] = (a * x[j] + b * y[j]) * slope[j];
}
