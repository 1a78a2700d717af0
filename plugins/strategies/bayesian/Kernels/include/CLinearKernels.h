// Linear algebra and kernel functions in double precision, for Gaussian processes.
//
// Every function adds in one fixed order, so its results have the same bits on every machine: elements are computed
// lane by lane, and a sum over a vector goes into eight partial sums that are added in order. No fused multiply-add, no
// function of the C library but the square root, which IEEE 754 rounds exactly.
//
// Matrices are row by row; `stride` is the distance of two rows in doubles. Of a triangular matrix only the lower half
// is read or written unless told otherwise.
#ifndef C_LINEAR_KERNELS_H
#define C_LINEAR_KERNELS_H

#include <stdint.h>

// out[i] = e to the power x[i], within 2 units in the last place; 0 below -708, infinity above 709.
void linear_exp(int64_t count, const double *x, double *out);

// The inner product of two vectors.
double linear_dot(int64_t count, const double *a, const double *b);

// Weighted squared distances of one point from `count` points.
//
// `columns` holds the points by coordinate: coordinate d of point j at columns[d * stride + j]. A coordinate with
// unordered[d] != 0 is a category: it adds weights[d] where the two differ; any other adds weights[d] times the squared
// difference.
void linear_distances(int64_t count, int64_t dimensions, const double *weights, const uint8_t *unordered,
                      const double *point, const double *columns, int64_t stride, double *out);

// The Matern kernel with nu = 5/2 of squared distances: value[j] = amplitude * (1 + s + s^2 / 3) * exp(-s) with
// s = sqrt(5 * squared[j]); slope[j] is its derivative by the squared distance. `slope` may be NULL; `value` or `slope`
// may be `squared`.
void linear_matern(int64_t count, double amplitude, const double *squared, double *value, double *slope);

// Cholesky's factor in place: A = L L^T, lower halves. Returns 0, or 1 + the index of the first pivot that is not
// positive (then the matrix is spoilt).
int64_t linear_cholesky(int64_t count, double *a, int64_t stride);

// The inverse of a lower triangular matrix, into `inverse` (lower half; same stride).
void linear_invert_lower(int64_t count, const double *lower, double *inverse, int64_t stride);

// The lower half of M^T M for a lower triangular M (same stride).
void linear_gram_of_lower(int64_t count, const double *lower, double *out, int64_t stride);

// out = M v for a lower triangular M.
void linear_lower_times(int64_t count, const double *lower, int64_t stride, const double *v, double *out);

// out = M^T v for a lower triangular M.
void linear_transposed_lower_times(int64_t count, const double *lower, int64_t stride, const double *v, double *out);

// Column sums of squares of M B for a lower triangular M (count x count) and B (count x width, row by row, width a
// multiple of 8, `b_stride` apart): out[c] = sum over i of (M B)[i][c]^2.
void linear_squares_of_lower_times(int64_t count, const double *lower, int64_t stride, int64_t width, const double *b,
                                   int64_t b_stride, double *out);

// out = B^T v for B (count x width, rows `b_stride` apart), `width` a multiple of 8.
void linear_transposed_times(int64_t count, int64_t width, const double *b, int64_t b_stride, const double *v,
                             double *out);

// What one coordinate adds to a gradient: sum over j of m[j] * (x - column[j])^2, or of m[j] where they differ.
double linear_coordinate_moment(int64_t count, const double *m, double x, const double *column, uint8_t unordered);

// sum over j of m[j] * (x - column[j]).
double linear_coordinate_pull(int64_t count, const double *m, double x, const double *column);

// m[j] = (a * v[j] - inverse[j]) * slope[j].
void linear_residual_row(int64_t count, double a, const double *v, const double *inverse, const double *slope,
                         double *m);

// m[j] = (a * x[j] + b * y[j]) * slope[j].
void linear_pull_row(int64_t count, double a, const double *x, double b, const double *y, const double *slope,
                     double *m);

#endif
