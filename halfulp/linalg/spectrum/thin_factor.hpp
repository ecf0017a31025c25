// The triangular factor of a thin QR factorisation of a wide matrix's transpose,  W^T = Q R,  by Cholesky's
// factorisation of the Gram matrix  W W^T = R^T R:  the columns of W are read once and nothing as long as a
// row of W is kept.  The error is bounded after the fact, with no theory of W:
//
//   |R^T R - W W^T| <= epsilon s s^T   (sums, products and Cholesky's; s_i the length of row i)
//   Q = W^T R^-1:   ||Q^T Q - I|| <= epsilon || |R^-T| s ||^2 =: delta                          (in binary64)
//   W^T = Q (R + D), Q^T Q = I:   ||D||_2 <= sqrt(|| R^T R - W W^T ||_2)                   (in double-double)
//
// The first is relative, for every singular value; where delta is not small (rows of W that nearly depend on
// each other, or zeros), the factorisation is done again in double-double with pivots, and the second is
// used. Sources: Higham, Accuracy and Stability, Theorems 8.5 and 10.3; Bhatia, Matrix Analysis, X.1 for the
// second.
#pragma once

#include "halfulp/linalg/spectrum/wide_matrix.hpp"

namespace halfulp {

struct ThinFactor {
  std::vector<double> r;  // [pitch, pitch] by rows, zeros beyond n; column i belongs to row i of W
  std::size_t n = 0, pitch = 0;
  bool triangular = true;
  double relative = 0;   // delta
  double absolute = 0;   // ||D||_2 at most
  double frobenius = 0;  // ||R||_F at least

  /// R diag(f): the factor of diag(f) W.
  ThinFactor with_rows_scaled(std::span<const double> f) const;
};

/// delta up to which the binary64 factor is kept.
inline constexpr double most_relative_error = 1e-9;

/// Where W is not finite, absolute is infinite; where its squares underflow, R is 0 and absolute above ||W||.
ThinFactor thin_factor(const WideMatrix& w, const Gram& gram);
inline ThinFactor thin_factor(const WideMatrix& w) { return thin_factor(w, gram_of(w)); }

/// The second way only: for tests.
ThinFactor thin_factor_in_double_double(const WideMatrix& w);

}  // namespace halfulp
