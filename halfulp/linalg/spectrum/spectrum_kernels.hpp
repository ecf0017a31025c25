// The kernels that singular values of products of wide matrices take, one table per instruction set (like
// linalg/kernels.hpp); the bits are the same in each.  Matrices are stored by rows, `pitch` numbers from one
// row to the next, a multiple of 8; numbers beyond the last column are zeros.
#pragma once

#include <cstddef>
#include <cstdint>

namespace halfulp {

/// Columns of a panel lie in slices of so many, one row of the slice after the other.
inline constexpr std::size_t slice_width = 16;

/// Eight numbers are the unit of sums along rows: lane l adds the terms l, l + 8, ..., then the lanes are
/// added by halves.
inline constexpr std::size_t lane_count = 8;

struct SpectrumKernels {
  /// slices[s][k][c] = gain[k] value(w[(16 s + c) row_step + k]), k < count; 0 for rows beyond the last.
  void (*pack_bf16)(const std::uint16_t* w, std::size_t row_step, std::size_t rows, std::size_t count,
                    const double* gain, double* slices) = nullptr;
  /// The same of w[k row_step + 16 s + c]: a matrix that is stored transposed.
  void (*pack_bf16_transposed)(const std::uint16_t* w, std::size_t row_step, std::size_t rows,
                               std::size_t count, const double* gain, double* slices) = nullptr;
  /// g_ij += sum_k x_ki x_kj for the slices on and above the diagonal; x_k has n numbers (multiple of 16) in
  /// n / 16 slices of `count` rows; g [n, n].  Each sum runs over k in turn, fused, from 0.
  void (*add_gram)(const double* slices, std::size_t count, std::size_t n, double* g) = nullptr;
  /// sums_i += sum_k x_ki, sizes_i += sum_k |x_ki|, each term in turn.
  void (*add_sums)(const double* slices, std::size_t count, std::size_t n, double* sums,
                   double* sizes) = nullptr;
  /// plain_k = sum_i |x_ki| and weighted_k = sum_i |x_ki| weights_i, i < n, in eight lanes.
  void (*column_sizes)(const double* slices, std::size_t count, std::size_t n, const double* weights,
                       double* plain, double* weighted) = nullptr;
  /// y = |W| D |W|^T x for D = diag(gain_squares), W [rows, columns], rows and columns multiples of 8; each
  /// |w| is taken as 2^-896 times what it is, which the caller makes up for in x and D.  scratch: 40 rows
  /// numbers.  Every y_i is a sum of terms >= 0; none is rounded more often than rows + columns + 16 times.
  void (*sizes_gram_times_bf16)(const std::uint16_t* w, std::size_t row_step, std::size_t rows,
                                std::size_t columns, const double* gain_squares, const double* x,
                                double* scratch, double* y) = nullptr;
  /// The same of a matrix that is stored transposed.
  void (*sizes_gram_times_bf16_transposed)(const std::uint16_t* w, std::size_t row_step, std::size_t rows,
                                           std::size_t columns, const double* gain_squares, const double* x,
                                           double* scratch, double* y) = nullptr;
  /// G = R^T R in place, the part above the diagonal read and written, zeros below.  Rows that were made
  /// before a pivot was not positive; n where all were.
  std::size_t (*cholesky)(double* g, std::size_t n, std::size_t pitch) = nullptr;
  /// t_j = sum_i |x_ij| s_i of X = R^-1; x: one row, scratch.
  void (*inverse_sizes)(const double* r, std::size_t n, std::size_t pitch, const double* s, double* x,
                        double* t) = nullptr;
  /// C_ij = sum_{k >= max(i, j)} a_ik b_kj of a = R_k and b = R_q^T: upper triangular times lower.
  void (*triangles_product)(const double* a, const double* b, std::size_t n, std::size_t pitch,
                            double* c) = nullptr;
  /// A = U B V^T, B bidiagonal: its diagonal d [n] and superdiagonal e [n - 1].  A is overwritten; scratch
  /// has 4 pitch numbers.
  void (*bidiagonalise)(double* a, std::size_t n, std::size_t pitch, double* d, double* e,
                        double* scratch) = nullptr;
  /// For 32 numbers x > 0: how many eigenvalues of the symmetric tridiagonal matrix with a zero diagonal and
  /// squares b2 [count] of its off-diagonal are larger.
  void (*count_above)(const double* b2, std::size_t count, const double* x, double* above) = nullptr;
};

inline constexpr std::size_t counted_at_once = 32;

}  // namespace halfulp
