// The roundings that RoundingModel counts are those that the sums of sum.hpp make: counted one by one, and
// attained by a term that loses u every time.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/linalg/sum.hpp"

namespace halfulp {
namespace {

/// A number that only remembers the most roundings that any term in it has passed.
struct Passed {
  bool zero = true;  // exactly 0: adding it is exact
  double roundings = 0;
};

/// Counts as Model 4.1 does: every operation rounds once, but for the addition of an exact 0.
struct Counting {
  using Value = Passed;
  Summation order;
  Summation summation() const { return order; }
  static Passed rounded(std::initializer_list<Passed> terms) {
    Passed result;
    for (const Passed& term : terms)
      if (!term.zero) result = {false, std::max(result.roundings, term.roundings + 1)};
    return result;
  }
  Passed lift(double x) const { return {x == 0, 0}; }
  Passed lift(DoubleDouble x) const { return {x.hi == 0, 0}; }
  Passed exactly(double x) const { return {x == 0, 0}; }
  Passed load(Passed a) const { return a; }
  Passed store(Passed a) const { return a; }
  Passed add(Passed a, Passed b) const { return a.zero ? b : b.zero ? a : rounded({a, b}); }
  Passed sub(Passed a, Passed b) const { return add(a, b); }
  /// The product of two terms without roundings (operands of dot products here).
  Passed mul(Passed a, Passed b) const { return rounded({{a.zero || b.zero, a.roundings + b.roundings}}); }
  Passed div(Passed a, Passed b) const { return mul(a, b); }
  Passed fma(Passed a, Passed b, Passed c) const {
    return rounded({{a.zero || b.zero, a.roundings + b.roundings}, c});
  }
  Passed sqrt(Passed a) const { return rounded({a}); }
  Passed mul_root(Passed a, double) const { return rounded({a}); }
  Passed div_root(Passed a, double) const { return rounded({a}); }
  Passed exp(Passed a) const { return rounded({a}); }
  Passed tanh(Passed a) const { return rounded({a}); }
  Passed erf(Passed a) const { return rounded({a}); }
  Passed neg(Passed a) const { return a; }
  Passed max(Passed a, Passed b) const { return a.roundings < b.roundings ? b : a; }
};

std::vector<Summation> orders() {
  std::vector<Summation> all;
  for (const bool fused : {false, true}) {
    all.push_back({Order::recursive, 128, fused});
    all.push_back({Order::pairwise, 128, fused});
    for (const std::size_t block : {1, 2, 3, 4, 7, 16, 32, 128})
      all.push_back({Order::blocked, block, fused});
  }
  return all;
}

std::string text(const Summation& s) {
  return std::string(s.order == Order::recursive  ? "recursive"
                     : s.order == Order::pairwise ? "pairwise"
                                                  : "blocked ") +
         (s.order == Order::blocked ? std::to_string(s.block) : "") + (s.fused ? ", fused" : "");
}

TEST(SumCounts, EveryOrderRoundsAsOftenAsTheModelSays) {
  for (const Summation& order : orders()) {
    Counting ar{order};
    const RoundingModel model{0x1p-11, order};
    for (std::size_t n = 1; n <= 300; ++n) {
      const std::vector<Passed> x(n, Passed{false, 0});
      EXPECT_EQ(sum(ar, Row<const Passed>(x)).roundings, model.additions(n)) << text(order) << ", n = " << n;
      EXPECT_EQ(dot(ar, Row<const Passed>(x), Row<const Passed>(x)).roundings, model.dot(n))
          << text(order) << ", n = " << n;
    }
    EXPECT_EQ(model.additions(0), 0);
  }
}

/// Terms 1 and u, so placed that each addition to the partial sum of the first term is 1 + u, a tie, and
/// gives 1 again: as many u are lost as the model counts additions.
std::vector<double> losing(const Summation& order, std::size_t n, double u) {
  std::vector<double> x(n, 0.0);
  x[0] = 1;
  for (std::size_t i = 1; i < n; ++i) {
    bool lost = true;
    if (order.order == Order::pairwise) lost = (i & (i - 1)) == 0;  // heads of the right halves
    if (order.order == Order::blocked && n > order.block) lost = i < order.block || i % order.block == 0;
    if (lost) x[i] = u;
  }
  return x;
}

TEST(SumCounts, WorstCasesAreAttained) {
  const RoundingRule rule = rounding_rule("bin11");
  const double u = rule.format.unit_roundoff();
  for (const Summation& order : orders()) {
    Simulated ar(StepFormats{rule, rule, rule}, order);
    const RoundingModel model{u, order};
    for (std::size_t n = 1; n <= 300; ++n) {
      std::vector<double> x = losing(order, n, u);
      double exact = 0;
      for (const double term : x) exact += term;
      EXPECT_EQ(exact - sum(ar, Row<const double>(x)), model.additions(n) * u)
          << text(order) << ", n = " << n;

      // products: 1.5 683/1024 = 1 + u, whose rounding loses u too
      std::vector<double> y(n, 1.0);
      x[0] = 1.5, y[0] = 683.0 / 1024;
      EXPECT_EQ(exact + u - dot(ar, Row<const double>(x), Row<const double>(y)), model.dot(n) * u)
          << text(order) << ", n = " << n;
    }
  }
}

}  // namespace
}  // namespace halfulp
