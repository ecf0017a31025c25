// Rounding-error bounds of centring and of the paper's layer normalisation (layer_norm_of_paper).
//
// Centring cancels, so no relative bound holds without ||c||_-inf, the distance of the entries from their
// mean. First-order coefficients and the relative bound are infinite or unknown where an entry is (or may be)
// the mean; the entrywise bound only where the whole c may be lost. Source: arXiv:2503.10251,
// Lemmas 4.10, 4.11, Corollary 4.12, Remark 4.13; erratum E6 (sqrt(d)).
#pragma once

#include "halfulp/layers/layer_norm/condition.hpp"
#include "halfulp/layers/layer_norm/layer_norm.hpp"
#include "halfulp/layers/rms_norm/rounding.hpp"

namespace halfulp {

/// (1 + ||x||_1/||c||_-inf) u + kappa_c,c(c, x) rho  (Lemmas 4.10, 4.8).
template <Real T>
FirstOrder<T> centring_first_order(Row<const T> x) {
  const CentringJacobian<T> j(x);
  return {T(1.0) + ratio(norm_1(x), norm_minus_inf(j.c())), kappa_cc(j)};
}

/// (d/2 + 5 + 2 ||x||_1/||c||_-inf) u + 3 ||x||_inf/||c||_-inf rho  [d/2 + 6 with sqrt(d) rounded].
template <Real T>
FirstOrder<T> layer_norm_first_order(Row<const T> x, RootOfD root = RootOfD::exact) {
  const LayerNormJacobian<T> j(x);
  const T counted = rms_norm_first_order<T>(x.size(), root).u + T(2.0);
  return {counted + ratio(T(T(2.0) * norm_1(x)), norm_minus_inf(j.c())), kappa_cc_bound2(j)};
}

/// 3 (1 + ||x||_inf/||c||_-inf) (d u + rho)  (Remark 4.13; d >= 2).
template <Real T>
FirstOrder<T> layer_norm_simplified(Row<const T> x) {
  const CentringJacobian<T> j(x);
  const T factor = T(3.0) * (T(1.0) + ratio(norm_inf(x), norm_minus_inf(j.c())));
  return {factor * T(static_cast<double>(x.size())), factor};
}

/// What Lemma 4.11 (alpha = 1) and Corollary 4.12 (alpha >= 1) assume of x, in the units of x.
template <Real T>
std::vector<Hypothesis> layer_norm_hypotheses(Row<const T> x, double u, double alpha = 1) {
  const CentringJacobian<T> j(x);
  const Upper factor = Upper(2 * alpha) * (Upper(1) + u) * gamma_above(static_cast<double>(x.size()), u);
  const Upper least = factor * magnitude(norm_inf(x));
  return {{"||c(x)||_-inf > 2 alpha (1 + u) gamma_d ||x||_inf",
           lower_end(norm_minus_inf(j.c())) - least.value()}};
}

/// The largest rho_c(xhat, x) that Corollary 4.12 admits: (alpha - 1) / (1 + alpha kappa_c,c(c, x)).
template <Real T>
T layer_norm_largest_rho(Row<const T> x, double alpha) {
  return T(alpha - 1) / (T(1.0) + T(alpha) * kappa_cc(CentringJacobian<T>(x)));
}

/// Non-asymptotic, entrywise: |fl(c(xhat)_i) - c(x)_i| <= m_i + u (|c_i| + m_i), where
///
///   m_i = rho (|J_c| |x|)_i + (1 + rho) gamma_k ||x||_1/d,   k = additions(d) + 1
///
/// With xhat_j = x_j (1 + e_j) the computed mean is (1/d) sum_j xhat_j (1 + theta_j), |theta_j| <= gamma_k,
/// and xhat_i - mean - c_i = (J_c diag(x) e)_i - (1/d) sum_j xhat_j theta_j; the subtraction rounds once.
template <Real T>
std::vector<Upper> centring_error(Row<const T> x, const RoundingModel& model, Upper rho) {
  const CentringJacobian<T> j(x);
  const auto d = static_cast<double>(x.size());
  const std::vector<T> sums = j.absolute_times(absolute(x));
  const Upper of_mean = model.gamma(model.additions(x.size()) + 1) * magnitude(norm_1(x)) / d;
  std::vector<Upper> errors;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Upper moved = rho * magnitude(sums[i]) + (Upper(1) + rho) * of_mean;
    errors.push_back(moved + Upper(model.u) * (magnitude(j.c()[i]) + moved));
  }
  return errors;
}

/// Non-asymptotic, entrywise: |fl(N(xhat)_i) - N(x)_i| <= m_i + gamma_k (|N(x)_i| + m_i), k = dot(d)/2 + 3,
/// where
///
///   m_i = sqrt(d) (E_i + |c_i| D/||c||) / (||c|| - D),  E = centring_error,
///   D = min(||E||, (2 |c|^T E + ||E||^2) / (2 ||c|| - ||E||))  >=  | ||chat|| - ||c|| |
///
/// because chat_i/||chat|| - c_i/||c|| = (chat_i - c_i + c_i (||c|| - ||chat||)/||c||) / ||chat||, and
/// ||chat||^2 - ||c||^2 = 2 c^T (chat - c) + ||chat - c||^2 over ||chat|| + ||c||.  inf where D may reach
/// ||c||; entries at their mean do no harm.
template <Real T>
std::vector<Upper> layer_norm_entrywise_error(Row<const T> x, const RoundingModel& model, Upper rho,
                                              RootOfD root = RootOfD::exact) {
  const LayerNormJacobian<T> j(x);
  const std::vector<Upper> errors = centring_error(x, model, rho);
  const double length = next_below(mignitude(norm_2(j.c())));
  Upper squares, along;
  for (std::size_t i = 0; i < x.size(); ++i) {
    squares += errors[i] * errors[i];
    along += errors[i] * magnitude(j.c()[i]);
  }
  const Upper distance = sqrt(squares);
  const Upper stretched =
      min(distance, (Upper(2) * along + squares) / next_below(2 * length - distance.value()));
  const double least = next_below(length - stretched.value());
  if (!(least > 0)) return std::vector<Upper>(x.size(), Upper::no_statement());
  const Upper root_of_d = sqrt(Upper(static_cast<double>(x.size())));
  const Upper rounded = model.gamma(model.dot(x.size()) / 2 + 3 + (root == RootOfD::rounded));
  std::vector<Upper> bounds;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Upper size = magnitude(j.c()[i]);
    const Upper moved = root_of_d * (errors[i] + size * stretched / length) / least;
    bounds.push_back(moved + rounded * (root_of_d * size / length + moved));
  }
  return bounds;
}

/// Non-asymptotic, relative componentwise: the largest entrywise bound over |N(x)_i|.  Without the hypotheses
/// of Lemma 4.11, and never above what Corollary 4.9 makes of the relative error of c: 2 rho_c/(1 - rho_c)
/// and R's own roundings.  inf where an entry is (or may be) the mean.
template <Real T>
Upper layer_norm_error(Row<const T> x, const RoundingModel& model, Upper rho, RootOfD root = RootOfD::exact) {
  const LayerNormJacobian<T> j(x);
  const std::vector<Upper> errors = layer_norm_entrywise_error(x, model, rho, root);
  Upper relative;
  for (std::size_t i = 0; i < x.size(); ++i)
    relative = max(relative, errors[i] / mignitude(j.scale() * j.c()[i]));
  return relative;
}

}  // namespace halfulp
