// One suite of laws for every arithmetic; what is particular to one is tested beside it.
#include <gtest/gtest.h>

#include <limits>

#include "halfulp/arith/arithmetic_laws_testing.hpp"
#include "halfulp/arith/native.hpp"
#include "halfulp/arith/round_oracle_testing.hpp"
#include "halfulp/arith/simulated.hpp"

namespace halfulp {
namespace {

using oracle::formats_to_test;
using oracle::same;
using testing::check_identities;

static_assert(Arithmetic<Native> && Arithmetic<Simulated> && Arithmetic<DoubleDoubleArithmetic> &&
              Arithmetic<RunningError> && Arithmetic<BallArithmetic> && Arithmetic<Dual<>> &&
              Arithmetic<Dual<Native>> && Arithmetic<Dual<BallArithmetic>> && Arithmetic<Adjoint> &&
              Arithmetic<ExactDecimal>);

TEST(ArithmeticLaws, IdentitiesOfTheUnroundedAndTheRigorous) {
  check_identities(Native(), "Native");
  check_identities(DoubleDoubleArithmetic(), "DoubleDoubleArithmetic");
  check_identities(RunningError(), "RunningError");
  check_identities(BallArithmetic(), "BallArithmetic");
  check_identities(Dual<>(), "Dual");
  check_identities(Dual<Native>(), "Dual of Native");
  check_identities(Dual<BallArithmetic>(), "Dual of BallArithmetic");
  check_identities(Adjoint(), "Adjoint");
}

TEST(ArithmeticLaws, IdentitiesOfEveryFormatAndMode) {
  std::vector<Rounding> modes = oracle::deterministic_modes();
  modes.push_back(Rounding::stochastic);
  for (const Format& format : formats_to_test())
    for (const Rounding mode : modes) {
      const bool odd = mode != Rounding::up && mode != Rounding::down;
      for (const bool saturate : {false, true}) {
        const RoundingRule rule{format, mode, saturate};
        check_identities(Simulated(rule), name_of(rule), odd);
        if (HasFailure()) return;
      }
    }
}

TEST(ArithmeticLaws, IdentitiesOfDecimalDigits) {
  for (int digits = 1; digits <= 17; ++digits) {
    check_identities(ExactDecimal(digits), "ExactDecimal " + std::to_string(digits));
    const std::string name = "dec" + std::to_string(digits);
    check_identities(Simulated(rounding_rule(name)), name);
  }
}

/// sqrt(x^2) = |x| in radix 2, rounding to nearest (Boldo 2015), whatever x^2 was rounded to.
TEST(ArithmeticLaws, TheRootOfASquareIsTheNumber) {
  oracle::Arguments random(51);
  for (const Format& format : formats_to_test()) {
    if (format.is_decimal()) continue;
    Simulated ar(RoundingRule{format});
    const int half = format.is_unbounded() ? 300 : std::max(format.emin / 2 + 1, -500);
    for (int trial = 0; trial < 200 * oracle::effort(); ++trial) {
      const double x = ar.store(random.log_uniform(-std::abs(half), std::abs(half)));
      const double square = ar.mul(x, x);
      const bool normal = square >= format.smallest_normal() && square < format.max_finite;
      if (!normal || square == 0) continue;
      ASSERT_EQ(ar.sqrt(square), std::fabs(x)) << format.name;
    }
  }
}

/// Neighbouring arguments, and those about midpoints and the ends.
std::vector<double> ascending(const Format& format, oracle::Arguments& random) {
  std::vector<double> x = {0, 0x1p-1074, format.smallest_subnormal(), format.smallest_normal()};
  const double top = std::fmin(format.max_finite, 0x1p1023);
  x.push_back(top);
  for (int i = 0; i < 60; ++i) x.push_back(std::fabs(random.log_uniform(-20, 20)));
  const int least = format.is_unbounded() ? -300 : std::max(format.emin - format.precision - 2, -1074);
  for (int i = 0; i < 60; ++i)
    x.push_back(std::fabs(random.log_uniform(least, format.is_unbounded() ? 300 : format.emax)));
  const std::size_t count = x.size();
  for (std::size_t i = 0; i < count; ++i) {
    const double y = round({x[i]}, {format, Rounding::toward_zero});
    for (const double near : {y, x[i], y * (1 + format.unit_roundoff())}) {
      x.push_back(near);
      x.push_back(std::nextafter(near, 0));
      x.push_back(std::nextafter(near, HUGE_VAL));
    }
  }
  const std::size_t positive = x.size();
  for (std::size_t i = 0; i < positive; ++i) x.push_back(-x[i]);
  std::erase_if(x, [](double y) { return !std::isfinite(y); });
  std::sort(x.begin(), x.end());
  return x;
}

TEST(ArithmeticLaws, RoundingIsMonotoneAndKeepsItsResults) {
  oracle::Arguments random(52);
  for (const Format& format : formats_to_test())
    for (const Rounding mode : oracle::deterministic_modes()) {
      Simulated ar(RoundingRule{format, mode});
      const std::vector<double> x = ascending(format, random);
      double last = -HUGE_VAL;
      for (const double y : x) {
        const double rounded = ar.store(y);
        if (std::isnan(rounded)) continue;  // beyond the largest number of a format without infinity
        ASSERT_GE(rounded, last) << name_of(RoundingRule{format, mode}) << " at " << std::hexfloat << y;
        ASSERT_TRUE(same(ar.store(rounded), rounded)) << format.name << " at " << rounded;
        if (std::fabs(y) <= format.max_finite) {  // beyond, a format without infinity turns back
          ASSERT_TRUE(mode != Rounding::up || rounded >= y) << format.name << " at " << y;
          ASSERT_TRUE(mode != Rounding::down || rounded <= y) << format.name << " at " << y;
        }
        last = rounded;
      }
    }
}

TEST(ArithmeticLaws, OperationsAreMonotone) {
  oracle::Arguments random(53);
  for (const Format& format : formats_to_test())
    for (const Rounding mode : oracle::deterministic_modes()) {
      Simulated ar(RoundingRule{format, mode, true});
      for (int trial = 0; trial < 40 * oracle::effort(); ++trial) {
        double a = ar.store(random.log_uniform(-4, 4)), b = ar.store(random.log_uniform(-4, 4));
        const double c = ar.store(random.log_uniform(-4, 4)), d = std::fabs(c);
        if (a > b) std::swap(a, b);
        if (std::isnan(a + b + c)) continue;
        const auto rises = [&](double low, double high, const char* name) {
          EXPECT_FALSE(low > high) << name << " in " << name_of(ar.acc().rule()) << " at " << std::hexfloat
                                   << a << " <= " << b << ", " << c;
        };
        rises(ar.add(a, c), ar.add(b, c), "a + c");
        rises(ar.sub(c, b), ar.sub(c, a), "c - b");
        rises(ar.mul(a, d), ar.mul(b, d), "a |c|");
        if (d > 0) rises(ar.div(a, d), ar.div(b, d), "a / |c|");
        rises(ar.fma(a, d, c), ar.fma(b, d, c), "a |c| + c");
        rises(ar.sqrt(std::fmin(std::fabs(a), std::fabs(b))), ar.sqrt(std::fmax(std::fabs(a), std::fabs(b))),
              "sqrt");
        rises(ar.exp(a), ar.exp(b), "exp");
        rises(ar.tanh(a), ar.tanh(b), "tanh");
        rises(ar.erf(a), ar.erf(b), "erf");
        rises(ar.max(a, c), ar.max(b, c), "max");
      }
    }
}

/// Where an operand or the exact result is no finite number, the operation is binary64's, rounded.
TEST(ArithmeticLaws, SpecialOperandsAreThoseOfBinary64ThenRounded) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const Format& format : formats_to_test())
    for (const Rounding mode : oracle::deterministic_modes())
      for (const bool saturate : {false, true}) {
        Simulated ar(RoundingRule{format, mode, saturate});
        const Native native;
        const auto is = [&](double y, double exact, const char* name, double a, double b) {
          EXPECT_TRUE(same(y, ar.store(exact)))
              << name << "(" << a << ", " << b << ") in " << name_of(ar.acc().rule()) << " is " << y;
        };
        for (const double a : {inf, -inf, nan, 0.0, -0.0, 1.0, -1.0}) {
          for (const double b : {inf, -inf, nan, 0.0, -0.0, 1.0, -1.0}) {
            const bool special = !std::isfinite(a) || !std::isfinite(b);
            if (special) is(ar.add(a, b), a + b, "add", a, b);
            if (special) is(ar.sub(a, b), a - b, "sub", a, b);
            if (special) is(ar.mul(a, b), a * b, "mul", a, b);
            if (special || b == 0) is(ar.div(a, b), a / b, "div", a, b);
            if (special) is(ar.fma(a, b, 1), std::fma(a, b, 1), "fma", a, b);
            if (special) is(ar.fma(1, a, b), std::fma(1, a, b), "fma", a, b);
          }
          if (std::isfinite(a) && a != 0) continue;
          is(ar.sqrt(a), std::sqrt(a), "sqrt", a, a);
          is(ar.exp(a), native.exp(a), "exp", a, a);
          is(ar.tanh(a), native.tanh(a), "tanh", a, a);
          is(ar.erf(a), native.erf(a), "erf", a, a);
          is(ar.sin(a), native.sin(a), "sin", a, a);
          is(ar.cos(a), native.cos(a), "cos", a, a);
        }
        is(ar.sqrt(-1), nan, "sqrt", -1, 0);
      }
}

}  // namespace
}  // namespace halfulp
