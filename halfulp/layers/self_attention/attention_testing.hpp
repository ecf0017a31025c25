// For tests only: the paper's single head and its rounding bound.
#pragma once

#include <vector>

#include "halfulp/layers/room_testing.hpp"
#include "halfulp/layers/self_attention/rounding.hpp"

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

/// attention_error() of the head, entries in the order of attended().
inline std::vector<double> attention_bound(const Studied& studied, const Head& head, AttentionForm form) {
  BallArithmetic balls;
  const Matrix<Ball> wq = in(balls, head.wq), wk = in(balls, head.wk), wv = in(balls, head.wv),
                     x = in(balls, head.x);
  const std::vector<Upper> by_columns =
      attention_error(wq.view(), wk.view(), wv.view(), x.view(), form, {studied.u(), studied.summation});
  Matrix<double> bound(wv.rows(), x.columns());
  for (std::size_t t = 0; t < x.columns(); ++t)
    for (std::size_t a = 0; a < wv.rows(); ++a) bound(a, t) = by_columns[t * wv.rows() + a].value();
  return bound.values();
}

}  // namespace halfulp::testing
