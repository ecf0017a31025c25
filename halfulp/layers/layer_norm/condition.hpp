// Norms and condition numbers of centring and of layer normalisation: exact ones and the lemmas' bounds.
//
// Exact ones of N cost O(d log d).  kappa_c,c needs a generic c: it is infinite or unknown where an entry is
// the mean or may be it.  Source: arXiv:2503.10251, Lemmas 3.7 and 3.8, with errata E3 (d = 2: J_N = 0) and
// section 2 (3.8.3: |c|^T |x| and ||c||_-inf where |c^T x| and ||c||_inf are printed).
#pragma once

#include "halfulp/layers/layer_norm/jacobian.hpp"

namespace halfulp {

/// 1; 0 for d = 1.
template <Real T>
T norm_22(const CentringJacobian<T>& j) {
  return T(j.inputs() < 2 ? 0.0 : 1.0);
}

/// 1 - 1/d, the largest entry.
template <Real T>
T norm_1inf(const CentringJacobian<T>& j) {
  const T d(static_cast<double>(j.inputs()));
  return (d - T(1.0)) / d;
}

/// ||J||_1,1 = ||J||_inf,inf = 2 (1 - 1/d).
template <Real T>
T norm_infinf(const CentringJacobian<T>& j) {
  return T(2.0) * norm_1inf(j);
}

/// ||x|| / ||c||.
template <Real T>
T kappa_22(const CentringJacobian<T>& j) {
  return ratio(norm_2(j.x()), norm_2(j.c()));
}

/// (||x||_1 + (d - 2) ||x||_inf) / (d ||c||_inf).
template <Real T>
T kappa_cinf(const CentringJacobian<T>& j) {
  return condition_mixed(j, j.x(), j.c());
}

/// max_i (||x||_1 + (d - 2) |x_i|) / (d |c_i|).
template <Real T>
T kappa_cc(const CentringJacobian<T>& j) {
  return condition_componentwise(j, j.x(), j.c());
}

/// 2 ||x||_inf / ||c||_-inf.
template <Real T>
T kappa_cc_bound(const CentringJacobian<T>& j) {
  return ratio(T(T(2.0) * norm_inf(j.x())), norm_minus_inf(j.c()));
}

/// sqrt(d)/||c||; 0 for d = 2 (E3).
template <Real T>
T norm_22(const LayerNormJacobian<T>& j) {
  return j.inputs() == 2 && mignitude(j.squares()) > 0 ? T(0.0) : j.scale();
}

/// ||J||_1,inf = scale (1 - 1/d - ||c||_-inf^2/||c||^2): J is a projection times scale, and the largest entry
/// of a positive semidefinite matrix is on its diagonal.
template <Real T>
T norm_1inf(const LayerNormJacobian<T>& j) {
  T largest(0.0);
  for (std::size_t i = 0; i < j.inputs(); ++i) largest = max(largest, T(abs(j.diagonal(i))));
  return j.scale() * largest;
}

/// The lemma's bound: scale (1 - 1/d + ||c||_inf^2/||c||^2).
template <Real T>
T norm_1inf_bound(const LayerNormJacobian<T>& j) {
  const T largest = norm_inf(j.c());
  return j.scale() * (norm_1inf(j.centring()) + largest * largest / j.squares());
}

/// ||J||_1,1 = ||J||_inf,inf, the largest sum of a row.
template <Real T>
T norm_infinf(const LayerNormJacobian<T>& j) {
  const std::vector<T> ones(j.inputs(), T(1.0));
  return norm_inf(Row<const T>(j.absolute_times(ones)));
}

/// The lemma's bound: scale (2 - 2/d + ||c||_inf ||c||_1/||c||^2).
template <Real T>
T norm_infinf_bound(const LayerNormJacobian<T>& j) {
  return j.scale() * (norm_infinf(j.centring()) + norm_inf(j.c()) * norm_1(j.c()) / j.squares());
}

/// ||x|| / ||c||; 0 for d = 2 (E3).
template <Real T>
T kappa_22(const LayerNormJacobian<T>& j) {
  return j.inputs() == 2 && mignitude(j.squares()) > 0 ? T(0.0) : kappa_22(j.centring());
}

namespace detail {

/// (|J_N| |x|)_i / scale, to be compared with c = N(x) / scale.
template <Real T>
std::vector<T> unscaled_sums(const LayerNormJacobian<T>& j) {
  std::vector<T> sums = j.absolute_times(absolute(j.x()));
  for (T& sum : sums) sum = sum / j.scale();
  return sums;
}

/// |c|^T |x| / ||c||^2.
template <Real T>
T overlap_of_moduli(const LayerNormJacobian<T>& j) {
  T sum(0.0);
  for (std::size_t i = 0; i < j.inputs(); ++i) sum = sum + abs(j.c()[i]) * abs(j.x()[i]);
  return sum / j.squares();
}

}  // namespace detail

/// || |J| |x| ||_inf / ||N(x)||_inf.
template <Real T>
T kappa_cinf(const LayerNormJacobian<T>& j) {
  const std::vector<T> sums = detail::unscaled_sums(j);
  return ratio(norm_inf(Row<const T>(sums)), norm_inf(j.c()));
}

/// |c|^T |x|/||c||^2 + kappa_c,inf(c, x).
template <Real T>
T kappa_cinf_bound(const LayerNormJacobian<T>& j) {
  return detail::overlap_of_moduli(j) + kappa_cinf(j.centring());
}

/// max_i (|J| |x|)_i / |N(x)_i|.
template <Real T>
T kappa_cc(const LayerNormJacobian<T>& j) {
  const std::vector<T> sums = detail::unscaled_sums(j);
  return largest_ratio(Row<const T>(sums), j.c());
}

/// The first bound: |c|^T |x|/||c||^2 + kappa_c,c(c, x).
template <Real T>
T kappa_cc_bound1(const LayerNormJacobian<T>& j) {
  return detail::overlap_of_moduli(j) + kappa_cc(j.centring());
}

/// The second: 3 ||x||_inf / ||c||_-inf.
template <Real T>
T kappa_cc_bound2(const LayerNormJacobian<T>& j) {
  return ratio(T(T(3.0) * norm_inf(j.x())), norm_minus_inf(j.c()));
}

}  // namespace halfulp
