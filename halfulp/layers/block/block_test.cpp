// The blocks' values and roundings are pinned bit for bit by the test vectors (`halfulp check`, block_*,
// sim.block_*); here are the laws.
#include "halfulp/layers/block/block.hpp"

#include "halfulp/layers/room_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::uint64_t seed = 10;
constexpr std::size_t d = 5, n = 4, inner = 8;

std::vector<BlockForm> forms() {
  std::vector<BlockForm> all;
  for (const Norm norm : {Norm::rms, Norm::layer})
    for (const NormPlace place : {NormPlace::before_attention, NormPlace::after_attention})
      for (const Shift shift : {Shift::none, Shift::by_maximum})
        all.push_back({norm, place, {ValueOrder::mix_first, shift, RootOfD::exact}});
  return all;
}

PaperBlock<double> random_block(Inputs& inputs, Simulated& ar) {
  return {inputs.matrix(ar, d, d, 0.5),     inputs.matrix(ar, d, d, 0.5),
          inputs.matrix(ar, d, d, 0.5),     inputs.matrix(ar, inner, d, 0.5),
          inputs.matrix(ar, d, inner, 0.5), inputs.row(ar, inner, Kind::gaussian),
          inputs.row(ar, d, Kind::gaussian)};
}

template <class A>
PaperBlock<Value<A>> in_values(A& ar, const PaperBlock<double>& b) {
  return {in(ar, b.wq), in(ar, b.wk), in(ar, b.wv), in(ar, b.a1), in(ar, b.a2), in(ar, b.b1), in(ar, b.b2)};
}

template <class A>
std::vector<Value<A>> blocked(A& ar, const PaperBlock<double>& weights, BlockForm form,
                              const Matrix<double>& xs) {
  const auto x = in(ar, xs);
  Matrix<Value<A>> z(x.rows(), x.columns());
  block(ar, in_values(ar, weights), form, x.view(), z.view());
  return z.values();
}

TEST(Block, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : {Kind::gaussian, Kind::one_outlier, Kind::cancelling_pairs}) {
    for (const BlockForm form : forms()) {
      const auto weights = random_block(inputs, fp64);
      const auto x = inputs.tokens(fp64, d, n, kind);
      if (form.place == NormPlace::after_attention && kind == Kind::one_outlier)
        continue;  // unnormed scores overflow
      expect_references_agree([&](auto& ar) { return blocked(ar, weights, form, x); },
                              inputs.replay({"fp64", "recursive", {}}, kind, 0));
    }
  }
}

/// First order, Lemma 4.29 in kind: the error of a block in two precisions is proportional to u, for u 2^-24
/// and 2^-40 within the scatter of rounding errors (a factor of 2^12, none of which a planted error of fixed
/// size keeps).
TEST(Block, ErrorFollowsTheUnitRoundoff) {
  Inputs inputs(seed);
  Simulated coarse(rounding_rule("bin24")), fine(rounding_rule("bin40"));
  DoubleDoubleArithmetic reference;
  const auto distance = [](const std::vector<double>& got, const std::vector<DoubleDouble>& exact) {
    double largest = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      largest = std::fmax(largest, std::fabs((exact[i] - got[i]).hi));
    return largest;
  };
  for (const BlockForm form : forms()) {
    const auto weights = random_block(inputs, coarse);
    const auto x = inputs.tokens(coarse, d, n, Kind::gaussian);
    const auto exact = blocked(reference, weights, form, x);
    const double ratio =
        distance(blocked(coarse, weights, form, x), exact) / distance(blocked(fine, weights, form, x), exact);
    EXPECT_GT(ratio, 0x1p10);
    EXPECT_LT(ratio, 0x1p22);
  }
}

TEST(Block, IsItsTwoHalves) {
  Inputs inputs(seed);
  for (const Studied& studied : studied_arithmetics()) {
    for (const BlockForm form : forms()) {
      Simulated ar = studied.arithmetic();
      const auto weights = random_block(inputs, ar);
      const auto x = inputs.tokens(ar, d, n, Kind::gaussian);
      Matrix<double> y(d, n), z(d, n);
      attention_half(ar, weights, form, x.view(), y.view());
      perceptron_half(ar, weights, form, std::as_const(y).view(), z.view());
      ASSERT_EQ(blocked(ar, weights, form, x), z.values()) << studied.name();
    }
  }
}

TEST(Block, ThePerceptronHalfAddsItsInput) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  auto weights = random_block(inputs, fp64);
  const Matrix<double> y = inputs.tokens(fp64, d, n, Kind::gaussian);
  weights.a2 = Matrix<double>(d, inner, 0.0);  // M = b_2
  Matrix<DoubleDouble> z(d, n);
  perceptron_half(ar, in_values(ar, weights), {}, in(ar, y).view(), z.view());
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t t = 0; t < n; ++t) EXPECT_EQ(z(i, t), DoubleDouble{y(i, t)} + weights.b2[i]);
}

TEST(Block, HalvesAreTheRoomsTheyAreBuiltOf) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  using V = DoubleDouble;
  const auto weights = in_values(ar, random_block(inputs, fp64));
  const Matrix<V> x = in(ar, inputs.tokens(fp64, d, n, Kind::gaussian));
  for (const BlockForm form : forms()) {
    Matrix<V> got(d, n), a(d, n), b(d, n);
    attention_half(ar, weights, form, x.view(), got.view());
    const auto attend = [&](const Matrix<V>& from, Matrix<V>& to) {
      self_attention(ar, weights.wq.view(), weights.wk.view(), weights.wv.view(), from.view(), form.attention,
                     to.view());
    };
    const auto normalise = [&](const Matrix<V>& from, Matrix<V>& to) {
      for (std::size_t t = 0; t < n; ++t) {
        std::vector<V> c(d);
        if (form.norm == Norm::layer)
          centring(ar, from.column(t), Row<V>(c));
        else
          for (std::size_t i = 0; i < d; ++i) c[i] = from(i, t);
        rms_norm_of_paper(ar, Row<const V>(c), 0.0, to.column(t));
      }
    };
    if (form.place == NormPlace::before_attention)
      normalise(x, a), attend(a, b);
    else
      attend(x, a), normalise(a, b);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t t = 0; t < n; ++t)
        EXPECT_LE(std::fabs((got(i, t) - (x(i, t) + b(i, t))).hi), 1e-29) << i << " " << t;
  }
}

TEST(Block, LaterTokensDoNotChangeEarlierOutputs) {
  Inputs inputs(seed);
  for (const Studied& studied : studied_arithmetics()) {
    for (const BlockForm form : forms()) {
      Simulated ar = studied.arithmetic();
      const auto weights = random_block(inputs, ar);
      auto x = inputs.tokens(ar, d, n, Kind::gaussian);
      const auto before = blocked(ar, weights, form, x);
      for (std::size_t i = 0; i < d; ++i) x(i, n - 1) = ar.load(inputs.gaussian());
      const auto after = blocked(ar, weights, form, x);
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t t = 0; t + 1 < n; ++t)
          ASSERT_EQ(before[i * n + t], after[i * n + t]) << studied.name();
    }
  }
}

}  // namespace
}  // namespace halfulp
