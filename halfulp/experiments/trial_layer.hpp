// One layer of a trial, built of the rooms of the layers floor: rounded operation by operation, or array by
// array.  Lanes of a value are trials; the code does not know.
#pragma once

#include "halfulp/experiments/setup.hpp"
#include "halfulp/layers/block/block.hpp"

namespace halfulp {

inline Norm norm_of(NormOrder order) { return order == NormOrder::rms ? Norm::rms : Norm::layer; }

/// Granularity::operation.  ar: one arithmetic or Sited.  Shapes: x, z [d, n].
template <class A>
void trial_layer(A& ar, const PaperBlock<Value<A>>& w, const Setup& setup, Shift shift,
                 MatrixView<const Value<A>> x, MatrixView<Value<A>> z) {
  using V = Value<A>;
  const AttentionForm form{ValueOrder::project_first, shift, RootOfD::exact};
  const auto attend = [&](MatrixView<const V> from, MatrixView<V> to) {
    self_attention(ar, w.wq.view(), w.wk.view(), w.wv.view(), from, form, to, setup.heads);
  };
  if (setup.attention_only) return attend(x, z);
  const auto normalise = [&](MatrixView<const V> from, MatrixView<V> to) {
    normalise_tokens(site(ar, Site::attn_norm), from, norm_of(setup.norm), form.root, to);
  };
  Matrix<V> first(x.rows(), x.columns()), second(x.rows(), x.columns()), y(x.rows(), x.columns());
  const MatrixView<const V> in_first = first.view(), in_second = second.view();
  if (setup.norm == NormOrder::none) {
    attend(x, second.view());
  } else if (setup.norm == NormOrder::post) {
    attend(x, first.view());
    normalise(in_first, second.view());
  } else {
    normalise(x, first.view());
    attend(in_first, second.view());
  }
  residual(site(ar, Site::attn_residual), x, in_second, y.view());
  perceptron_half(ar, w, {norm_of(setup.norm), NormPlace::before_attention, form},
                  MatrixView<const V>(y.view()), z);
}

namespace detail {

template <class V, class Round>
void round_all(Round& round, MatrixView<V> y) {
  for (std::size_t i = 0; i < y.rows(); ++i)
    for (std::size_t j = 0; j < y.columns(); ++j) y(i, j) = round(y(i, j));
}

template <class A, class Round>
void normalise_arrays(A& exact, Round& round, Norm norm, MatrixView<const Value<A>> x,
                      MatrixView<Value<A>> y) {
  std::vector<Value<A>> centred(x.rows());
  for (std::size_t t = 0; t < x.columns(); ++t) {
    for (std::size_t i = 0; i < x.rows(); ++i) centred[i] = x(i, t);
    if (norm == Norm::layer) {
      centring(exact, x.column(t), Row<Value<A>>(centred));
      for (auto& c : centred) c = round(c);
    }
    const Row<const Value<A>> c(centred);
    const auto length = round(exact.sqrt(dot(exact, c, c)));
    for (std::size_t i = 0; i < x.rows(); ++i)
      y(i, t) = round(exact.div(exact.mul_root(c[i], static_cast<double>(x.rows())), length));
  }
}

template <class A, class Round>
void attention_arrays(A& exact, Round& round, const PaperBlock<Value<A>>& w, std::size_t heads,
                      MatrixView<const Value<A>> x, MatrixView<Value<A>> y) {
  using V = Value<A>;
  const std::size_t d = w.wq.rows(), n = x.columns(), d_h = d / heads;
  Matrix<V> q(d, n), k(d, n), v(d, n), s(n, n), p(n, n);
  const auto rounded_product = [&](const Matrix<V>& weights, Matrix<V>& to) {
    product(exact, weights.view(), x, to.view());
    round_all(round, to.view());
  };
  rounded_product(w.wq, q);
  rounded_product(w.wk, k);
  rounded_product(w.wv, v);
  std::vector<V> exponentials(n);
  for (std::size_t h = 0; h < heads; ++h) {
    const auto of_head = [&](auto view) { return view.rows_part(h * d_h, d_h); };
    similarity_scores(exact, MatrixView<const V>(of_head(k.view())), MatrixView<const V>(of_head(q.view())),
                      ScoreScale::by_exact_root, s.view());
    round_all(round, s.view());
    for (std::size_t t = 0; t < n; ++t)
      causal_softmax(exact, s.view().column(t), t, Shift::by_maximum, Row<V>(exponentials), p.column(t));
    round_all(round, p.view());
    mix(exact, MatrixView<const V>(of_head(v.view())), MatrixView<const V>(p.view()), of_head(y));
  }
  round_all(round, y);
}

template <class A, class Round>
void perceptron_arrays(A& exact, Round& round, const PaperBlock<Value<A>>& w, MatrixView<const Value<A>> x,
                       MatrixView<Value<A>> y) {
  using V = Value<A>;
  Matrix<V> hidden(w.a1.rows(), x.columns());
  affine(exact, w.a1.view(), Row<const V>(w.b1), x, hidden.view());
  round_all(round, hidden.view());
  for (auto& h : hidden.values()) h = relu(exact, h);
  affine(exact, w.a2.view(), Row<const V>(w.b2), MatrixView<const V>(hidden.view()), y);
  round_all(round, y);
}

}  // namespace detail

/// Granularity::array: `exact` is binary64, round(value) the format.
template <class A, class Round>
void trial_layer_of_arrays(A& exact, Round& round, const PaperBlock<Value<A>>& w, const Setup& setup,
                           MatrixView<const Value<A>> x, MatrixView<Value<A>> z) {
  using V = Value<A>;
  if (setup.attention_only) return detail::attention_arrays(exact, round, w, setup.heads, x, z);
  const Norm norm = norm_of(setup.norm);
  Matrix<V> first(x.rows(), x.columns()), second(x.rows(), x.columns()), y(x.rows(), x.columns());
  const MatrixView<const V> in_first = first.view(), in_second = second.view(), in_y = y.view();
  if (setup.norm == NormOrder::none) {
    detail::attention_arrays(exact, round, w, setup.heads, x, second.view());
  } else if (setup.norm == NormOrder::post) {
    detail::attention_arrays(exact, round, w, setup.heads, x, first.view());
    detail::normalise_arrays(exact, round, norm, in_first, second.view());
  } else {
    detail::normalise_arrays(exact, round, norm, x, first.view());
    detail::attention_arrays(exact, round, w, setup.heads, in_first, second.view());
  }
  residual(exact, x, in_second, y.view());
  detail::round_all(round, y.view());
  detail::normalise_arrays(exact, round, norm, in_y, first.view());
  detail::perceptron_arrays(exact, round, w, in_first, second.view());
  residual(exact, in_y, in_second, z);
  detail::round_all(round, z);
}

}  // namespace halfulp
