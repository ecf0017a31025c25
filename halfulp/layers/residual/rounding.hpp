// Rounding-error bounds of the residual connection y = x + f.  Shapes: all [d, n].
//
// Relative to y the error may be anything: xi is infinite where x + f cancels.  Absolute errors just add.
// Source: arXiv:2503.10251, Lemmas 4.25 to 4.28 (xi of the halves); docs/theory.md, 6.
#pragma once

#include "halfulp/layers/jacobian.hpp"
#include "halfulp/layers/radius.hpp"

namespace halfulp {

/// xi = max (|x| + |f|) / |x + f|;  inf where x + f is not generic but for 0/0 = 0.
template <Real T>
T residual_xi(MatrixView<const T> x, MatrixView<const T> f) {
  T largest(0.0);
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t t = 0; t < x.columns(); ++t)
      largest = max(largest, ratio(T(abs(x(i, t)) + abs(f(i, t))), T(x(i, t) + f(i, t))));
  return largest;
}

/// |fl(xhat + fhat) - (x + f)| <= u |x + f| + (1 + u)(e_x + e_f) for |xhat - x| <= e_x, |fhat - f| <= e_f.
template <Real T>
Radii residual_error(MatrixView<const T> x, MatrixView<const T> f, double u, const Radii& e_x,
                     const Radii& e_f) {
  Radii e = e_x + e_f;
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t t = 0; t < x.columns(); ++t)
      e(i, t) = (Upper(1) + u) * e(i, t) + Upper(u) * magnitude(T(x(i, t) + f(i, t)));
  return e;
}

}  // namespace halfulp
