#include "halfulp/layers/softmax/softmax.hpp"

#include "halfulp/layers/room_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::uint64_t seed = 3;

template <class A>
std::vector<Value<A>> weights(A& ar, const std::vector<double>& scores, Shift shift) {
  const auto s = in(ar, scores);
  std::vector<Value<A>> e(s.size()), y(s.size());
  softmax(ar, Row<const Value<A>>(s), shift, Row<Value<A>>(e), Row<Value<A>>(y));
  return y;
}

/// Scores that no format underflows on: exp of their differences is above 2^-100.
std::vector<double> scores(Inputs& inputs, Simulated& ar, std::size_t n, Kind kind) {
  std::vector<double> s = inputs.row(ar, n, kind == Kind::huge || kind == Kind::tiny ? Kind::gaussian : kind);
  const double factor = kind == Kind::huge ? 8 : kind == Kind::tiny ? 0x1p-20 : 1;
  for (double& entry : s) entry = ar.load(std::fmin(std::fmax(factor * entry, -30.0), 30.0));
  return s;
}

/// Lemma 4.19: exp rounds, the sum of positive terms passes `additions`, the quotient rounds; both the term
/// and its weight in the sum carry the rounding of exp: additions + 3, which is n + 2 for the recursive
/// order.
TEST(Softmax, ErrorOfUnshiftedFormStaysWithinLemma419) {
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      for (int trial = 0; trial < 12; ++trial) {
        Simulated ar = studied.arithmetic();
        const std::size_t n = 1 + static_cast<std::size_t>(trial);
        const auto s = scores(inputs, ar, n, kind);
        DoubleDoubleArithmetic reference;
        const auto exact = weights(reference, s, Shift::by_maximum);
        std::vector<double> bound;
        for (const DoubleDouble& y : exact)
          bound.push_back(gamma(studied.additions(n) + 3, studied.u()) * y.hi);
        within.expect(weights(ar, s, Shift::none), exact, bound, inputs.replay(studied, kind, trial));
      }
    }
  }
  within.expect_sharpness(0.3);
}

/// The subtraction of the maximum errs by u D_i, D_i = max s - s_i, so exp by a factor e^(+-u D_i), in the
/// term and in the sum: e^(u (D_i + max D)) (1 - u)^-(additions + 3).  Erratum E7: n + 3 roundings are not
/// enough.
TEST(Softmax, ErrorOfShiftedFormStaysWithinBound) {
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      for (int trial = 0; trial < 12; ++trial) {
        Simulated ar = studied.arithmetic();
        const std::size_t n = 1 + static_cast<std::size_t>(trial);
        const auto s = scores(inputs, ar, n, kind);
        const double u = studied.u(), top = *std::max_element(s.begin(), s.end());
        const double widest = top - *std::min_element(s.begin(), s.end());
        DoubleDoubleArithmetic reference;
        const auto exact = weights(reference, s, Shift::by_maximum);
        std::vector<double> bound;
        for (std::size_t i = 0; i < n; ++i)
          bound.push_back(
              std::expm1(u * (top - s[i] + widest) - (studied.additions(n) + 3) * std::log1p(-u)) *
              exact[i].hi);
        within.expect(weights(ar, s, Shift::by_maximum), exact, bound, inputs.replay(studied, kind, trial));
      }
    }
  }
  within.expect_sharpness(0.3);
}

TEST(Softmax, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    const auto s = scores(inputs, fp64, 9, kind);
    for (const Shift shift : {Shift::none, Shift::by_maximum})
      expect_references_agree([&](auto& ar) { return weights(ar, s, shift); },
                              inputs.replay({"fp64", "recursive", {}}, kind, 0));
  }
}

TEST(Softmax, RowsSumToOneAndAShiftDoesNotChangeThem) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  for (const Kind kind : kinds) {
    const auto s = scores(inputs, fp64, 12, kind);
    const auto shifted = weights(ar, s, Shift::by_maximum), unshifted = weights(ar, s, Shift::none);
    DoubleDouble total;
    for (std::size_t i = 0; i < s.size(); ++i) {
      total = total + shifted[i];
      EXPECT_LE(std::fabs((shifted[i] - unshifted[i]).hi), 1e-27 * shifted[i].hi);
    }
    EXPECT_LE(std::fabs((total - 1.0).hi), 1e-30);
  }
}

TEST(Softmax, MaskedEntriesAreExactlyZeroAndOneScoreHasWeightOne) {
  Native ar;
  const auto y = weights(ar, {1, -HUGE_VAL, 2}, Shift::by_maximum);
  EXPECT_EQ(y[1], 0);
  EXPECT_NEAR(y[0] + y[2], 1, 0x1p-52);
  EXPECT_EQ(weights(ar, {-700}, Shift::by_maximum)[0], 1);
  EXPECT_TRUE(std::isnan(weights(ar, {-HUGE_VAL, -HUGE_VAL}, Shift::by_maximum)[0]));
}

TEST(Softmax, RoundsAsOftenAsCounted) {
  Counting shifted, unshifted;
  weights(shifted, {1, 2, 3, 4}, Shift::by_maximum);
  EXPECT_EQ(shifted.adds, 4 + 4);  // the shift, the sum
  EXPECT_EQ(shifted.functions, 4);
  EXPECT_EQ(shifted.divs, 4);
  EXPECT_EQ(shifted.stores, 4 + 1 + 4);
  weights(unshifted, {1, 2, 3, 4}, Shift::none);
  EXPECT_EQ(unshifted.adds, 4);
}

}  // namespace
}  // namespace halfulp
