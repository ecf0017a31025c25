// All singular values of  W_k^T W_q  (d x d) from the triangular factors of W_k^T and W_q^T (n x n):
//
//   W_k^T W_q = Q_k (R_k R_q^T) Q_q^T,   A = R_k R_q^T = U B V^T,   B bidiagonal,
//
// and bisection by Sturm counts on the tridiagonal matrix [0 B^T; B 0] with its rows reordered.  The d x d
// matrix has rank at most n: its other d - n singular values are 0.
//
// Radius: every step's error is bounded in terms of what was computed, so that each value lies in its
// interval, proved.  Largest part: 2n reflections, each within (7n/4 + O(1)) u ||A||_F of an orthogonal one;
// about 1e-11 ||A||_F at n = 128, where 1e-15 is what is seen. Sources: Higham, Accuracy and Stability,
// section 19; Demmel, Kahan, SIAM J. Sci. Stat. Comput. 11 (1990).
#pragma once

#include "halfulp/linalg/spectrum/thin_factor.hpp"

namespace halfulp {

struct ProductSpectrum {
  std::vector<double> values;        // [n], from the largest
  std::vector<double> lower, upper;  // value i lies between

  double sum() const;
  double sum_of_squares() const;
};

/// The first `count` values, or all.  Both factors have the same n.  Infinite upper ends where a factor knows
/// nothing.
ProductSpectrum product_spectrum(const ThinFactor& k, const ThinFactor& q,
                                 std::size_t count = ~std::size_t{0});

/// Those of one matrix.
ProductSpectrum singular_values_of(const ThinFactor& w, std::size_t count = ~std::size_t{0});

}  // namespace halfulp
