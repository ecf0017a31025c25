// No correct SwiGLU and no correct rotation exceeds its tolerance.
#include "halfulp/analysis/tolerance/judge_testing.hpp"
#include "halfulp/layers/perceptron/activation.hpp"
#include "halfulp/layers/rope/radius.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

std::string replay(const Numbers& numbers, int trial, const Formats& f) {
  return numbers.replay() + ", trial " + std::to_string(trial) + ", " + f.in + ", " + f.acc + ", " + f.out;
}

TEST(SwigluTolerance, NoCorrectEntryExceedsTheWorstCase) {
  Numbers numbers(10);
  Judge judge;
  Native native;
  DoubleDoubleArithmetic wide;
  for (int trial = 0; trial < trials(210); ++trial) {
    for (const Formats& f : formats_of_kernels()) {
      const std::size_t n = 64;
      const double largest = trial % 5 == 0 ? 192 : trial % 5 == 1 ? 0.25 : 8;
      const auto a = numbers.row(f.in, n, largest), b = numbers.row(f.in, n, 4);
      const bool stores = trial % 2 == 0, base_two = trial % 3 != 0, by_reciprocal = trial % 7 == 0;
      ToleranceRequest request{.op = Operation::swiglu, .n = n, .in = f.in, .acc = f.acc, .out = f.out};
      request.absmax = {largest_of(a), largest_of(b)};
      if (stores) request.inner = f.out;
      if (!base_two) request.natural_exp = true;
      judge.begin(request, replay(numbers, trial, f));
      const RoundingRule acc = rounding_rule(f.acc), out = rounding_rule(f.out);
      Sloppy inner({acc, acc, stores ? out : acc}, {}, base_two), last({acc, acc, out}, {}, base_two);
      const auto kernel = [&](std::size_t i) {
        if (!by_reciprocal) return last.store(last.mul(silu(inner, a[i]), b[i]));
        const double sum = inner.add(1, inner.exp(-a[i]));
        return last.store(last.mul(inner.store(inner.mul(a[i], inner.div(1, sum))), b[i]));
      };
      for (std::size_t i = 0; i < n; ++i) {
        const DoubleDouble exact = wide.mul(silu(wide, DoubleDouble{a[i]}), DoubleDouble{b[i]});
        judge.expect({kernel(i), kernel(i), silu(native, a[i]) * b[i], exact}, f.acc == f.out);
      }
      if (judge.has_failed()) return;
    }
  }
  judge.expect_thorough(0.3);
}

TEST(RopeTolerance, NoCorrectEntryExceedsTheWorstCase) {
  Numbers numbers(11);
  Judge judge;
  for (int trial = 0; trial < trials(420); ++trial) {
    for (const Formats& f : formats_of_kernels()) {
      const std::size_t half = 16;
      const auto x = numbers.row(f.in, 2 * half, 8);
      const bool stores = trial % 2 == 0, computes = trial % 4 < 2;
      const double position = computes ? std::floor(numbers.uniform() * (trial % 8 < 4 ? 64 : 4096)) + 1 : 0;
      ToleranceRequest request{.op = Operation::rope, .n = half, .in = f.in, .acc = f.acc, .out = f.out};
      request.absmax = {largest_of(x)};
      if (stores) request.inner = f.out;
      if (computes) request.position = position;
      judge.begin(request, replay(numbers, trial, f));
      const RoundingRule acc = rounding_rule(f.acc), out = rounding_rule(f.out);
      Sloppy ar({acc, acc, stores ? out : acc}, {});
      std::vector<double> frequency(half), angle(half);
      for (std::size_t i = 0; i < half; ++i) {
        frequency[i] = ar.lift(numbers.uniform());
        angle[i] = 6 * numbers.uniform();
      }
      const auto table = [&](auto& op, std::size_t i, bool sine) {
        const auto at =
            op.mul(op.exactly(computes ? position : 1.0), op.exactly(computes ? frequency[i] : angle[i]));
        return sine ? op.sin(at) : op.cos(at);
      };
      // A table that is given is exact: numbers of the accumulator's format.
      const auto run = [&](auto& op, auto store) {
        using V = std::remove_cvref_t<decltype(op.exactly(0.0))>;
        std::vector<V> c(half), s(half), values(2 * half), y(2 * half);
        for (std::size_t i = 0; i < half; ++i) {
          if (computes) {
            c[i] = op.store(table(op, i, false));
            s[i] = op.store(table(op, i, true));
          } else {
            Native binary64;
            c[i] = op.exactly(Rounder(acc)(table(binary64, i, false)));
            s[i] = op.exactly(Rounder(acc)(table(binary64, i, true)));
          }
        }
        for (std::size_t i = 0; i < 2 * half; ++i) values[i] = op.exactly(x[i]);
        for (std::size_t i = 0; i < half; ++i) {
          const V a = values[i], b = values[i + half];
          y[i] = store(op.sub(op.store(op.mul(a, c[i])), op.store(op.mul(b, s[i]))));
          y[i + half] = store(op.add(op.store(op.mul(b, c[i])), op.store(op.mul(a, s[i]))));
        }
        return y;
      };
      Native native;
      DoubleDoubleArithmetic wide;
      const Rounder result(out);
      const auto kernel = [&] { return run(ar, [&](double y) { return result(y); }); };
      const auto got = kernel(), other = kernel(), b = run(native, [](double y) { return y; });
      const auto exact = run(wide, [](DoubleDouble y) { return y; });
      for (std::size_t i = 0; i < 2 * half; ++i)
        judge.expect({got[i], other[i], b[i], exact[i]}, f.acc == f.out);
      if (judge.has_failed()) return;
    }
  }
  judge.expect_thorough(0.3);
}

/// An exact table, nothing stored between: at 45 degrees the room's radius is the bound for all angles.
TEST(RopeTolerance, IsTheRoomsBoundAtItsWorstAngle) {
  const double u = 0x1p-11, c = std::sqrt(0.5);
  RotaryTable table{{c}, {c}, {Upper{}}, {Upper{}}};
  const std::vector<double> x = {3, -3};
  const std::vector<Upper> none(2);
  const Upper room = rope_radius({u, {}}, x, none, table)[0];
  ToleranceRequest request{
      .op = Operation::rope, .in = "bin11", .acc = "bin11", .out = "bin11", .absmax = {3}};
  request.against = Reference::exact;
  EXPECT_NEAR(tolerance_of(request).worst.atol / room.value(), 1, 1e-12);
}

}  // namespace
}  // namespace halfulp
