// The Jacobian of softmax psi(s), its norms and condition numbers.
//
//   J = diag(psi) - psi psi^T,   symmetric, positive semidefinite, (1, ..., 1) in its kernel
//
// Shapes: s, psi, v [n], s finite.  1 - psi_i is the sum of the other weights, so that nothing cancels where
// one weight is nearly all.  Source: arXiv:2503.10251, Lemma 3.13, with erratum E5 (the proof's secular
// equation).
#pragma once

#include "halfulp/layers/jacobian.hpp"
#include "halfulp/layers/softmax/softmax.hpp"
#include "halfulp/linalg/singular_values.hpp"

namespace halfulp {

namespace detail {

/// sum_{j != i} x_j for every i, in O(n): what comes before i and what comes behind it.
template <class T>
std::vector<T> sums_of_others(const std::vector<T>& x) {
  std::vector<T> sums(x.size());
  T before(0.0), behind(0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    sums[i] = before;
    before = before + x[i];
  }
  for (std::size_t i = x.size(); i-- > 0;) {
    sums[i] = sums[i] + behind;
    behind = behind + x[i];
  }
  return sums;
}

}  // namespace detail

template <Real T>
class SoftmaxJacobian {
 public:
  using Number = T;

  explicit SoftmaxJacobian(Row<const T> s) : psi_(s.size()) {
    for (std::size_t i = 0; i < s.size(); ++i) s_.push_back(s[i]);
    ContextOf<T> ar;
    std::vector<T> exponentials(s.size());
    softmax(ar, s, Shift::by_maximum, Row<T>(exponentials), Row<T>(psi_));
    others_ = detail::sums_of_others(psi_);
  }

  std::size_t inputs() const { return s_.size(); }
  std::size_t outputs() const { return s_.size(); }
  const std::vector<T>& s() const { return s_; }
  const std::vector<T>& psi() const { return psi_; }
  /// 1 - psi_i.
  const std::vector<T>& others() const { return others_; }

  std::vector<T> times(Row<const T> v) const {
    T mean(0.0);
    for (std::size_t i = 0; i < v.size(); ++i) mean = mean + psi_[i] * v[i];
    std::vector<T> y;
    for (std::size_t i = 0; i < v.size(); ++i) y.push_back(psi_[i] * (v[i] - mean));
    return y;
  }
  std::vector<T> transposed_times(Row<const T> w) const { return times(w); }
  std::vector<T> absolute_times(Row<const T> v) const {
    std::vector<T> y = relative_absolute_times(v);
    for (std::size_t i = 0; i < v.size(); ++i) y[i] = psi_[i] * y[i];
    return y;
  }
  /// (|J| v)_i / psi_i = (1 - psi_i) v_i + sum_{j != i} psi_j v_j, v >= 0.
  std::vector<T> relative_absolute_times(Row<const T> v) const {
    std::vector<T> weighted;
    for (std::size_t i = 0; i < v.size(); ++i) weighted.push_back(psi_[i] * v[i]);
    std::vector<T> y = detail::sums_of_others(weighted);
    for (std::size_t i = 0; i < v.size(); ++i) y[i] = y[i] + others_[i] * v[i];
    return y;
  }

 private:
  std::vector<T> s_, psi_, others_;
};

/// ||J||_2,2, the largest eigenvalue, from the matrix; O(n^3).
template <Real T>
T norm_22(const SoftmaxJacobian<T>& j) {
  return largest_singular_value(MatrixView<const T>(dense(j)));
}

/// Its bound ||psi||_inf.
template <Real T>
T norm_22_bound(const SoftmaxJacobian<T>& j) {
  return norm_inf(Row<const T>(j.psi()));
}

/// ||J||_1,inf = max_i psi_i (1 - psi_i).
template <Real T>
T norm_1inf(const SoftmaxJacobian<T>& j) {
  T largest(0.0);
  for (std::size_t i = 0; i < j.inputs(); ++i) largest = max(largest, T(j.psi()[i] * j.others()[i]));
  return largest;
}

/// ||J||_1,1 = ||J||_inf,inf = 2 ||J||_1,inf.
template <Real T>
T norm_infinf(const SoftmaxJacobian<T>& j) {
  return T(2.0) * norm_1inf(j);
}

/// max_i psi_i (|s_i| (1 - 2 psi_i) + psi^T |s|) / ||psi||_inf, s != 0.
template <Real T>
T kappa_cinf(const SoftmaxJacobian<T>& j) {
  return condition_mixed(j, Row<const T>(j.s()), Row<const T>(j.psi()));
}

/// max_i |s_i| (1 - 2 psi_i) + psi^T |s|, s != 0.
template <Real T>
T kappa_cc(const SoftmaxJacobian<T>& j) {
  const std::vector<T> sizes = absolute(Row<const T>(j.s()));
  return norm_inf(Row<const T>(j.relative_absolute_times(sizes)));
}

/// Its bound 2 ||s||_inf.
template <Real T>
T kappa_cc_bound(const SoftmaxJacobian<T>& j) {
  return T(2.0) * norm_inf(Row<const T>(j.s()));
}

}  // namespace halfulp
