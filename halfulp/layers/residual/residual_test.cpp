#include "halfulp/layers/residual/residual.hpp"

#include "halfulp/layers/room_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

template <class A>
std::vector<Value<A>> added(A& ar, const Matrix<double>& xs, const Matrix<double>& fs) {
  const auto x = in(ar, xs), f = in(ar, fs);
  Matrix<Value<A>> y(xs.rows(), xs.columns());
  residual(ar, x.view(), f.view(), y.view());
  return y.values();
}

TEST(Residual, EveryEntryIsRoundedOnce) {
  constexpr std::uint64_t seed = 5;
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      Simulated ar = studied.arithmetic();
      const auto x = inputs.tokens(ar, 8, 3, kind), f = inputs.tokens(ar, 8, 3, kind);
      DoubleDoubleArithmetic reference;
      const auto exact = added(reference, x, f);
      std::vector<double> bound;
      for (const DoubleDouble& y : exact) bound.push_back(studied.u() * std::fabs(y.hi));
      within.expect(added(ar, x, f), exact, bound, inputs.replay(studied, kind, 0));
      expect_references_agree([&](auto& a) { return added(a, x, f); }, inputs.replay(studied, kind, 0));
    }
  }
  within.expect_sharpness(0.9);
  Counting counting;
  added(counting, Matrix<double>(2, 3, 1.0), Matrix<double>(2, 3, 2.0));
  EXPECT_EQ(counting.adds, 6);
  EXPECT_EQ(counting.stores, 6);
}

TEST(Residual, CancellationIsExact) {
  Simulated ar(rounding_rule("bf16"));
  EXPECT_EQ(added(ar, Matrix<double>(1, 1, 1.0), Matrix<double>(1, 1, -0x1.fep-1))[0], 0x1p-8);
}

}  // namespace
}  // namespace halfulp
