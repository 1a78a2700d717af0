// One tile of a product for one vector type; included once per instruction set and tile width.
// Before it: TARGET, TILE_BODY and TILE_ALL (names), VECTOR (type), COUNT (vectors in the tile's width), TILE_ROWS.
#pragma clang fp contract(off)

static inline __attribute__((always_inline)) TARGET void TILE_BODY(
    const ImageProduct *p, const float *restrict a, const int32_t *a_rows, const float *restrict b, const float *bias,
    float *c, const int32_t *c_rows, int32_t mode, const int32_t rows) {
  enum { lanes = sizeof(VECTOR) / sizeof(float) };
  VECTOR sum[TILE_ROWS][COUNT];
  const float *row[TILE_ROWS];
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++) {
    row[m] = a + a_rows[m];
#pragma clang loop unroll(full)
    for (int v = 0; v < COUNT; v++) {
      if (mode & IMAGE_FROM_OUTPUT)
        __builtin_memcpy(&sum[m][v], c + c_rows[m] + v * lanes, sizeof(VECTOR));
      else if (mode & IMAGE_FROM_BIAS)
        __builtin_memcpy(&sum[m][v], bias + v * lanes, sizeof(VECTOR));
      else
        sum[m][v] = (VECTOR){0};
    }
  }
  const int64_t a_step = p->a_step, b_step = p->b_step;
  for (int32_t s = 0; s < p->segments; s++) {
    int64_t at = p->a_segments[s];
    const float *line = b + (int64_t)s * p->b_segment;
    for (int32_t k = p->length; k > 0; k--) {
      VECTOR right[COUNT];
#pragma clang loop unroll(full)
      for (int v = 0; v < COUNT; v++) __builtin_memcpy(&right[v], line + v * lanes, sizeof(VECTOR));
#pragma clang loop unroll(full)
      for (int m = 0; m < rows; m++) {
        float left = row[m][at];
#pragma clang loop unroll(full)
        for (int v = 0; v < COUNT; v++) {
          VECTOR term = right[v] * left;
          sum[m][v] = sum[m][v] + term;
        }
      }
      at += a_step;
      line += b_step;
    }
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < COUNT; v++) {
      VECTOR out = sum[m][v];
      if (mode & IMAGE_RECTIFY) {
        // Lane by lane `out <= 0 ? 0 : out`: NaN passes, so that a diverged net shows in its loss.
        out = (VECTOR)((__typeof__(out > out))out & ~(out <= (VECTOR){0}));
      }
      __builtin_memcpy(c + c_rows[m] + v * lanes, &out, sizeof(VECTOR));
    }
  }
}

/// All rows for one stretch of columns, in tiles of nearly equal height.
static TARGET void TILE_ALL(const ImageProduct *p, const float *a, const float *b, const float *bias, float *c,
                            int32_t mode) {
  int32_t tiles = (p->rows + TILE_ROWS - 1) / TILE_ROWS;
  int32_t done = 0;
  for (int32_t t = 0; t < tiles; t++) {
    int32_t rows = (p->rows - done + tiles - t - 1) / (tiles - t);
    const int32_t *ar = p->a_rows + done, *cr = p->c_rows + done;
    switch (rows) {
#define TILE_CASE(n)                                   \
  case n:                                              \
    TILE_BODY(p, a, ar, b, bias, c, cr, mode, n);      \
    break;
      TILE_CASE(1)
      TILE_CASE(2)
      TILE_CASE(3)
      TILE_CASE(4)
#if TILE_ROWS >= 6
      TILE_CASE(5)
      TILE_CASE(6)
#endif
#if TILE_ROWS >= 8
      TILE_CASE(7)
      TILE_CASE(8)
#endif
#if TILE_ROWS >= 9
      TILE_CASE(9)
#endif
#undef TILE_CASE
    }
    done += rows;
  }
}
#undef TILE_BODY
#undef TILE_ALL
#undef VECTOR
#undef COUNT
#undef TILE_ROWS
