// Back through every room that a transformer is made of (transposed_testing.hpp says what is required), for
// random arguments and hostile ones.
#include "halfulp/layers/layer_norm/transposed.hpp"
#include "halfulp/layers/layer_norm/layer_norm.hpp"
#include "halfulp/layers/linear/transposed.hpp"
#include "halfulp/layers/perceptron/transposed.hpp"
#include "halfulp/layers/residual/residual.hpp"
#include "halfulp/layers/residual/transposed.hpp"
#include "halfulp/layers/rms_norm/transposed.hpp"
#include "halfulp/layers/rope/rope.hpp"
#include "halfulp/layers/rope/transposed.hpp"
#include "halfulp/layers/self_attention/self_attention.hpp"
#include "halfulp/layers/self_attention/transposed.hpp"
#include "halfulp/layers/similarity_scores/transposed.hpp"
#include "halfulp/layers/transposed_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// One token normalised, with gain and epsilon or without.
struct NormRoom {
  Norm norm;
  Matrix<double> gain, bias;
  double epsilon;

  Operand operand(const Matrix<double>& m) const { return m.rows() == 0 ? Operand{} : operand_of(m.view()); }
  template <class A>
  Matrix<Value<A>> run(A& ar, const Arrays<Value<A>>& in) const {
    Matrix<Value<A>> y(in[0].rows(), 1), centred(in[0].rows(), 1);
    if (norm == Norm::rms)
      rms_norm(ar, in[0].column(0), operand(gain), epsilon, y.column(0));
    else
      layer_norm(ar, in[0].column(0), operand(gain), operand(bias), epsilon, centred.column(0), y.column(0));
    return y;
  }
  template <class T>
  void back(const Arrays<T>& in, const Matrix<T>& y_bar, Arrays<T>& bars) const {
    if (norm == Norm::rms)
      rms_norm_transposed<T>(in[0].column(0), operand(gain), epsilon, y_bar, bars[0]);
    else
      layer_norm_transposed<T>(in[0].column(0), operand(gain), epsilon, y_bar, bars[0]);
  }
};

TEST(Transposed, NormsWithAndWithoutGainAndEpsilon) {
  Draws draws(81);
  constexpr std::size_t d = 9;
  for (const Norm norm : {Norm::rms, Norm::layer})
    for (const double epsilon : {0.0, 1e-5, 0.5})
      for (const Shape shape : {Shape::gaussian, Shape::one_outlier, Shape::near_constant,
                                Shape::cancelling_pairs, Shape::zeros, Shape::huge, Shape::tiny})
        for (const bool affine : {true, false}) {
          const Arrays<double> in = {argument(draws, d, 1, shape, 0x1p-11)};
          NormRoom room{norm, {}, {}, epsilon};
          if (affine) room.gain = draws.matrix(1, d), room.bias = draws.matrix(1, d);
          expect_transposed(room, in, draws, shape == Shape::gaussian || shape == Shape::one_outlier);
        }
}

/// W x + b, W stored by rows or by columns, its numbers rounded as they are read.
struct LinearRoom {
  Matrix<double> w, b;
  bool by_columns;
  Rounder stored;

  Operand operand() const {
    Operand all = operand_of(w.view(), by_columns);
    all.stored = stored;
    return all;
  }
  template <class A>
  Matrix<Value<A>> run(A& ar, const Arrays<Value<A>>& in) const {
    Matrix<Value<A>> y(operand().rows(), in[0].columns());
    matmul_naive(ar, operand(), operand_of(b.view()), in[0], y.view());
    return y;
  }
  template <class T>
  void back(const Arrays<T>&, const Matrix<T>& y_bar, Arrays<T>& bars) const {
    linear_transposed<T>(operand(), y_bar, bars[0]);
  }
};

TEST(Transposed, LinearMapsHoweverStored) {
  Draws draws(82);
  for (const bool by_columns : {false, true})
    for (const char* format : {"fp64", "bf16"}) {
      const LinearRoom room{by_columns ? draws.matrix(5, 7) : draws.matrix(7, 5), draws.matrix(1, 7),
                            by_columns, Rounder(rounding_rule(format))};
      expect_transposed(room, {draws.matrix(5, 4)}, draws);
    }
}

struct RopeRoom {
  Matrix<double> cosine, sine;

  template <class A>
  Matrix<Value<A>> run(A& ar, const Arrays<Value<A>>& in) const {
    const auto table = constants(ar, {cosine, sine});
    Matrix<Value<A>> y(in[0].rows(), 1);
    rope(ar, in[0].column(0), table[0].row(0), table[1].row(0), y.column(0));
    return y;
  }
  template <class T>
  void back(const Arrays<T>&, const Matrix<T>& y_bar, Arrays<T>& bars) const {
    Matrix<T> c(1, cosine.columns()), s(1, sine.columns());
    for (std::size_t i = 0; i < c.columns(); ++i) c(0, i) = cosine(0, i), s(0, i) = sine(0, i);
    rope_transposed<T>(c.view().row(0), s.view().row(0), y_bar, bars[0]);
  }
};

TEST(Transposed, RotaryEmbeddingOfAllOrSomeOfTheHead) {
  Draws draws(83);
  for (const std::size_t head_dim : {6, 9})
    expect_transposed(RopeRoom{draws.matrix(1, 3), draws.matrix(1, 3)}, {draws.matrix(head_dim, 1)}, draws);
}

/// Queries, keys and values of one head to its output.
struct HeadRoom {
  template <class A>
  Matrix<Value<A>> scores(A& ar, const Arrays<Value<A>>& in) const {
    Matrix<Value<A>> s(in[1].columns(), in[0].columns());
    similarity_scores(ar, in[1], in[0], ScoreScale::by_exact_root, s);
    return s;
  }
  template <class A>
  Matrix<Value<A>> weights(A& ar, const Arrays<Value<A>>& in) const {
    const auto s = scores(ar, in);
    Matrix<Value<A>> p(s.rows(), s.columns());
    std::vector<Value<A>> exponentials(s.rows());
    for (std::size_t t = 0; t < s.columns(); ++t)
      causal_softmax(ar, s.column(t), t, Shift::by_maximum, Row<Value<A>>(exponentials), p.column(t));
    return p;
  }
  template <class A>
  Matrix<Value<A>> run(A& ar, const Arrays<Value<A>>& in) const {
    Matrix<Value<A>> y(in[2].rows(), in[0].columns());
    mix(ar, in[2], weights(ar, in), y);
    return y;
  }
  template <class T>
  void back(const Arrays<T>& in, const Matrix<T>& y_bar, Arrays<T>& bars) const {
    ContextOf<T> ar;
    const Matrix<T> p = weights(ar, in);
    Matrix<T> p_bar(p.rows(), p.columns() * functionals), s_bar(p.rows(), p.columns() * functionals);
    mix_transposed<T>(in[2], p, y_bar, bars[2], p_bar);
    causal_softmax_transposed<T>(p, p_bar, s_bar);
    similarity_scores_transposed<T>(in[1], in[0], s_bar, bars[1], bars[0]);
  }
};

TEST(Transposed, OneHeadOfCausalAttention) {
  Draws draws(84);
  for (const std::size_t n : {1, 2, 6})
    for (const double scale : {0.3, 1.0, 4.0})
      expect_transposed(HeadRoom(),
                        {draws.matrix(3, n, scale), draws.matrix(3, n, scale), draws.matrix(3, n)}, draws);
}

/// in: u, or g and u.
struct ActivationRoom {
  Activation which;

  template <class A>
  Matrix<Value<A>> run(A& ar, const Arrays<Value<A>>& in) const {
    Matrix<Value<A>> y(in[0].rows(), in[0].columns());
    for (std::size_t i = 0; i < y.values().size(); ++i) {
      y.values()[i] = activate(ar, which, in[0].values()[i]);
      if (in.size() > 1) y.values()[i] = ar.mul(y.values()[i], in[1].values()[i]);
    }
    return y;
  }
  template <class T>
  void back(const Arrays<T>& in, const Matrix<T>& y_bar, Arrays<T>& bars) const {
    for (std::size_t i = 0; i < in[0].rows(); ++i)
      for (std::size_t t = 0; t < in[0].columns(); ++t) {
        const auto part = [&](auto& m) { return m.row(i).part(t * functionals, functionals); };
        if (in.size() == 1)
          activation_transposed<T>(which, in[0](i, t), part(y_bar), part(bars[0]));
        else
          gated_activation_transposed<T>(which, in[0](i, t), in[1](i, t), part(y_bar), part(bars[0]),
                                         part(bars[1]));
      }
  }
};

TEST(Transposed, ActivationsGatedAndNot) {
  Draws draws(85);
  for (const Activation which :
       {Activation::relu, Activation::silu, Activation::gelu_erf, Activation::gelu_tanh})
    for (const double scale : {0.01, 1.0, 10.0})
      for (const bool gated : {false, true}) {
        Arrays<double> in = {draws.matrix(4, 3, scale)};
        if (gated) in.push_back(draws.matrix(4, 3));
        expect_transposed(ActivationRoom{which}, in, draws);
      }
}

TEST(Transposed, SlopesFarFromZeroAreThoseOfTheAsymptotes) {
  for (const Activation which :
       {Activation::relu, Activation::silu, Activation::gelu_erf, Activation::gelu_tanh}) {
    EXPECT_EQ(activation_slope(which, 1e4), 1);
    EXPECT_EQ(activation_slope(which, -1e4), 0);
  }
  EXPECT_EQ(activation_slope(Activation::relu, 0.0), 0);
  EXPECT_EQ(activation_slope(Activation::silu, 0.0), 0.5);
}

struct ResidualRoom {
  template <class A>
  Matrix<Value<A>> run(A& ar, const Arrays<Value<A>>& in) const {
    Matrix<Value<A>> y(in[0].rows(), in[0].columns());
    residual(ar, in[0], in[1], y);
    return y;
  }
  template <class T>
  void back(const Arrays<T>&, const Matrix<T>& y_bar, Arrays<T>& bars) const {
    residual_transposed<T>(y_bar, bars[0], bars[1]);
  }
};

TEST(Transposed, Residual) {
  Draws draws(86);
  expect_transposed(ResidualRoom(), {draws.matrix(4, 3), draws.matrix(4, 3)}, draws);
}

}  // namespace
}  // namespace halfulp
