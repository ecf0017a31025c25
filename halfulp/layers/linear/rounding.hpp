// Rounding-error bounds of sums, products and affine maps, entry by entry and absolute: the only bounds that
// every other room is built of.  In gamma form, nothing dropped.
//
//   |fl(sum x) - sum x|            <=  gamma_s ||x||_1,                s = model.additions(d)  (d - 1)
//   |fl(A x) - A x|                <=  gamma_k |A| |x|,                k = model.dot(d)        (d)
//   |fl(A x + b) - (A x + b)|      <=  (u + (1 + u) gamma_k) |A| |x| + u |b|
//
// In brackets the paper's counts, those of recursive summation.  `rho` >= rho_c(xhat, x) is the argument's
// own error: |xhat - x| <= rho |x|, so |A| |xhat| <= (1 + rho) |A| |x|, and rho |A| |x| is what it moves.
// Hypotheses: Model 4.1 (no overflow, no underflow).  inf where k u >= 1.
// Source: arXiv:2503.10251, Lemma 4.3, Remark 4.5.
#pragma once

#include "halfulp/layers/linear/jacobian.hpp"
#include "halfulp/layers/rounding_bound.hpp"

namespace halfulp {

/// ||x||_1, never too small.
template <Real T>
Upper sum_of_magnitudes(Row<const T> x) {
  Upper sum;
  for (std::size_t i = 0; i < x.size(); ++i) sum += magnitude(x[i]);
  return sum;
}

/// Lemma 4.3.1 at an argument with error rho.
template <Real T>
Upper sum_error(Row<const T> x, const RoundingModel& model, Upper rho = {}) {
  const Upper g = model.gamma(model.additions(x.size()));
  return (g + rho + g * rho) * sum_of_magnitudes(x);
}

/// The constant of compensated_sum():  |error| <= c ||x||_1,  c = 3 u + O(n u^2);  inf where n u^2 is not
/// small.  (Knuth; Higham, Accuracy and Stability, (4.8), have 2 u + O(n u^2) for binary arithmetic, where
/// s_{k-1} - s_k below is exact as a rule.  Here it is a rounding like any other, so that the constant holds
/// for every arithmetic of Model 4.1, decimal and stochastic ones included, and nothing is hidden in an O.)
///
/// Proof.  One step is y = (x_k + e_{k-1})(1 + eta), s_k = s_{k-1} + y + r with |r| <= u |s_{k-1} + y|, e_k =
/// ((-y - r)(1 + tau) + y)(1 + delta).  Let X = ||x||_1, M = max_k |s_{k-1} + y|, Y = sum |y|.  Then
///   |e_k| <= (1+u)((1+u) u M + u |y|)   and   |e_k + r| <= u (2+u) u M + u (1+u) |y|,
///   Y <= ((1+u) X + (n-1)(1+u)^3 u M) / (1 - u (1+u)^2),
/// and s_{k-1} + y is x_1 + ... + x_k but for terms whose magnitudes sum to at most
///   R = sum_{j<k} |e_j + r_j| + u sum_{j<=k} (|x_j| + |e_{j-1}|) <= a X + b M,
///   a = u + u (1+u)^3 / (1 - u (1+u)^2),
///   b = (n-1) u^2 ((1+u)^5 / (1 - u (1+u)^2) + (2+u) + (1+u)^2),
/// so M <= (1 + a) X / (1 - b), and s_n, one r later, errs by at most R + u M.
inline Upper compensated_constant(std::size_t n, double u) {
  if (n < 2) return {};
  const Upper one = Upper(1) + u, square = one * one, cube = square * one;
  const Upper c = Upper(u) * square;
  if (!(c.value() < 1)) return Upper::no_statement();
  const double rest = next_below(1 - c.value());
  const Upper a = Upper(u) + Upper(u) * cube / rest;
  const Upper b = Upper(static_cast<double>(n - 1)) * u * u * (cube * square / rest + (one + 1) + square);
  if (!(b.value() < 1)) return Upper::no_statement();
  return a + (b + u) * (Upper(1) + a) / next_below(1 - b.value());
}

template <Real T>
Upper compensated_sum_error(Row<const T> x, const RoundingModel& model) {
  return compensated_constant(x.size(), model.u) * sum_of_magnitudes(x);
}

/// The constant of |A| |x| in an affine map, u + (1 + u) gamma_k.
inline Upper affine_constant(const RoundingModel& model, std::size_t d) {
  return Upper(model.u) + (Upper(1) + model.u) * model.gamma(model.dot(d));
}

/// Lemma 4.3.2 at an argument with error rho.
template <Real T>
std::vector<Upper> product_error(MatrixView<const T> a, Row<const T> x, const RoundingModel& model,
                                 Upper rho = {}) {
  const Upper g = model.gamma(model.dot(a.columns()));
  std::vector<Upper> bound;
  for (std::size_t i = 0; i < a.rows(); ++i)
    bound.push_back((g + rho + g * rho) * upper_end(absolute_product(a, i, x)));
  return bound;
}

/// Lemma 4.3.3 at an argument with error rho; without b, one rounding too many.
template <Real T>
std::vector<Upper> affine_error(MatrixView<const T> a, Row<const T> b, Row<const T> x,
                                const RoundingModel& model, Upper rho = {}) {
  const Upper c = affine_constant(model, a.columns());
  std::vector<Upper> bound;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    const Upper own = b.empty() ? Upper{} : Upper(model.u) * magnitude(b[i]);
    bound.push_back((c + rho + c * rho) * upper_end(absolute_product(a, i, x)) + own);
  }
  return bound;
}

/// The same for |xhat - x| <= errors, where some entries may be known to stay zero: of the d terms of a
/// product at most m = `terms` are not zero, and zeros are added exactly.
///   |A| errors + gamma_min(k,m) |A| (|x| + errors),   and with b:   (1 + u) (that) + u |A x + b|
/// because the last addition errs by u times its exact result.  Never above Lemma 4.3.3, which splits |A x +
/// b|.
template <Real T>
std::vector<Upper> affine_error(MatrixView<const T> a, Row<const T> b, Row<const T> x,
                                const RoundingModel& model, const std::vector<Upper>& errors,
                                std::size_t terms) {
  const Upper g = model.gamma(std::fmin(model.dot(a.columns()), static_cast<double>(terms)));
  std::vector<Upper> bound;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    Upper moved;
    for (std::size_t j = 0; j < a.columns(); ++j) moved += Upper(magnitude(a(i, j))) * errors[j];
    Upper error = moved + g * (Upper(upper_end(absolute_product(a, i, x))) + moved);
    if (!b.empty())
      error = (Upper(1) + model.u) * error + Upper(model.u) * magnitude(affine_value(a, b, i, x));
    bound.push_back(error);
  }
  return bound;
}

}  // namespace halfulp
