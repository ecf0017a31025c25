// round() against the definition: every number of every narrow format with its midpoints and their binary64
// neighbours, every significand of binary32, and random numbers of the whole range of binary64.
#include "halfulp/arith/round.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "halfulp/arith/round_oracle_testing.hpp"

namespace halfulp {
namespace {

using oracle::deterministic_modes;
using oracle::formats_to_test;
using oracle::replay;
using oracle::round_by_definition;
using oracle::same;

/// What an overflow of a finite number gives, written out once more.
double beyond(const Format& f, Rounding mode, bool negative, bool saturate) {
  const bool inward = mode == Rounding::toward_zero || mode == (negative ? Rounding::up : Rounding::down);
  const double sign = negative ? -1 : 1;
  if (saturate || inward || f.specials == Specials::finite) return sign * f.max_finite;
  return f.specials == Specials::ieee ? sign * oracle::infinity : oracle::nan;
}

/// The numbers 0 <= m 2^q of a format by counting: m units of the last place, binade after binade.
std::vector<double> counted(const Format& f) {
  std::vector<double> numbers;
  const int half = 1 << (f.precision - 1);
  for (int m = 0; m < half; ++m) numbers.push_back(std::ldexp(m, f.emin - f.precision + 1));
  for (int e = f.emin; e <= f.emax; ++e)
    for (int m = half; m < 2 * half; ++m) numbers.push_back(std::ldexp(m, e - f.precision + 1));
  while (numbers.back() > f.max_finite) numbers.pop_back();
  return numbers;
}

/// A point strictly between the neighbours number i and i + 1 of the format: -1 nearer to the lower one, 0 in
/// the middle.
struct Between {
  Inexact point;
  int side;
};

/// Points between a and b, whose midpoint is a binary64 number: quarters, the middle and what is nearest to
/// all.
std::array<Between, 11> points_between(double a, double b) {
  const double middle = a + (b - a) / 2, tiny = 0x1p-1074;
  return {{{{a, tiny}, -1},
           {{std::nextafter(a, b), 0}, -1},
           {{a + (b - a) / 4, 0}, -1},
           {{std::nextafter(middle, a), 0}, -1},
           {{middle, -tiny}, -1},
           {{middle, 0}, 0},
           {{middle, tiny}, 1},
           {{std::nextafter(middle, b), 0}, 1},
           {{b - (b - a) / 4, 0}, 1},
           {{std::nextafter(b, a), 0}, 1},
           {{b, -tiny}, 1}}};
}

bool goes_to_upper(Rounding mode, int side, bool upper_is_even, bool negative) {
  switch (mode) {
    case Rounding::nearest_even:
      return side > 0 || (side == 0 && upper_is_even);
    case Rounding::nearest_away:
      return side >= 0;
    case Rounding::up:
      return !negative;
    case Rounding::down:
      return negative;
    default:
      return false;
  }
}

TEST(Round_Exhaustive, EveryNumberOfANarrowFormatAndEveryGapBetweenTwo) {
  for (const Format& f : formats_to_test()) {
    if (f.is_unbounded() || f.precision > 11 || f.emax > 127) continue;
    if (f.precision == 11 && f.emax == 127 && oracle::effort() < 10) continue;  // tf32 has 19 bits
    const std::vector<double> numbers = counted(f);
    for (const Rounding mode : deterministic_modes()) {
      for (const bool saturate : {false, true}) {
        const RoundingRule rule{f, mode, saturate};
        for (std::size_t i = 0; i < numbers.size(); ++i) {
          const bool last = i + 1 == numbers.size();
          const double a = numbers[i], b = last ? 2 * a - numbers[i - 1] : numbers[i + 1];
          for (const double sign : {1.0, -1.0}) {
            const auto signed_zero = [&](double y) {
              return y == 0 && f.specials == Specials::fnuz ? 0.0 : sign * y;
            };
            ASSERT_TRUE(same(round({sign * a}, rule), signed_zero(a))) << replay({sign * a}, rule);
            const double upper = last ? beyond(f, mode, sign < 0, saturate) : sign * b;
            for (const Between& p : points_between(a, b)) {
              const Inexact z{sign * p.point.x, sign * p.point.residual};
              const bool goes_up = goes_to_upper(mode, p.side, i % 2 == 1, sign < 0);
              ASSERT_TRUE(same(round(z, rule), goes_up ? upper : signed_zero(a))) << replay(z, rule);
            }
            if (last) {
              ASSERT_TRUE(same(round({sign * b}, rule), upper)) << replay({sign * b}, rule);
            }
          }
        }
      }
    }
  }
}

/// The significand m of 24 bits in units of 2^(e - 23), rounded to multiples of 2^d of them: schoolbook
/// division.
std::uint64_t divided(std::uint64_t m, int d, Rounding mode, bool negative) {
  const std::uint64_t unit = std::uint64_t{1} << d, quotient = m / unit, rest = m % unit;
  bool up = false;
  if (mode == Rounding::nearest_even) up = 2 * rest > unit || (2 * rest == unit && quotient % 2 == 1);
  if (mode == Rounding::nearest_away) up = 2 * rest >= unit;
  if (mode == Rounding::up) up = rest > 0 && !negative;
  if (mode == Rounding::down) up = rest > 0 && negative;
  return (quotient + up) * unit;
}

/// All significands of the binade 2^e (every step-th), in a format where they neither overflow nor leave the
/// binary32 range.
void check_significands(const Format& f, int e, Rounding mode, std::uint32_t step) {
  const RoundingRule rule{f, mode};
  const int last_place = (f.is_unbounded() ? e : std::max(e, f.emin)) - f.precision + 1;
  const int d = std::max(0, last_place - (e - 23));
  const double unit = std::ldexp(1.0, e - 23);  // products with it are exact
  for (std::uint32_t i = 0; i < (1u << 23); i += step) {
    const std::uint64_t m = (1u << 23) + i;
    const bool negative = (i ^ (i >> 11)) & 1;  // both signs, at no extra cost
    const double sign = negative ? -1 : 1;
    const double magnitude = static_cast<double>(divided(m, d, mode, negative)) * unit;
    const double expected = magnitude == 0 && f.specials == Specials::fnuz ? 0.0 : sign * magnitude;
    const double x = sign * static_cast<double>(m) * unit;
    const bool right =
        std::bit_cast<std::uint64_t>(round({x}, rule)) == std::bit_cast<std::uint64_t>(expected);
    if (!right) FAIL() << replay({x}, rule) << " is not " << expected;
  }
}

TEST(Round_Exhaustive, EveryBinary32SignificandInTheNormalRange) {
  for (const char* name : {"bf16", "fp16", "e4m3fn", "e5m2", "e2m1"})
    for (const Rounding mode : deterministic_modes()) check_significands(format_named(name), 0, mode, 1);
}

TEST(Round_Exhaustive, Binary32SignificandsAmongTheSubnormals) {
  const std::uint32_t step = oracle::effort() >= 10 ? 1 : 37;
  for (const Format& f : formats_to_test()) {
    if (f.precision > 24) continue;
    for (const Rounding mode : deterministic_modes()) {
      check_significands(f, f.is_unbounded() ? -300 : f.emin - 1, mode, step);
      if (!f.is_unbounded())
        check_significands(f, f.emin - f.precision, mode, step);  // around half the least one
    }
  }
}

/// A binary64 number on or next to something that matters to the format, or anywhere.
double hostile(oracle::Arguments& random, const Format& f) {
  const auto choice = random.bits() % 8;
  if (choice == 0) return std::bit_cast<double>(random.bits());  // all exponents, subnormals, NaN
  const int least = f.is_unbounded() ? -900 : std::max(f.emin - f.precision - 2, -1074);
  const int greatest = f.is_unbounded() ? 900 : std::min(f.emax + 1, 1023);
  double x = random.log_uniform(least, greatest);
  if (choice == 1) return x;
  const int e = f.is_unbounded() ? std::ilogb(x) : std::max(std::ilogb(x), f.emin);
  const double spacing = std::ldexp(1.0, std::max(e - f.precision + 1, -1074));
  x = std::trunc(x / spacing) * spacing;  // on the grid, if t <= 52
  if (choice == 2) x = std::copysign(f.is_unbounded() ? 1.0 : f.max_finite, x);
  if (choice >= 3) x += static_cast<double>(random.bits() % 5) / 4 * spacing;
  if (choice == 6) x = std::nextafter(x, oracle::infinity);
  if (choice == 7) x = std::nextafter(x, -oracle::infinity);
  return x;
}

TEST(Round, RandomAndHostileNumbersWithAndWithoutResidual) {
  for (const Format& f : formats_to_test()) {
    oracle::Arguments random(1);
    for (int trial = 0; trial < 1500 * oracle::effort(); ++trial) {
      Inexact z{hostile(random, f)};
      if (!std::isfinite(z.x) || z.x == 0) continue;
      const bool subnormal = std::fabs(z.x) < 0x1p-1022;
      if (trial % 3 != 0 && !(subnormal && f.is_unbounded()))
        z.residual = (trial % 3 == 1 ? 1 : -1) * 0x1p-1074;
      for (const Rounding mode : deterministic_modes()) {
        const RoundingRule rule{f, mode, trial % 2 == 0};
        const double expected = round_by_definition(oracle::exact_value(z), rule).value;
        ASSERT_TRUE(same(round(z, rule), expected))
            << replay(z, rule) << " is " << round(z, rule) << ", not " << expected;
      }
    }
  }
}

TEST(Round, OverflowTableSaysWhatHappens) {
  for (const Format& f : formats_to_test()) {
    for (const Rounding mode : deterministic_modes()) {
      for (const bool negative : {false, true}) {
        const double sign = negative ? -1 : 1;
        // the least number of the next binade, or, past the end of binary64, an infinity that stands for a
        // finite number
        const Inexact z = f.emax == 1023 ? Inexact{sign * oracle::infinity, -sign}
                                         : Inexact{sign * std::ldexp(1.0, f.emax + 1)};
        const double y = round(z, {f, mode});
        const std::string word = f.is_unbounded()           ? (std::isinf(y) ? "none" : "")
                                 : std::isnan(y)            ? "nan"
                                 : std::isinf(y)            ? "inf"
                                 : y == sign * f.max_finite ? "max"
                                                            : "";
        EXPECT_EQ(overflow_result(f, mode, negative), word) << replay(z, {f, mode});
        EXPECT_EQ(round(z, {f, mode, true}), sign * f.max_finite) << replay(z, {f, mode, true});
      }
    }
  }
}

TEST(Round, SpecialValues) {
  for (const Format& f : formats_to_test()) {
    for (const Rounding mode : deterministic_modes()) {
      const RoundingRule rule{f, mode}, saturating{f, mode, true};
      const bool has_infinity = f.specials == Specials::ieee || f.specials == Specials::none;
      EXPECT_TRUE(std::isnan(round({oracle::nan}, rule))) << f.name;
      EXPECT_TRUE(std::isnan(round({-oracle::nan}, saturating))) << f.name;
      EXPECT_TRUE(same(round({0.0}, rule), 0.0)) << f.name;
      EXPECT_TRUE(same(round({-0.0}, rule), f.specials == Specials::fnuz ? 0.0 : -0.0)) << f.name;
      for (const double x : {oracle::infinity, -oracle::infinity}) {
        const double limit = std::copysign(f.max_finite, x);
        const double expected = has_infinity ? x : f.specials == Specials::finite ? limit : oracle::nan;
        EXPECT_TRUE(same(round({x}, rule), expected)) << f.name;
        EXPECT_TRUE(same(round({x}, saturating), limit)) << f.name;
      }
    }
  }
}

TEST(Round, AMidpointOfBinary64GoesAwayFromZeroWhenAsked) {
  const RoundingRule away = rounding_rule("fp64:nearest-away"), up = rounding_rule("fp64:up");
  EXPECT_EQ(round({1, 0x1p-53, true}, away), 1 + 0x1p-52);
  EXPECT_EQ(round({-1, -0x1p-53, true}, away), -1 - 0x1p-52);
  EXPECT_EQ(round({1, 0x1p-54}, away), 1);
  EXPECT_EQ(round({1, 0x1p-53, true}, rounding_rule("fp64:saturate")), 1);
  EXPECT_EQ(round({1, 0x1p-53, true}, up), 1 + 0x1p-52);
}

TEST(Round, MidpointsGoToEvenAndTheLeastSubnormalsHalfToZero) {
  const RoundingRule fp16 = rounding_rule("fp16"), e4m3fn = rounding_rule("e4m3fn");
  EXPECT_EQ(round({2049}, fp16), 2048);
  EXPECT_EQ(round({2051}, fp16), 2052);
  EXPECT_TRUE(same(round({-0x1p-25}, fp16), -0.0));
  EXPECT_EQ(round({0x1p-25, 1}, fp16), 0x1p-24);
  EXPECT_EQ(round({464}, e4m3fn), 448) << "a tie between 448 and 480, which would be NaN";
  EXPECT_TRUE(std::isnan(round({464, 1}, e4m3fn)));
  EXPECT_EQ(round({65520}, fp16), oracle::infinity);
  EXPECT_EQ(round({65520, -1}, fp16), 65504);
}

}  // namespace
}  // namespace halfulp
