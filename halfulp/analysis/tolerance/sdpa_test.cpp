// No correct attention exceeds its tolerance: fused in blocks of any size, or two passes with scores and
// weights stored.
#include "halfulp/analysis/tolerance/judge_testing.hpp"
#include "halfulp/layers/self_attention/flash_attention.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

struct Query {
  std::vector<double> q;
  Matrix<double> k, v;  // [d, n]
};

/// The room's flash attention; every step in the accumulator's format, operands of products in `in`.
template <class A>
std::vector<Value<A>> flash(A& ar, const Query& c, std::size_t block) {
  auto& any = step(ar, Step::scale);
  const auto q = in(any, c.q);
  const auto k = in(any, c.k), v = in(any, c.v);
  std::vector<Value<A>> y(c.q.size());
  flash_attention(ar, Row<const Value<A>>(q), k.view(), v.view(), c.k.columns(), block,
                  ScoreScale::by_reciprocal, Row<Value<A>>(y));
  return y;
}

/// Two passes: scores, softmax, mean; each of scores and weights stored by its step.
template <class A>
std::vector<Value<A>> two_passes(A& ar, const Query& c) {
  auto& product = step(ar, Step::product);
  auto& scale = step(ar, Step::scale);
  const std::size_t n = c.k.columns(), width = c.q.size();
  const auto q = in(product, c.q);
  const auto k = in(product, c.k), v = in(product, c.v);
  std::vector<Value<A>> s(n), e(n), p(n), y;
  for (std::size_t i = 0; i < n; ++i) {
    const auto sum = dot_of(
        product, width, [&](std::size_t a) { return k(a, i); }, [&](std::size_t a) { return q[a]; });
    s[i] = scaled_score(ar, scale.store(sum), static_cast<double>(width), ScoreScale::by_reciprocal);
  }
  softmax(ar, Row<const Value<A>>(s), Shift::by_maximum, Row<Value<A>>(e), Row<Value<A>>(p));
  for (std::size_t a = 0; a < width; ++a)
    y.push_back(product.store(dot_of(
        product, n, [&](std::size_t i) { return v(a, i); }, [&](std::size_t i) { return p[i]; })));
  return y;
}

StagedOf<Sloppy> fused_steps(const Formats& f, Summation summation, bool base_two) {
  return staged<Sloppy>(f, summation, Step::divide, {Step::product}, base_two);
}

/// Scores and weights stored in f.out, the result too.
StagedOf<Sloppy> eager_steps(const Formats& f, Summation summation, bool base_two) {
  auto steps = staged<Sloppy>(f, summation, Step::product, {}, base_two);
  const RoundingRule acc = rounding_rule(f.acc), inner = rounding_rule(f.out);
  steps.set(Step::scale, Sloppy({acc, acc, inner}, summation, base_two));
  steps.set(Step::divide, Sloppy({acc, acc, inner}, summation, base_two));
  return steps;
}

TEST(AttentionTolerance, NoCorrectMeanExceedsTheWorstCase) {
  Numbers numbers(9);
  Judge judge, by_entry;
  Native native;
  DoubleDoubleArithmetic wide;
  std::vector<NamedOrder> orders = orders_of_sums();
  for (const char* flash : {"flash:1", "flash:4", "flash:16", "any"}) orders.push_back({flash, {}});
  for (int trial = 0; trial < trials(360); ++trial) {
    for (const Formats& f : formats_of_kernels()) {
      const NamedOrder& order = orders[numbers.size(0, orders.size() - 1)];
      const std::size_t n = numbers.size(1, 24), d = numbers.size(2, 150) / 2;
      const double largest = trial % 6 == 0 ? 4 : trial % 6 == 1 ? 0.125 : 1;
      const double v_largest = trial % 4 == 0 ? 8 : 1;
      Query c{numbers.row(f.in, d, largest), Matrix<double>(d, n), Matrix<double>(d, n)};
      for (std::size_t i = 0; i < n; ++i) {
        const auto k = numbers.row(f.in, d, largest);
        for (std::size_t a = 0; a < d; ++a) c.k(a, i) = k[a];
      }
      for (std::size_t a = 0; a < d; ++a) {
        const auto v = numbers.row(f.in, n, v_largest);
        for (std::size_t i = 0; i < n; ++i) c.v(a, i) = v[i];
      }
      const bool is_flash = order.name.starts_with("flash") || (order.name == "any" && trial % 2 == 0);
      const bool base_two = trial % 3 != 0;
      ToleranceRequest request{.op = Operation::sdpa, .n = n, .d = d, .in = f.in, .acc = f.acc, .out = f.out};
      request.order = order.name;
      request.absmax = {largest_of(c.q), largest_of(c.k.values()), largest_of(c.v.values())};
      if (!base_two) request.natural_exp = true;
      if (!is_flash) request.inner = f.out;
      judge.begin(request, numbers.replay() + ", trial " + std::to_string(trial) + ", " + f.in + ", " +
                               f.acc + ", " + order.name);
      const std::size_t block = order.name == "flash:16" ? 16 : order.name == "flash:4" ? 4 : 1;
      const auto run = [&] {
        if (is_flash) {
          auto ar = fused_steps(f, order.summation, base_two);
          return flash(ar, c, block);
        }
        auto ar = eager_steps(f, order.summation, base_two);
        return two_passes(ar, c);
      };
      const auto got = run(), other = run(), b = two_passes(native, c);
      const auto exact = two_passes(wide, c);
      for (std::size_t a = 0; a < d; ++a)
        judge.expect({got[a], other[a], b[a], exact[a]}, n >= 4 && f.acc == f.out);
      std::array<DataTolerance, 4> data;
      for (std::size_t against = 0; against < 4; ++against) {
        ToleranceRequest own = request;
        own.against = static_cast<Reference>(against);
        data[against] = attention_tolerance(own, {c.q.data(), d, 1}, c.k, c.v);
      }
      for (std::size_t a = 0; a < d; ++a) {
        std::array<ToleranceValue, 4> values;
        for (std::size_t against = 0; against < 4; ++against)
          values[against] = {data[against].atol(a, 0), data[against].rtol};
        by_entry.begin(values, rounding_rule(f.out), "data, trial " + std::to_string(trial) + ", " + f.acc);
        by_entry.expect({got[a], other[a], b[a], exact[a]}, n >= 4 && f.acc == f.out);
      }
      if (judge.has_failed()) return;
    }
  }
  judge.expect_thorough(0.05);
  by_entry.expect_thorough(0.1);
}

/// The supremum of what errors of the scores can move: two groups of keys with values +-V.
TEST(AttentionTolerance, ErrorsOfScoresMoveTheMeanByNoMoreThanTheyAreTimesTheLargestValue) {
  Native ar;
  for (const double size : {1e-3, 0.1, 1.0}) {
    double worst = 0;
    for (double share = 0.02; share < 1; share += 0.02) {
      const double up = share * ar.exp(size), down = (1 - share) * ar.exp(-size);
      worst = std::fmax(worst, 2 * std::fabs(up / (up + down) - share));
    }
    EXPECT_LE(worst, size);
    EXPECT_GE(worst, 0.9 * size);
  }
}

}  // namespace
}  // namespace halfulp
