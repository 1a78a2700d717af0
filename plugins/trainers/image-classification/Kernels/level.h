// The table of one instruction set. Before it: TARGET, NAME(x), NAME_TEXT, TILES (a list of width, rows per tile).
#include "elements.h"

static TARGET void NAME(multiply)(const ImageProduct *p, const float *a, const float *b, const float *bias, float *c,
                                  int32_t mode) {
  int32_t n = 0;
#ifdef HAS_WIDTH_32
  for (; n + 32 <= p->columns; n += 32) NAME(tiles32)(p, a, b + n, bias ? bias + n : bias, c + n, mode);
#endif
#ifdef HAS_WIDTH_16
  for (; n + 16 <= p->columns; n += 16) NAME(tiles16)(p, a, b + n, bias ? bias + n : bias, c + n, mode);
#endif
  for (; n + 8 <= p->columns; n += 8) NAME(tiles8)(p, a, b + n, bias ? bias + n : bias, c + n, mode);
}

static const ImageKernels NAME(table) = {
    NAME_TEXT,           NAME(multiply),      NAME(place_bytes),   NAME(place_floats), NAME(pool),
    NAME(pool_back),     NAME(rectify_back),  NAME(add_pixels),    NAME(mean_pixels),  NAME(spread_pixels),
    NAME(classify),      NAME(norm_sums),     NAME(norm_apply),    NAME(norm_back_sums), NAME(norm_back),
    NAME(add_slots),     NAME(squares),       NAME(step),          NAME(transpose),
};
