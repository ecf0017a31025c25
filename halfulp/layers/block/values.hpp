// What a block computes on its way, in exact arithmetic: the points at which its bounds are taken.
// Source: arXiv:2503.10251, eqs. (6), (9).
#pragma once

#include "halfulp/layers/block/block.hpp"
#include "halfulp/layers/layer_norm/condition.hpp"

namespace halfulp {

/// What a block computes on its way, in exact arithmetic (T = double: rounded).
/// Pre-norm: normed = N(X), branch = A(normed); post-norm: normed = A(X), branch = N(normed).
/// Y = X + branch, normed_y = N(Y), fed = M(normed_y), Z = Y + fed.
template <Real T>
struct BlockValues {
  Matrix<T> x, normed, branch, y, normed_y, fed, z;
};

template <Real T>
BlockValues<T> block_values(const PaperBlock<T>& weights, Norm norm, NormPlace place, MatrixView<const T> x) {
  using View = MatrixView<const T>;
  ContextOf<T> ar;
  const Matrix<T> empty(x.rows(), x.columns());
  BlockValues<T> v{empty, empty, empty, empty, empty, empty, empty};
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t t = 0; t < x.columns(); ++t) v.x(i, t) = x(i, t);
  const auto attend = [&](View in, MatrixView<T> out) {
    self_attention(ar, weights.wq.view(), weights.wk.view(), weights.wv.view(), in,
                   AttentionForm{ValueOrder::mix_first, Shift::by_maximum, RootOfD::exact}, out);
  };
  if (place == NormPlace::before_attention) {
    normalise_tokens(ar, x, norm, RootOfD::exact, v.normed.view());
    attend(v.normed, v.branch);
  } else {
    attend(x, v.normed);
    normalise_tokens(ar, View(v.normed), norm, RootOfD::exact, v.branch.view());
  }
  residual(ar, x, View(v.branch), v.y.view());
  normalise_tokens(ar, View(v.y), norm, RootOfD::exact, v.normed_y.view());
  perceptron(ar, weights.a1.view(), Row<const T>(weights.b1), weights.a2.view(), Row<const T>(weights.b2),
             View(v.normed_y), v.fed.view());
  residual(ar, View(v.y), View(v.fed), v.z.view());
  return v;
}

/// max_t ||x_t||_inf / ||c(x_t)||_-inf + 1 for the layer norm, 1 for the RMS norm.
template <Real T>
T norm_spread(Norm norm, MatrixView<const T> x) {
  T largest(0.0);
  if (norm == Norm::rms) return T(1.0);
  for (std::size_t t = 0; t < x.columns(); ++t) {
    const CentringJacobian<T> centred(x.column(t));
    largest = max(largest, ratio(norm_inf(x.column(t)), norm_minus_inf(centred.c())));
  }
  return T(1.0) + largest;
}

}  // namespace halfulp
