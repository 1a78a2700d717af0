// exp and log of our own: a library's may differ from machine to machine, these use +, -, *, / and bits only.
#pragma once
#include <stdint.h>

#pragma clang fp contract(off)

typedef union {
  float value;
  uint32_t bits;
} FloatBits;

typedef union {
  double value;
  uint64_t bits;
} DoubleBits;

/// Cephes' expf (S. L. Moshier) for x <= 0; below -87 it is 0, NaN stays NaN.
static inline float kernel_exp(float x) {
  if (x != x) return x;
  if (x < -87.0f) return 0.0f;
  if (x > 0.0f) x = 0.0f;
  int32_t n = (int32_t)(x * 1.44269504088896341f - 0.5f);
  float whole = (float)n;
  float r = x - whole * 0.693359375f;
  r = r - whole * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  float square = r * r;
  p = p * square + r;
  p = p + 1.0f;
  FloatBits power;
  power.bits = (uint32_t)(n + 127) << 23;
  return p * power.value;
}

/// fdlibm's e_log.c for normal x > 0 (Sun Microsystems, 1993); NaN stays NaN.
static inline double kernel_log(double x) {
  if (!(x > 0.0) || x > 1.7e308) return x;
  DoubleBits b;
  b.value = x;
  int32_t k = (int32_t)(b.bits >> 52) - 1023;
  b.bits = (b.bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL;
  if (b.value > 1.4142135623730951) {
    b.value = b.value * 0.5;
    k = k + 1;
  }
  double f = b.value - 1.0;
  double s = f / (2.0 + f);
  double z = s * s;
  double w = z * z;
  double t1 = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  double t2 = z * (6.666666666666735130e-01 +
                   w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  double r = t2 + t1;
  double half = 0.5 * f * f;
  double dk = (double)k;
  return dk * 6.93147180369123816490e-01 - ((half - (s * (half + r) + dk * 1.90821492927058770002e-10)) - f);
}
