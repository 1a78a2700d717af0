/// The arithmetic of the image-classification trainer.
///
/// Every function multiplies, rounds, then adds, in an order that its comment states, so that SSE2, AVX2 and AVX-512
/// builds give the same bits. No fused multiply-add, no libm, no flush-to-zero. A table of functions is chosen once
/// (`image_kernels`) and carried by whoever computes; there is no global state.
#pragma once
#include <stdint.h>

/// A table of offsets that describes one product of matrices with rows anywhere in memory.
///
/// c[c_rows[m] + n] = start + sum over s, then k, of a[a_rows[m] + a_segments[s] + k * a_step]
///                                              * b[s * b_segment + k * b_step + n]
/// Each output is one accumulator, summed in the order of s, then k. All counts and offsets are in floats.
typedef struct ImageProduct {
  int32_t rows;
  int32_t columns;  // a multiple of 8
  int32_t segments;
  int32_t length;
  int32_t a_step;
  int32_t b_segment;
  int32_t b_step;
  const int32_t *_Nonnull a_rows;
  const int32_t *_Nonnull a_segments;
  const int32_t *_Nonnull c_rows;
} ImageProduct;

/// Where the accumulators of a product start, and what is done to them at the end.
enum {
  IMAGE_FROM_ZERO = 0,
  IMAGE_FROM_BIAS = 1,    // `bias[n]`
  IMAGE_FROM_OUTPUT = 2,  // what `c` holds: sums go on where they stopped
  IMAGE_RECTIFY = 4,      // a flag: negative results become 0
};

/// The constants of one optimizer step, as float32.
typedef struct ImageStep {
  float rescale;       // 1 / images in the batch
  float rate;          // learning rate (adam: corrected for bias)
  float weight_decay;  // 0 for biases
  float momentum;      // momentum, or beta_1, or gamma
  float second;        // beta_2
  float epsilon;
} ImageStep;

enum { IMAGE_SGD = 0, IMAGE_NAG = 1, IMAGE_ADAM = 2, IMAGE_RMSPROP = 3 };

/// The functions of one instruction set.
typedef struct ImageKernels {
  const char *_Nonnull name;

  void (*_Nonnull multiply)(const ImageProduct *_Nonnull product, const float *_Nonnull a, const float *_Nonnull b,
                            const float *_Nullable bias, float *_Nonnull c, int32_t mode);

  /// out[row][x] = in / divisor, rows of `width` values placed `stride` apart.
  void (*_Nonnull place_bytes)(const uint8_t *_Nonnull in, float divisor, int32_t rows, int32_t width,
                               float *_Nonnull out, int32_t stride);
  void (*_Nonnull place_floats)(const float *_Nonnull in, float divisor, int32_t rows, int32_t width,
                                float *_Nonnull out, int32_t stride);

  /// Largest of each 2x2 window of `in` [height][width][channels]; an odd last row or column is dropped.
  void (*_Nonnull pool)(const float *_Nonnull in, int32_t height, int32_t width, int32_t channels,
                        float *_Nonnull out, int32_t out_stride);
  /// Sends each gradient to the first largest of its window, if that is above 0; writes every element of `d_in`.
  void (*_Nonnull pool_back)(const float *_Nonnull in, int32_t height, int32_t width, int32_t channels,
                             const float *_Nonnull out, int32_t out_stride, const float *_Nonnull d_out,
                             float *_Nonnull d_in, int32_t d_in_stride);
  /// d = y > 0 ? d : 0, rows of `width` values; `y` and `d` have strides of their own.
  void (*_Nonnull rectify_back)(const float *_Nonnull y, int32_t y_stride, int32_t rows, int32_t width,
                                float *_Nonnull d, int32_t d_stride);
  /// sums[c] += d over the pixels in order.
  void (*_Nonnull add_pixels)(const float *_Nonnull d, int32_t rows, int32_t width, int32_t row_stride,
                              int32_t channels, float *_Nonnull sums);
  /// out[c] = (sum over the pixels in order) / pixels.
  void (*_Nonnull mean_pixels)(const float *_Nonnull in, int32_t pixels, int32_t channels, float *_Nonnull out);
  /// out[pixel][c] = in[c] / pixels.
  void (*_Nonnull spread_pixels)(const float *_Nonnull in, int32_t pixels, int32_t channels, float *_Nonnull out);

  /// Softmax and cross-entropy of each row: its loss, the rank of its label (0 = most likely; ties go to the lower
  /// index), and, if wanted, the gradient p - y, zero in the padding.
  void (*_Nonnull classify)(const float *_Nonnull logits, int32_t rows, int32_t classes, int32_t stride,
                            const int32_t *_Nonnull labels, double *_Nonnull losses, int32_t *_Nonnull ranks,
                            float *_Nullable gradient);

  /// sums[c] += x, sums[channels + c] += x * x over the pixels in order, in float64.
  void (*_Nonnull norm_sums)(const float *_Nonnull x, int32_t pixels, int32_t channels, double *_Nonnull sums);
  /// out = x * scale[c] + shift[c], rectified if asked, rows placed `out_stride` apart.
  void (*_Nonnull norm_apply)(const float *_Nonnull x, int32_t rows, int32_t width, int32_t channels,
                              const float *_Nonnull scale, const float *_Nonnull shift, int32_t rectify,
                              float *_Nonnull out, int32_t out_stride);
  /// d = (x * scale + shift > 0) ? d : 0; sums[c] += d, sums[channels + c] += d * (x - mean) * inverse.
  void (*_Nonnull norm_back_sums)(const float *_Nonnull x, int32_t pixels, int32_t channels,
                                  const float *_Nonnull scale, const float *_Nonnull shift,
                                  const float *_Nonnull mean, const float *_Nonnull inverse, float *_Nonnull d,
                                  double *_Nonnull sums);
  /// out = scale * (d - d_mean - (x - mean) * inverse * d_slope) (+ out, if `add`), rows `out_stride` apart.
  void (*_Nonnull norm_back)(const float *_Nonnull x, int32_t rows, int32_t width, int32_t channels,
                             const float *_Nonnull scale, const float *_Nonnull mean, const float *_Nonnull inverse,
                             const float *_Nonnull d_mean, const float *_Nonnull d_slope, const float *_Nonnull d,
                             int32_t add, float *_Nonnull out, int32_t out_stride);

  /// total = slots[0] + slots[1] + ..., in that order; slots lie `stride` apart.
  void (*_Nonnull add_slots)(const float *_Nonnull slots, int32_t count, int64_t stride, int32_t size,
                             float *_Nonnull total);
  /// Sum of (value * rescale) squared in float64: eight running sums (element i to sum i mod 8), then added in order.
  double (*_Nonnull squares)(const float *_Nonnull values, float rescale, int32_t size);
  /// One step of MXNet's optimizer `kind` on `size` weights; see the comments at the formulas.
  void (*_Nonnull step)(int32_t kind, const ImageStep *_Nonnull step, int32_t size, const float *_Nonnull gradient,
                        float *_Nonnull weights, float *_Nullable first, float *_Nullable second);
  /// out[column][row] = in[row][column].
  void (*_Nonnull transpose)(const float *_Nonnull in, int32_t rows, int32_t columns, int32_t in_stride,
                             float *_Nonnull out, int32_t out_stride);
} ImageKernels;

/// The instruction sets, least first.
enum { IMAGE_SSE2 = 0, IMAGE_AVX2 = 1, IMAGE_AVX512 = 2 };

/// The best instruction set of this processor.
int32_t image_best_level(void);

/// The functions for a level; one that the processor lacks falls back to its best.
const ImageKernels *_Nonnull image_kernels(int32_t level);

/// exp of `x` <= 0 with the trainer's own polynomial.
float image_exp(float x);

/// Natural logarithm of `x` > 0 with fdlibm's polynomial.
double image_log(double x);
