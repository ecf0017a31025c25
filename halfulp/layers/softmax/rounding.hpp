// Rounding-error bounds of softmax, relative and entry by entry.
//
// The shift by the maximum is not free (erratum E7): the subtraction errs by u times the difference, which
// exp turns into a relative error, u |s_i - max s|.  What comes in counts absolutely: softmax sees
// differences of scores, so nothing is divided by a score.  Source: arXiv:2503.10251, Lemma 4.19,
// Corollary 4.20.
#pragma once

#include "halfulp/layers/rounding_bound.hpp"
#include "halfulp/layers/softmax/jacobian.hpp"

namespace halfulp {

/// Lemma 4.19 and Corollary 4.20:  (n + 3) u + 2 ||s||_inf rho_c(shat, s), without the shift only (E7).
template <Real T>
FirstOrder<T> softmax_first_order(Row<const T> s) {
  return {T(static_cast<double>(s.size() + 3)), T(2.0) * norm_inf(s)};
}

/// With the shift (E7):  n + 2 + max_j |s_j - a| + sum_i psi_i |s_i - a|,  a = max s.
template <Real T>
T softmax_shifted_coefficient(Row<const T> s) {
  T largest = s[0];
  for (std::size_t i = 1; i < s.size(); ++i) largest = max(largest, s[i]);
  const SoftmaxJacobian<T> j(s);
  T widest(0.0), mean(0.0);
  for (std::size_t i = 0; i < s.size(); ++i) {
    const T below = largest - s[i];
    widest = max(widest, below);
    mean = mean + j.psi()[i] * below;
  }
  return T(static_cast<double>(s.size() + 2)) + widest + mean;
}

/// Non-asymptotic:  |fl(psi(shat))_i - psi(s)_i| <= result_i psi(s)_i  for every shat with |shat_i - s_i| <=
/// errors[i] (none: shat = s).
///
/// Let |log error of exp's value i| <= L_i = errors_i + u/(1 - u) [+ u D_i with the shift, D_i >= max shat -
/// shat_i]: the error of the score, the rounding of exp, and that of the subtraction; the maximum itself is
/// common to all and cancels.  Then psi_i changes by a factor r with
///   1/(1 + g) <= r <= 1/(1 + sum_{l != i} psi_l (e^-(L_i + L_l) - 1)) <= 1 + g,
///   g = sum_{l != i} psi_l (e^(L_i + L_l) - 1)                  (harmonic mean <= arithmetic mean)
///     = a_i (1 - psi_i + A_i) + A_i,   a_l = e^L_l - 1,  A_i = sum_{l != i} psi_l a_l,
/// and by the roundings of the sum and of the quotient:  (1 + g)(1 + gamma(additions(n) + 1)) - 1.
/// Nothing of second order is dropped and no score stands in a denominator.
template <Real T>
std::vector<Upper> softmax_error(Row<const T> s, const RoundingModel& model, Shift shift,
                                 const std::vector<Upper>& errors = {}) {
  const std::size_t n = s.size();
  const SoftmaxJacobian<T> j(s);
  const auto error = [&](std::size_t i) { return errors.empty() ? Upper{} : errors[i]; };
  const auto raised = [&](std::size_t i) { return T(s[i] + T(error(i).value())); };
  T top = raised(0);
  for (std::size_t i = 1; i < n; ++i) top = max(top, raised(i));
  std::vector<Upper> moved(n);
  for (std::size_t i = 0; i < n; ++i) {
    moved[i] = error(i) + model.gamma(1);
    if (shift == Shift::by_maximum) moved[i] += Upper(model.u) * (Upper(magnitude(top - s[i])) + error(i));
  }
  const Upper rounded = model.gamma(model.additions(n) + 1);
  std::vector<Upper> weighted(n), bounds(n);
  for (std::size_t i = 0; i < n; ++i) weighted[i] = Upper(magnitude(j.psi()[i])) * expm1(moved[i]);
  const std::vector<Upper> elsewhere = detail::sums_of_others(weighted);
  for (std::size_t i = 0; i < n; ++i) {
    const Upper g = expm1(moved[i]) * (Upper(magnitude(j.others()[i])) + elsewhere[i]) + elsewhere[i];
    bounds[i] = g + rounded + g * rounded;
  }
  return bounds;
}

}  // namespace halfulp
