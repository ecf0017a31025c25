// For tests only: the paper's single head and its rounding bound.
#pragma once

#include <vector>

#include "halfulp/layers/room_testing.hpp"
#include "halfulp/layers/self_attention/self_attention.hpp"

namespace halfulp::testing {

/// W_q, W_k, W_v [d, d] and tokens X [d, n].
struct Head {
  Matrix<double> wq, wk, wv, x;
};

inline Head random_head(Inputs& inputs, Simulated& ar, std::size_t d, std::size_t n, Kind kind) {
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  Head head{inputs.matrix(ar, d, d, scale), inputs.matrix(ar, d, d, scale), inputs.matrix(ar, d, d, 1),
            inputs.tokens(ar, d, n, kind)};
  // Scores of moderate size: their exponentials must not underflow in bf16.
  double largest = 1;
  for (const double entry : head.x.values()) largest = std::fmax(largest, std::fabs(entry));
  for (double& entry : head.x.values()) entry *= std::exp2(-std::ceil(std::log2(largest)));
  return head;
}

template <class A>
std::vector<Value<A>> attended(A& ar, const Head& head, AttentionForm form) {
  using V = Value<A>;
  const Matrix<V> wq = in(ar, head.wq), wk = in(ar, head.wk), wv = in(ar, head.wv), x = in(ar, head.x);
  Matrix<V> y(x.rows(), x.columns());
  self_attention(ar, wq.view(), wk.view(), wv.view(), x.view(), form, y.view());
  return y.values();
}

/// Erratum E1's repair of Lemma 4.21 in gamma form.  The scores err absolutely by
///   eta_it = gamma(3 dot(d) + 1 [+ 1 if sqrt(d) is rounded]) zeta_it,  zeta_it = |x_i|^T |W_k|^T |W_q| |x_t|
///   / sqrt(d):
/// keys, queries and their inner product, and the scale.  Hence each weight by a factor between e^-b and e^b,
///   b = 2 max_i eta_it - (additions(t) + 3) log(1 - u)  [+ 2 u (max D + 2 max eta) if shifted, D = max s -
///   s_i],
/// and the output, whose products have dot(n) and dot(d) roundings in either order, by
///   (e^b (1 + gamma(dot(n) + dot(d))) - 1) |W_v| |X_t| psi_t.
inline std::vector<double> attention_bound(const Studied& studied, const Head& head, AttentionForm form) {
  const std::size_t d = head.x.rows(), n = head.x.columns();
  const double u = studied.u(), root = std::sqrt(static_cast<double>(d));
  const double g = gamma(3 * studied.dot(d) + 1 + (form.root == RootOfD::rounded), u);
  const auto product_with = [&](const Matrix<double>& w, std::size_t t, bool absolute) {
    std::vector<double> y(d, 0.0);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)
        y[i] += absolute ? std::fabs(w(i, j) * head.x(j, t)) : w(i, j) * head.x(j, t);
    return y;
  };
  Matrix<double> bound(d, n);
  for (std::size_t t = 0; t < n; ++t) {
    const auto q = product_with(head.wq, t, false), q_size = product_with(head.wq, t, true);
    std::vector<double> s(t + 1), weight(t + 1);
    double eta = 0, total = 0;
    for (std::size_t i = 0; i <= t; ++i) {
      const auto k = product_with(head.wk, i, false), k_size = product_with(head.wk, i, true);
      double zeta = 0;
      for (std::size_t j = 0; j < d; ++j) {
        s[i] += k[j] * q[j] / root;
        zeta += k_size[j] * q_size[j] / root;
      }
      eta = std::fmax(eta, g * zeta);
    }
    const auto [least, most] = std::minmax_element(s.begin(), s.end());
    for (std::size_t i = 0; i <= t; ++i) total += weight[i] = std::exp(s[i] - *most);
    double b = 2 * eta - (studied.additions(t + 1) + 3) * std::log1p(-u);
    if (form.shift == Shift::by_maximum) b += 2 * u * (*most - *least + 2 * eta);
    const double growth = std::expm1(b + std::log1p(gamma(studied.dot(n) + studied.dot(d), u)));
    for (std::size_t i = 0; i <= t; ++i) {
      const auto v = product_with(head.wv, i, true);
      for (std::size_t j = 0; j < d; ++j) bound(j, t) += growth * v[j] * weight[i] / total;
    }
  }
  return bound.values();
}

}  // namespace halfulp::testing
