// Simulated arithmetic: every operation is the exact one rounded once, in every mode and format, on random
// and hostile operands; narrow formats exhaustively; and what happened is counted.
#include "halfulp/arith/simulated.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "halfulp/arith/round_oracle_testing.hpp"

namespace halfulp {
namespace {

using oracle::deterministic_modes;
using oracle::formats_to_test;
using oracle::Rational;
using oracle::same;

enum class Operation { add, sub, mul, div, sqrt, fma };
constexpr const char* names[] = {"add", "sub", "mul", "div", "sqrt", "fma"};

double simulated(Simulated& ar, Operation op, double a, double b, double c) {
  switch (op) {
    case Operation::add:
      return ar.add(a, b);
    case Operation::sub:
      return ar.sub(a, b);
    case Operation::mul:
      return ar.mul(a, b);
    case Operation::div:
      return ar.div(a, b);
    case Operation::sqrt:
      return ar.sqrt(a);
    case Operation::fma:
      return ar.fma(a, b, c);
  }
  return 0;
}

/// The exact result, for finite operands where it is a number.  A root is given by 600 bits (function_value).
Rational exact(Operation op, double a, double b, double c) {
  switch (op) {
    case Operation::add:
      return Rational(a) + Rational(b);
    case Operation::sub:
      return Rational(a) - Rational(b);
    case Operation::mul:
      return Rational(a) * Rational(b);
    case Operation::div:
      return Rational(a) / Rational(b);
    case Operation::sqrt:
      return oracle::function_value(mpfr_sqrt, a);
    case Operation::fma:
      return Rational(a) * Rational(b) + Rational(c);
  }
  return 0;
}

/// The sign that IEEE 754 gives to an exact zero, from MPFR.
double exact_zero(Operation op, double a, double b, double c, Rounding mode) {
  oracle::Real x(53), y(53), z(53);
  mpfr_set_d(x, a, MPFR_RNDN);
  mpfr_set_d(y, b, MPFR_RNDN);
  mpfr_set_d(z, c, MPFR_RNDN);
  const mpfr_rnd_t rnd = mode == Rounding::down ? MPFR_RNDD : MPFR_RNDN;
  switch (op) {
    case Operation::add:
      mpfr_add(z, x, y, rnd);
      break;
    case Operation::sub:
      mpfr_sub(z, x, y, rnd);
      break;
    case Operation::mul:
      mpfr_mul(z, x, y, rnd);
      break;
    case Operation::div:
      mpfr_div(z, x, y, rnd);
      break;
    case Operation::sqrt:
      mpfr_sqrt(z, x, rnd);
      break;
    case Operation::fma:
      mpfr_fma(z, x, y, z, rnd);
      break;
  }
  return mpfr_get_d(z, MPFR_RNDN);
}

/// One operation against the definition: value and events.
void check(Simulated& ar, Operation op, double a, double b, double c) {
  const RoundingRule& rule = ar.acc().rule();
  if ((op == Operation::div && b == 0) || (op == Operation::sqrt && std::signbit(a))) return;
  const Rational v = exact(op, a, b, c);
  oracle::Rounded expected{0, false};
  if (v != 0)
    expected = oracle::round_by_definition(v, rule);
  else
    expected.value = round({exact_zero(op, a, b, c, rule.mode)}, rule);  // fnuz has only +0
  ar.clear_events();
  const double y = simulated(ar, op, a, b, c);
  const Events& counted = ar.events();
  const bool right = same(y, expected.value) && counted.overflow == expected.overflow &&
                     counted.underflow == (v != 0 && expected.value == 0) &&
                     counted.nan == std::isnan(expected.value);
  if (right) return;
  char call[200];
  std::snprintf(call, sizeof call, "%s(%a, %a, %a) in %s", names[static_cast<int>(op)], a, b, c,
                name_of(rule).c_str());
  FAIL() << call << " is " << y << ", not " << expected.value << "; overflow " << counted.overflow
         << ", underflow " << counted.underflow << ", nan " << counted.nan;
}

/// Operands in a format, of kinds that hurt.
class Operands {
 public:
  explicit Operands(const Format& f) : rule_{f}, random_(11) {
    least_ = f.is_unbounded() ? -300 : std::max(f.emin - f.precision + 1, -1074);
    greatest_ = f.is_unbounded() ? 300 : f.emax;
  }

  void next(double& a, double& b, double& c) {
    a = any();
    b = any();
    c = any();
    switch (random_.bits() % 10) {
      case 0:
        b = -a * (1 + 0x1p-52 * small());
        break;  // cancels
      case 1:
        b = of_exponent(exponent(a) - rule_.format.precision + small());
        break;  // half an ulp of a
      case 2:
        b = of_exponent(least_ - exponent(a) + small());
        break;  // product at the bottom
      case 3:
        b = of_exponent(greatest_ - exponent(a) + small());
        break;  // product at the top
      case 4:
        b = of_exponent(exponent(a) - least_ + small());
        break;  // quotient at the bottom
      case 5:
        b = of_exponent(exponent(a) - greatest_ + small());
        break;  // quotient at the top
      case 6:
        a = any() * (b = of_exponent(0));
        break;  // quotient next to a number of the format
      case 7:
        a = b * b;
        break;  // root next to a number of the format
      case 8:
        a = b = std::copysign(1.0, a) * rule_.format.max_finite * (1 - 0x1p-3 * std::abs(small()));
        break;
      default:
        break;
    }
    a = in_format(a);
    b = in_format(b);
    if (random_.bits() % 2) c = -a * b * (random_.bits() % 2 ? 1 : 1 + 0x1p-20);  // a b + c cancels
    if (random_.bits() % 4 == 0)
      c = of_exponent(exponent(a) + exponent(b) - rule_.format.precision + small());
    if (random_.bits() % 8 == 0)
      c = of_exponent(exponent(a) + exponent(b) + rule_.format.precision + small());
    if (random_.bits() % 8 == 0) {  // an exact product, c anywhere: it alone decides the direction
      a = few_bits(a);
      b = few_bits(b);
      c = any();
    }
    if (random_.bits() % 8 == 0)
      c = -std::copysign(1.0, a) *
          std::copysign(of_exponent(greatest_), b);  // product overflows, sum does not
    c = in_format(c);
  }

 private:
  static int exponent(double x) { return x == 0 ? 0 : std::ilogb(x); }
  int small() { return static_cast<int>(random_.bits() % 7) - 3; }
  double any() {
    const auto choice = random_.bits() % 16;
    if (choice == 0) return random_.bits() % 2 ? 0.0 : -0.0;
    if (choice < 6) return random_.log_uniform(-2, 2);
    return random_.log_uniform(least_, greatest_);
  }
  double of_exponent(int e) {
    return random_.log_uniform(std::clamp(e, -1074, 1023), std::clamp(e, -1074, 1023));
  }
  static double few_bits(double x) {
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) >> 48 << 48);
  }
  double in_format(double x) {
    const double y = round({std::isnan(x) ? 1.0 : x}, rule_);
    return std::isfinite(y) ? y : 1.0;
  }

  RoundingRule rule_;
  oracle::Arguments random_;
  int least_, greatest_;
};

TEST(Simulated, EveryOperationIsRoundedOnceInEveryFormatAndMode) {
  for (const Format& f : formats_to_test()) {
    Operands operands(f);
    std::vector<Simulated> arithmetics;
    for (const bool saturate : {false, true})
      for (const Rounding mode : deterministic_modes())
        arithmetics.emplace_back(RoundingRule{f, mode, saturate});
    const int trials =
        f.name == "fp64" ? 6000 : 250;  // its ends are those of binary64 too, where most can go wrong
    for (int trial = 0; trial < trials * oracle::effort(); ++trial) {
      double a = 0, b = 0, c = 0;
      operands.next(a, b, c);
      for (Simulated& ar : arithmetics) {
        if (ar.acc().rule().saturate != (trial % 4 == 0)) continue;
        for (int op = 0; op < 6; ++op)
          check(ar, static_cast<Operation>(op), op == 4 ? std::fabs(a) : a, b, c);
      }
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Simulated, AFarAwayAddendDecidesTheTieOfAProduct) {
  for (const Rounding mode : deterministic_modes()) {
    Simulated ar(RoundingRule{format_named("fp64"), mode});
    for (const double c : {1.0, -1.0, 0.0})
      for (const double scale : {1.0, 0x1p500, 0x1p-460})
        check(ar, Operation::fma, 0x1.8p0 * scale, (1 + 0x1p-52) * scale, c * scale * scale * 0x1p-350);
  }
}

/// All finite numbers of a narrow format.
std::vector<double> numbers_of(const Format& f) {
  std::vector<double> numbers = {0.0};
  if (f.specials != Specials::fnuz) numbers.push_back(-0.0);
  for (double x = f.smallest_subnormal(); x <= f.max_finite;) {
    numbers.insert(numbers.end(), {x, -x});
    x += std::ldexp(1.0, std::max(std::ilogb(x), f.emin) - f.precision + 1);
  }
  return numbers;
}

TEST(Simulated_Exhaustive, AllPairsOfTheNarrowFormats) {
  for (const char* name : {"e4m3fn", "e5m2", "e4m3fnuz", "e3m2", "e2m3", "e2m1", "e3m4"}) {
    const Format f = format_named(name);
    const std::vector<double> numbers = numbers_of(f);
    const bool wide = numbers.size() > 100 && oracle::effort() < 10;
    for (const Rounding mode : deterministic_modes()) {
      if (wide && mode != Rounding::nearest_even) continue;
      Simulated ar(RoundingRule{f, mode});
      for (const double a : numbers)
        for (const double b : numbers)
          for (const Operation op : {Operation::add, Operation::sub, Operation::mul, Operation::div})
            ASSERT_NO_FATAL_FAILURE(check(ar, op, a, b, 0));
    }
  }
}

TEST(Simulated_Exhaustive, AllRootsOfTheNarrowFormats) {
  for (const char* name :
       {"e4m3fn", "e5m2", "e4m3fnuz", "e5m2fnuz", "e3m2", "e2m3", "e2m1", "e3m4", "fp16"}) {
    const Format f = format_named(name);
    const std::vector<double> numbers = numbers_of(f);
    for (const Rounding mode : deterministic_modes()) {
      Simulated ar(RoundingRule{f, mode});
      const std::size_t step = numbers.size() > 1000 && oracle::effort() < 10 ? 61 : 1;
      for (std::size_t i = 0; i < numbers.size(); i += step)
        ASSERT_NO_FATAL_FAILURE(check(ar, Operation::sqrt, std::fabs(numbers[i]), 0, 0));
    }
  }
}

/// All triples of the formats of four bits; of eight bits, all pairs with addends about half an ulp of the
/// product, which decide its rounding.
TEST(Simulated_Exhaustive, FusedProductsOfTheNarrowFormats) {
  const Format four = format_named("e2m1");
  const std::vector<double> few = numbers_of(four);
  for (const Rounding mode : deterministic_modes()) {
    Simulated ar(RoundingRule{four, mode});
    for (const double a : few)
      for (const double b : few)
        for (const double c : few) ASSERT_NO_FATAL_FAILURE(check(ar, Operation::fma, a, b, c));
  }
  oracle::Arguments random(15);
  for (const char* name : {"e4m3fn", "e5m2", "e5m2fnuz"}) {
    const Format f = format_named(name);
    const std::vector<double> numbers = numbers_of(f);
    for (const Rounding mode : deterministic_modes()) {
      if (mode != Rounding::nearest_even && oracle::effort() < 10) continue;
      Simulated ar(RoundingRule{f, mode});
      for (const double a : numbers)
        for (const double b : numbers) {
          if (random.bits() % 4 != 0 && oracle::effort() < 10) continue;
          const double c = round({a * b * std::ldexp(random.uniform(-2, 2), -f.precision)},
                                 {f, Rounding::nearest_even, true});
          ASSERT_NO_FATAL_FAILURE(check(ar, Operation::fma, a, b, c));
        }
    }
  }
}

TEST(Simulated, EventsAtTheEndsOfBinary64AndWithSpecialOperands) {
  struct Case {
    const char* rule;
    Operation op;
    double a, b, value;
    std::uint64_t overflow, underflow, nan;
  };
  const double inf = oracle::infinity, nan = oracle::nan;
  for (const Case& c :
       std::vector<Case>{{"fp64", Operation::mul, 1e200, 1e200, inf, 1, 0, 0},
                         {"fp64:down", Operation::mul, 1e200, 1e200, 0x1.fffffffffffffp1023, 1, 0, 0},
                         {"fp64:up", Operation::add, -0x1p1023, -0x1p1023, -0x1.fffffffffffffp1023, 1, 0, 0},
                         {"fp64", Operation::mul, 1e-200, 1e-200, 0, 0, 1, 0},
                         {"fp64:up", Operation::mul, 1e-200, 1e-200, 0x1p-1074, 0, 0, 0},
                         {"fp64", Operation::mul, inf, 2, inf, 0, 0, 0},
                         {"fp64", Operation::sub, inf, inf, nan, 0, 0, 1},
                         {"fp16", Operation::mul, 60000, 2, inf, 1, 0, 0},
                         {"fp16", Operation::div, 1, 0, inf, 0, 0, 0},
                         {"fp16:down", Operation::div, 1, 0, inf, 0, 0, 0},
                         {"fp16", Operation::div, 0, 0, nan, 0, 0, 1},
                         {"fp16:saturate", Operation::mul, -60000, 2, -65504, 1, 0, 0},
                         {"fp16:saturate", Operation::add, 65504, 1, 65504, 0, 0, 0},
                         {"e4m3fn", Operation::mul, 448, 2, nan, 1, 0, 1},
                         {"e4m3fn", Operation::add, 448, 16, 448, 0, 0, 0},
                         {"e4m3fn", Operation::div, 1, 0, nan, 0, 0, 1},
                         {"e4m3fn", Operation::add, nan, 1, nan, 0, 0, 1},
                         {"e2m1", Operation::mul, 6, 6, 6, 1, 0, 0},
                         {"e4m3fn", Operation::mul, 0x1p-6, 0x1p-6, 0, 0, 1, 0},
                         {"bf16", Operation::mul, 0, 5, 0, 0, 0, 0}}) {
    Simulated ar(rounding_rule(c.rule));
    EXPECT_TRUE(same(simulated(ar, c.op, c.a, c.b, 0), c.value)) << c.rule << " " << c.a << " " << c.b;
    EXPECT_EQ(ar.events().overflow, c.overflow) << c.rule << " " << c.a << " " << c.b;
    EXPECT_EQ(ar.events().underflow, c.underflow) << c.rule << " " << c.a << " " << c.b;
    EXPECT_EQ(ar.events().nan, c.nan) << c.rule << " " << c.a << " " << c.b;
  }
  Simulated ar(rounding_rule("fp64"));
  EXPECT_EQ(ar.exp(1000), inf);
  EXPECT_EQ(ar.exp(-1000), 0);
  EXPECT_EQ(ar.exp(-inf), 0);
  EXPECT_EQ(ar.fma(1e200, 1e200, 1), inf);
  EXPECT_EQ(ar.events().overflow, 2u);
  EXPECT_EQ(ar.events().underflow, 1u);
}

}  // namespace
}  // namespace halfulp
