// Rounding-error bounds of the paper's RMS normalisation (rms_norm_of_paper), relative and componentwise:
// rho = rho_c(xhat, x), the result rho_c(fl(R(xhat)), R(x)).
//
// Roundings of an entry: two of the numerator (product, quotient), one of the root, half of those of the sum
// of squares; one more where sqrt(d) is rounded (E6).  Source: arXiv:2503.10251, Lemma 4.6, Corollary 4.9.
#pragma once

#include "halfulp/layers/rms_norm/rms_norm.hpp"
#include "halfulp/layers/rounding_bound.hpp"

namespace halfulp {

/// (d/2 + 3) u + 2 rho  [d/2 + 4 with sqrt(d) rounded].
template <Real T>
FirstOrder<T> rms_norm_first_order(std::size_t d, RootOfD root = RootOfD::exact) {
  return {T(static_cast<double>(d) / 2 + 3 + (root == RootOfD::rounded)), T(2.0)};
}

/// Non-asymptotic:  (1 + gamma_k)(1 + 2 rho/(1 - rho)) - 1,  k = dot(d)/2 + 3: each entry of xhat is x_i (1 +
/// e), |e| <= rho, so numerator and norm change by factors in [1 - rho, 1 + rho].  inf for rho >= 1.
inline Upper rms_norm_error(const RoundingModel& model, std::size_t d, Upper rho,
                            RootOfD root = RootOfD::exact) {
  if (!(rho.value() < 1)) return Upper::no_statement();
  const Upper moved = Upper(2) * rho / next_below(1 - rho.value());
  const Upper rounded = model.gamma(model.dot(d) / 2 + 3 + (root == RootOfD::rounded));
  return rounded + moved + rounded * moved;
}

}  // namespace halfulp
