// The rooms as quantities: each reads its inputs by name and runs in any arithmetic.
// Shapes: tokens are columns, X [d, n]; W_q, W_k, W_v [d, d]; A1 [D, d], b1 [D], A2 [d, D], b2 [d].
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "halfulp/analysis/quantities/inputs.hpp"

namespace halfulp::rooms {

struct Sum {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const std::vector<V> x = in.row("x");
    return as_number<V>(sum(ar, Row<const V>(x)));
  }
};

struct Mean {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const std::vector<V> x = in.row("x");
    return as_number<V>(mean(ar, Row<const V>(x)));
  }
};

struct Centring {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const std::vector<V> x = in.row("x");
    std::vector<V> y(x.size());
    centring(ar, Row<const V>(x), Row<V>(y));
    return as_vector(y);
  }
};

/// The mean square of the centred entries.
struct Variance {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const auto c = Centring::run(ar, in).values;
    const V squares = dot(ar, Row<const V>(c.column(0)), Row<const V>(c.column(0)));
    return as_number<V>(ar.div(squares, ar.exactly(static_cast<double>(c.rows()))));
  }
};

template <Norm norm>
struct Normalise {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = column_of(in.row("x"));
    Matrix<V> y(x.rows(), 1);
    normalise_tokens(ar, x.view(), norm, in.root(), y.view());
    return {1, std::move(y)};
  }
};

struct Matvec {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> a = in.matrix("A"), x = column_of(in.row("x", a.columns()));
    Matrix<V> y(a.rows(), 1);
    product(ar, a.view(), x.view(), y.view());
    return {1, std::move(y)};
  }
};

struct Affine {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> a = in.matrix("A"), x = column_of(in.row("x", a.columns()));
    const std::vector<V> b = in.row("b", a.rows());
    Matrix<V> y(a.rows(), 1);
    affine(ar, a.view(), Row<const V>(b), x.view(), y.view());
    return {1, std::move(y)};
  }
};

struct Mlp {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> a1 = in.matrix("A1"), a2 = in.matrix("A2", 0, a1.rows());
    const Matrix<V> x = column_of(in.row("x", a1.columns()));
    const std::vector<V> b1 = in.row("b1", a1.rows()), b2 = in.row("b2", a2.rows());
    Matrix<V> y(a2.rows(), 1);
    perceptron(ar, a1.view(), Row<const V>(b1), a2.view(), Row<const V>(b2), x.view(), y.view());
    return {1, std::move(y)};
  }
};

struct Softmax {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const std::vector<V> s = in.row("s");
    std::vector<V> e(s.size()), y(s.size());
    softmax(ar, Row<const V>(s), in.shift(), Row<V>(e), Row<V>(y));
    return as_vector(y);
  }
};

/// The scores of the last token.
struct Scores {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = in.matrix("X"), wq = in.matrix("Wq", 0, x.rows()),
                    wk = in.matrix("Wk", wq.rows(), x.rows());
    const std::size_t n = x.columns();
    Matrix<V> q(wq.rows(), n), k(wk.rows(), n), s(n, n);
    product(ar, wq.view(), x.view(), q.view());
    product(ar, wk.view(), x.view(), k.view());
    const auto how = in.root() == RootOfD::exact ? ScoreScale::by_exact_root : ScoreScale::by_rounded_root;
    similarity_scores(ar, std::as_const(k).view(), std::as_const(q).view(), how, s.view());
    Matrix<V> last(n, 1);
    for (std::size_t i = 0; i < n; ++i) last(i, 0) = s(i, n - 1);
    return {1, std::move(last)};
  }
};

struct Attention {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = in.matrix("X");
    PaperBlock<V> block;
    in.read_attention(block, x.rows());
    Matrix<V> y(x.rows(), x.columns());
    self_attention(ar, std::as_const(block.wq).view(), std::as_const(block.wk).view(),
                   std::as_const(block.wv).view(), x.view(), in.form(), y.view());
    return {2, std::move(y)};
  }
};

/// f_A, g_A, and X + N(A(X)).
template <Norm norm, NormPlace place>
struct AttentionHalf {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = in.matrix("X");
    PaperBlock<V> block;
    in.read_attention(block, x.rows());
    Matrix<V> y(x.rows(), x.columns());
    attention_half(ar, block, {norm, place, in.form()}, x.view(), y.view());
    return {2, std::move(y)};
  }
};

/// f_M, g_M of one token.
template <Norm norm>
struct PerceptronHalf {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = column_of(in.row("x"));
    PaperBlock<V> block;
    in.read_perceptron(block, x.rows());
    Matrix<V> y(x.rows(), 1);
    perceptron_half(ar, block, {norm, NormPlace::before_attention, {}}, x.view(), y.view());
    return {1, std::move(y)};
  }
};

template <Norm norm, NormPlace place>
struct Block {
  /// One block on `x`, with the weights of `in`.
  template <class A, class V = Value<A>>
  static Matrix<V> on(A& ar, const RoomInputs<V>& in, const Matrix<V>& x) {
    PaperBlock<V> weights;
    in.read_attention(weights, x.rows());
    in.read_perceptron(weights, x.rows());
    Matrix<V> z(x.rows(), x.columns());
    block(ar, weights, {norm, place, in.form()}, x.view(), z.view());
    return z;
  }
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    return {2, on(ar, in, in.matrix("X"))};
  }
};

template <Norm norm, NormPlace place>
struct Deep {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    Matrix<V> x = in.matrix("X");
    for (const RoomInputs<V>& layer : in.layers()) x = Block<norm, place>::on(ar, layer, x);
    return {2, std::move(x)};
  }
};

}  // namespace halfulp::rooms
