// Everything that is not a product, compiled once per instruction set: TARGET and NAME(x) are defined before.
// Loops run over channels inside pixels, so each sum has one order however wide the vectors are.
#pragma clang fp contract(off)

static TARGET void NAME(place_bytes)(const uint8_t *in, float divisor, int32_t rows, int32_t width,
                                     float *restrict out, int32_t stride) {
  for (int32_t y = 0; y < rows; y++) {
    float *restrict line = out + (int64_t)y * stride;
    for (int32_t x = 0; x < width; x++) line[x] = (float)in[(int64_t)y * width + x] / divisor;
  }
}

static TARGET void NAME(place_floats)(const float *in, float divisor, int32_t rows, int32_t width,
                                      float *restrict out, int32_t stride) {
  for (int32_t y = 0; y < rows; y++) {
    float *restrict line = out + (int64_t)y * stride;
    for (int32_t x = 0; x < width; x++) line[x] = in[(int64_t)y * width + x] / divisor;
  }
}

static TARGET void NAME(pool)(const float *in, int32_t height, int32_t width, int32_t channels, float *restrict out,
                              int32_t out_stride) {
  int64_t row = (int64_t)width * channels;
  for (int32_t y = 0; y < height / 2; y++) {
    for (int32_t x = 0; x < width / 2; x++) {
      const float *a = in + 2 * y * row + 2 * x * channels, *b = a + channels, *c = a + row, *d = c + channels;
      float *restrict to = out + (int64_t)y * out_stride + (int64_t)x * channels;
      for (int32_t i = 0; i < channels; i++) {
        float best = a[i];
        best = b[i] > best ? b[i] : best;
        best = c[i] > best ? c[i] : best;
        to[i] = d[i] > best ? d[i] : best;
      }
    }
  }
}

static TARGET void NAME(pool_back)(const float *in, int32_t height, int32_t width, int32_t channels, const float *out,
                                   int32_t out_stride, const float *d_out, float *restrict d_in,
                                   int32_t d_in_stride) {
  int64_t row = (int64_t)width * channels;
  for (int32_t y = 0; y < height / 2; y++) {
    for (int32_t x = 0; x < width / 2; x++) {
      const float *a = in + 2 * y * row + 2 * x * channels, *b = a + channels, *c = a + row, *d = c + channels;
      const float *largest = out + (int64_t)y * out_stride + (int64_t)x * channels;
      const float *from = d_out + ((int64_t)y * (width / 2) + x) * channels;
      float *restrict da = d_in + (int64_t)2 * y * d_in_stride + (int64_t)2 * x * channels;
      float *restrict dc = da + d_in_stride;
      for (int32_t i = 0; i < channels; i++) {
        float m = largest[i];
        float g = m > 0.0f ? from[i] : 0.0f;
        float ga = a[i] == m ? g : 0.0f;
        g = a[i] == m ? 0.0f : g;
        float gb = b[i] == m ? g : 0.0f;
        g = b[i] == m ? 0.0f : g;
        float gc = c[i] == m ? g : 0.0f;
        g = c[i] == m ? 0.0f : g;
        da[i] = ga;
        da[channels + i] = gb;
        dc[i] = gc;
        dc[channels + i] = d[i] == m ? g : 0.0f;
      }
    }
  }
  if (width % 2 == 1)
    for (int32_t y = 0; y < height; y++)
      for (int32_t i = 0; i < channels; i++)
        d_in[(int64_t)y * d_in_stride + (int64_t)(width - 1) * channels + i] = 0.0f;
  if (height % 2 == 1)
    for (int64_t i = 0; i < row; i++) d_in[(int64_t)(height - 1) * d_in_stride + i] = 0.0f;
}

static TARGET void NAME(rectify_back)(const float *y, int32_t y_stride, int32_t rows, int32_t width,
                                      float *restrict d, int32_t d_stride) {
  for (int32_t r = 0; r < rows; r++) {
    const float *from = y + (int64_t)r * y_stride;
    float *restrict line = d + (int64_t)r * d_stride;
    for (int32_t x = 0; x < width; x++) line[x] = from[x] > 0.0f ? line[x] : 0.0f;
  }
}

static TARGET void NAME(add_pixels)(const float *d, int32_t rows, int32_t width, int32_t row_stride, int32_t channels,
                                    float *restrict sums) {
  for (int32_t y = 0; y < rows; y++)
    for (int32_t x = 0; x < width; x++) {
      const float *pixel = d + (int64_t)y * row_stride + (int64_t)x * channels;
      for (int32_t i = 0; i < channels; i++) sums[i] = sums[i] + pixel[i];
    }
}

static TARGET void NAME(mean_pixels)(const float *in, int32_t pixels, int32_t channels, float *restrict out) {
  for (int32_t i = 0; i < channels; i++) out[i] = 0.0f;
  for (int32_t p = 0; p < pixels; p++)
    for (int32_t i = 0; i < channels; i++) out[i] = out[i] + in[(int64_t)p * channels + i];
  for (int32_t i = 0; i < channels; i++) out[i] = out[i] / (float)pixels;
}

static TARGET void NAME(spread_pixels)(const float *in, int32_t pixels, int32_t channels, float *restrict out) {
  for (int32_t p = 0; p < pixels; p++)
    for (int32_t i = 0; i < channels; i++) out[(int64_t)p * channels + i] = in[i] / (float)pixels;
}

static TARGET void NAME(classify)(const float *logits, int32_t rows, int32_t classes, int32_t stride,
                                  const int32_t *labels, double *losses, int32_t *ranks, float *gradient) {
  for (int32_t r = 0; r < rows; r++) {
    const float *z = logits + (int64_t)r * stride;
    int32_t label = labels[r];
    float largest = z[0];
    int32_t rank = 0;
    for (int32_t i = 0; i < classes; i++) {
      largest = z[i] > largest ? z[i] : largest;
      // NaN ranks last: a net that has diverged is right about nothing by accident only.
      rank += z[i] > z[label] || (i < label && z[i] == z[label]) || (z[label] != z[label] && i != label);
    }
    float sum = 0.0f;
    for (int32_t i = 0; i < classes; i++) sum = sum + kernel_exp(z[i] - largest);
    losses[r] = kernel_log((double)sum) - ((double)z[label] - (double)largest);
    ranks[r] = rank;
    if (gradient) {
      float *d = gradient + (int64_t)r * stride;
      for (int32_t i = 0; i < classes; i++)
        d[i] = kernel_exp(z[i] - largest) / sum - (i == label ? 1.0f : 0.0f);
      for (int32_t i = classes; i < stride; i++) d[i] = 0.0f;
    }
  }
}

static TARGET void NAME(norm_sums)(const float *x, int32_t pixels, int32_t channels, double *restrict sums) {
  double *restrict squares = sums + channels;
  for (int32_t p = 0; p < pixels; p++) {
    const float *pixel = x + (int64_t)p * channels;
    for (int32_t i = 0; i < channels; i++) {
      double value = (double)pixel[i];
      sums[i] = sums[i] + value;
      squares[i] = squares[i] + value * value;
    }
  }
}

static TARGET void NAME(norm_apply)(const float *x, int32_t rows, int32_t width, int32_t channels, const float *scale,
                                    const float *shift, int32_t rectify, float *restrict out, int32_t out_stride) {
  for (int32_t y = 0; y < rows; y++)
    for (int32_t p = 0; p < width; p++) {
      const float *from = x + ((int64_t)y * width + p) * channels;
      float *restrict to = out + (int64_t)y * out_stride + (int64_t)p * channels;
      if (rectify) {
        for (int32_t i = 0; i < channels; i++) {
          float value = from[i] * scale[i] + shift[i];
          to[i] = value <= 0.0f ? 0.0f : value;
        }
      } else {
        for (int32_t i = 0; i < channels; i++) to[i] = from[i] * scale[i] + shift[i];
      }
    }
}

static TARGET void NAME(norm_back_sums)(const float *x, int32_t pixels, int32_t channels, const float *scale,
                                        const float *shift, const float *mean, const float *inverse,
                                        float *restrict d, double *restrict sums) {
  double *restrict slopes = sums + channels;
  for (int32_t p = 0; p < pixels; p++) {
    const float *from = x + (int64_t)p * channels;
    float *restrict to = d + (int64_t)p * channels;
    for (int32_t i = 0; i < channels; i++) {
      float value = from[i] * scale[i] + shift[i];
      float kept = value <= 0.0f ? 0.0f : to[i];
      to[i] = kept;
      float normal = (from[i] - mean[i]) * inverse[i];
      sums[i] = sums[i] + (double)kept;
      slopes[i] = slopes[i] + (double)kept * (double)normal;
    }
  }
}

static TARGET void NAME(norm_back)(const float *x, int32_t rows, int32_t width, int32_t channels, const float *scale,
                                   const float *mean, const float *inverse, const float *d_mean, const float *d_slope,
                                   const float *d, int32_t add, float *restrict out, int32_t out_stride) {
  for (int32_t y = 0; y < rows; y++)
    for (int32_t p = 0; p < width; p++) {
      int64_t at = ((int64_t)y * width + p) * channels;
      float *restrict to = out + (int64_t)y * out_stride + (int64_t)p * channels;
      if (add) {
        for (int32_t i = 0; i < channels; i++) {
          float normal = (x[at + i] - mean[i]) * inverse[i];
          to[i] = to[i] + scale[i] * ((d[at + i] - d_mean[i]) - normal * d_slope[i]);
        }
      } else {
        for (int32_t i = 0; i < channels; i++) {
          float normal = (x[at + i] - mean[i]) * inverse[i];
          to[i] = scale[i] * ((d[at + i] - d_mean[i]) - normal * d_slope[i]);
        }
      }
    }
}

static TARGET void NAME(add_slots)(const float *slots, int32_t count, int64_t stride, int32_t size,
                                   float *restrict total) {
  for (int32_t i = 0; i < size; i++) {
    float sum = slots[i];
    for (int32_t s = 1; s < count; s++) sum = sum + slots[s * stride + i];
    total[i] = sum;
  }
}

static TARGET double NAME(squares)(const float *values, float rescale, int32_t size) {
  double sums[8] = {0};
  int32_t whole = size / 8 * 8;
  for (int32_t i = 0; i < whole; i += 8)
    for (int32_t j = 0; j < 8; j++) {
      double value = (double)(values[i + j] * rescale);
      sums[j] = sums[j] + value * value;
    }
  for (int32_t i = whole; i < size; i++) {
    double value = (double)(values[i] * rescale);
    sums[i - whole] = sums[i - whole] + value * value;
  }
  double total = sums[0];
  for (int32_t j = 1; j < 8; j++) total = total + sums[j];
  return total;
}

// The formulas are MXNet 1.x's (src/operator/optimizer_op-inl.h at v1.2.0; nag: v1.6), in float32, element by element.
static TARGET void NAME(step)(int32_t kind, const ImageStep *step, int32_t size, const float *restrict gradient,
                              float *restrict w, float *restrict first, float *restrict second) {
  const float rescale = step->rescale, rate = step->rate, decay = step->weight_decay, momentum = step->momentum;
  const float beta = step->second, epsilon = step->epsilon;
  if (kind == IMAGE_SGD && momentum == 0.0f) {
    const float keep = 1.0f - rate * decay;
    for (int32_t i = 0; i < size; i++) w[i] = keep * w[i] - rate * (rescale * gradient[i]);
  } else if (kind == IMAGE_SGD) {
    const float shrink = rate * decay;
    for (int32_t i = 0; i < size; i++) {
      float m = (momentum * first[i] - shrink * w[i]) - rate * (rescale * gradient[i]);
      first[i] = m;
      w[i] = w[i] + m;
    }
  } else if (kind == IMAGE_NAG) {
    for (int32_t i = 0; i < size; i++) {
      float h = rescale * gradient[i] + decay * w[i];
      float m = momentum * first[i] - rate * h;
      first[i] = m;
      w[i] = (w[i] + momentum * m) - rate * h;
    }
  } else if (kind == IMAGE_ADAM) {
    const float rest = 1.0f - momentum, rest_second = 1.0f - beta;
    for (int32_t i = 0; i < size; i++) {
      float g = rescale * gradient[i];
      float m = momentum * first[i] + rest * g;
      float v = beta * second[i] + rest_second * (g * g);
      first[i] = m;
      second[i] = v;
      w[i] = w[i] - rate * m / (__builtin_sqrtf(v) + epsilon);
    }
  } else {
    const float rest = 1.0f - momentum;
    for (int32_t i = 0; i < size; i++) {
      float g = rescale * gradient[i];
      float n = rest * (g * g) + momentum * first[i];
      first[i] = n;
      w[i] = w[i] - rate * (g / __builtin_sqrtf(n + epsilon));
    }
  }
}

static TARGET void NAME(transpose)(const float *restrict in, int32_t rows, int32_t columns, int32_t in_stride,
                                   float *restrict out, int32_t out_stride) {
  for (int32_t r = 0; r < rows; r++)
    for (int32_t c = 0; c < columns; c++) out[(int64_t)c * out_stride + r] = in[(int64_t)r * in_stride + c];
}
