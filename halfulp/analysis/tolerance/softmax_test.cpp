// No correct softmax exceeds its tolerance: exponentials of either base, any order, online or not.
#include "halfulp/layers/softmax/rounding.hpp"

#include "halfulp/analysis/tolerance/judge_testing.hpp"
#include "halfulp/layers/softmax/softmax.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// Ways to the argument of exp2, log2(e) rounded.
enum class Argument { natural, scaled_difference, difference_of_scaled, fused };

double argument_of(Sloppy& ar, double s, double m, Argument how) {
  const double c = ar.lift(Sloppy::log2_e);
  switch (how) {
    case Argument::scaled_difference:
      return ar.mul(ar.sub(s, m), c);
    case Argument::difference_of_scaled:
      return ar.sub(ar.mul(s, c), ar.mul(m, c));
    case Argument::fused:
      return ar.fma(s, c, ar.neg(ar.mul(m, c)));
    case Argument::natural:
      break;
  }
  return ar.sub(s, m);
}

double exponential(Sloppy& ar, double s, double m, Argument how) {
  const double argument = argument_of(ar, s, m, how);
  return how == Argument::natural ? ar.exp(argument) : ar.exp2(argument);
}

/// Online: the maximum so far, the sum rescaled where it rises; then a second pass over the scores.
std::vector<double> online_softmax(Sloppy& ar, const Rounder& out, const std::vector<double>& s,
                                   std::size_t block, Argument how) {
  double m = -HUGE_VAL, total = 0;
  for (std::size_t first = 0; first < s.size(); first += block) {
    const std::size_t last = std::min(first + block, s.size());
    double raised = m;
    for (std::size_t i = first; i < last; ++i) raised = ar.max(raised, s[i]);
    std::vector<double> e;
    for (std::size_t i = first; i < last; ++i) e.push_back(exponential(ar, s[i], raised, how));
    if (first > 0) total = ar.mul(total, exponential(ar, m, raised, how));
    for (const double x : e) total = ar.add(total, x);
    m = raised;
  }
  std::vector<double> y;
  for (const double x : s) y.push_back(out(ar.div(exponential(ar, x, m, how), total)));
  return y;
}

std::vector<double> two_pass_softmax(Sloppy& ar, const Rounder& out, const std::vector<double>& s,
                                     Argument how) {
  const double m = *std::max_element(s.begin(), s.end());
  std::vector<double> e, y;
  for (const double x : s) e.push_back(exponential(ar, x, m, how));
  const double total = sum(ar, Row<const double>(e));
  for (const double x : e) y.push_back(out(ar.div(x, total)));
  return y;
}

template <class A>
std::vector<Value<A>> room(A& ar, const std::vector<double>& s) {
  std::vector<Value<A>> x, e(s.size()), y(s.size());
  for (const double score : s) x.push_back(ar.exactly(score));
  softmax(ar, Row<const Value<A>>(x), Shift::by_maximum, Row<Value<A>>(e), Row<Value<A>>(y));
  return y;
}

TEST(SoftmaxTolerance, NoCorrectRowExceedsTheWorstCase) {
  Numbers numbers(4);
  Judge judge;
  Native native;
  DoubleDoubleArithmetic wide;
  std::vector<NamedOrder> orders = orders_of_sums();
  orders.push_back({"flash:4", {}});
  orders.push_back({"flash:1", {}});
  for (int trial = 0; trial < trials(70); ++trial) {
    for (const Formats& f : formats_of_kernels()) {
      for (const NamedOrder& order : orders) {
        const std::size_t n = numbers.size(1, 48);
        const double largest = trial % 5 == 0 ? 64 : trial % 5 == 1 ? 0.25 : 6;
        const std::vector<double> s = numbers.row(f.in, n, largest);
        const auto how = static_cast<Argument>(numbers.size(0, 3));
        ToleranceRequest request{.op = Operation::softmax, .n = n, .in = f.in, .acc = f.acc, .out = f.out};
        request.order = order.name;
        request.absmax = {largest_of(s)};
        if (how == Argument::natural) request.natural_exp = true;
        judge.begin(request, numbers.replay() + ", trial " + std::to_string(trial) + ", " + f.in + ", " +
                                 f.acc + ", " + order.name + ", argument " +
                                 std::to_string(static_cast<int>(how)));
        const RoundingRule acc = rounding_rule(f.acc);
        const Rounder out(rounding_rule(f.out));
        Sloppy ar({acc, acc, acc}, order.summation);
        const auto run = [&] {
          if (order.name == "flash:4") return online_softmax(ar, out, s, 4, how);
          if (order.name == "flash:1") return online_softmax(ar, out, s, 1, how);
          return two_pass_softmax(ar, out, s, how);
        };
        const auto got = run(), other = run(), b = room(native, s);
        const auto exact = room(wide, s);
        for (std::size_t i = 0; i < n; ++i)
          judge.expect({got[i], other[i], b[i], exact[i]}, n >= 8 && f.acc == f.out);
        if (judge.has_failed()) return;
      }
    }
  }
  judge.expect_thorough(0.2);
}

/// Functions rounded once, exp itself: the supremum of softmax_error over all rows with such scores.
TEST(SoftmaxTolerance, IsTheSupremumOfTheRoomsBound) {
  const double u = 0x1p-11, largest = 3;
  double nearest = 0;
  for (const std::size_t n : {2u, 16u, 256u}) {
    ToleranceRequest request{.op = Operation::softmax, .n = n, .in = "bin11", .acc = "bin11", .out = "bin11"};
    request.order = "recursive";
    request.exp_ulp = request.div_ulp = 0.5;
    request.natural_exp = true;
    request.absmax = {largest};
    request.against = Reference::exact;
    const double rtol = tolerance_of(request).worst.rtol;
    std::vector<double> s(n, -largest);
    s[0] = largest;
    for (int row = 0; row < 2; ++row) {
      for (const Upper& bound : softmax_error<double>(s, {u, {}}, Shift::by_maximum)) {
        EXPECT_LE(bound.value(), rtol * (1 + 1e-12)) << n;
        nearest = std::fmax(nearest, bound.value() / rtol);
      }
      for (double& score : s) score = largest;
      s[n - 1] = -largest;
    }
  }
  EXPECT_GT(nearest, 0.9);
}

}  // namespace
}  // namespace halfulp
