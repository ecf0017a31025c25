// Entrywise error bounds of  Y = W X + b,  W and b exact.
// Shapes: W [m, k], b [m] or empty, X [k, n], Y, bounds [m, n].  Source: docs/theory.md, 6; Lemma 4.3.
#pragma once

#include "halfulp/layers/radius.hpp"

namespace halfulp {

/// |W| E.
inline Radii linear_inherited(MatrixView<const double> w, MatrixView<const Upper> e) {
  Radii y = upper_product(
      w.rows(), w.columns(), e.columns(), [&](std::size_t i, std::size_t k) { return std::fabs(w(i, k)); },
      [&](std::size_t k, std::size_t j) { return e(k, j); });
  // Without a statement the computed number may be NaN, and a weight of 0 does not hide that.
  for (std::size_t j = 0; j < e.columns(); ++j) {
    bool known = true;
    for (std::size_t k = 0; k < e.rows(); ++k) known &= e(k, j) < Upper::no_statement();
    for (std::size_t i = 0; !known && i < y.rows(); ++i) y(i, j) = Upper::no_statement();
  }
  return y;
}

/// gamma(dot(k)) |W| |Xhat|  [+ u |Yhat| with a bias, added last: fl(s + b) differs from s + b by at most
/// u |fl(s + b)|].
inline Radii linear_local(const RoundingModel& model, MatrixView<const double> w, Row<const double> b,
                          MatrixView<const double> x, MatrixView<const double> y) {
  Radii rho = linear_inherited(w, scaled_sizes(model.gamma(model.dot(w.columns())), x));
  return b.empty() ? rho : rho + scaled_sizes(model.u, y);
}

/// Both.
inline Radii linear_radius(const RoundingModel& model, MatrixView<const double> w, Row<const double> b,
                           MatrixView<const double> x, MatrixView<const Upper> e,
                           MatrixView<const double> y) {
  return linear_inherited(w, e) + linear_local(model, w, b, x, y);
}

}  // namespace halfulp
