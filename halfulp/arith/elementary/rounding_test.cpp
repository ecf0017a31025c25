// Correct rounding: f_odd equals MPFR rounded to odd, bit for bit, and rounding it to a narrower format
// equals MPFR's single rounding.  Exhaustive over fp16 arguments, sampled over others.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/elementary/exp_core.hpp"
#include "halfulp/arith/elementary/fast.hpp"
#include "halfulp/arith/mpfr_oracle.hpp"

namespace halfulp {
namespace {

using oracle::Arguments;

constexpr double inf = std::numeric_limits<double>::infinity();

struct Case {
  const char* name;
  double (*odd)(double);
  oracle::UnaryFunction exact;
  double largest_argument;
};

const Case exp_case{"exp", exp_odd, mpfr_exp, inf};
const Case tanh_case{"tanh", tanh_odd, mpfr_tanh, inf};
const Case erf_case{"erf", erf_odd, mpfr_erf, inf};
const Case sin_case{"sin", sin_odd, mpfr_sin, 0x1p45};
const Case cos_case{"cos", cos_odd, mpfr_cos, 0x1p45};
const std::vector<Case> all_cases = {exp_case, tanh_case, erf_case, sin_case, cos_case};

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

std::string hex(double x) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%a", x);
  return buffer;
}

/// The fp16 number with these 16 bits; NaN if it is one.
double fp16(unsigned bits) {
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const int fraction = static_cast<int>(bits & 1023);
  if (exponent == 31 && fraction != 0) return std::numeric_limits<double>::quiet_NaN();
  const double magnitude = exponent == 31  ? inf
                           : exponent == 0 ? std::ldexp(fraction, -24)
                                           : std::ldexp(1024 + fraction, exponent - 25);
  return (bits >> 15) != 0 ? -magnitude : magnitude;
}

void expect_odd(const Case& c, double x) {
  if (std::fabs(x) > c.largest_argument) return;
  EXPECT_TRUE(same(c.odd(x), oracle::rounded_to_odd(c.exact, x)))
      << c.name << "_odd(" << hex(x) << ") = " << hex(c.odd(x)) << " is not "
      << hex(oracle::rounded_to_odd(c.exact, x));
}

TEST(RoundToOdd, IsInnocuousBeforeRoundingToFiftyOneBitsOrFewer) {
  Arguments random(17);
  oracle::Real exact(2200);
  for (int i = 0; i < 20000; ++i) {
    const int precision = 2 + static_cast<int>(random.uniform() * 50);
    double x = random.log_uniform(-30, 30);
    // Half of them next to a midpoint or a number of the narrow format, where double rounding would hurt.
    if (i % 2 == 0) x = oracle::rounded(x, {"", precision + 1, -1000, 1000}, MPFR_RNDN);
    const DoubleDouble y = random.with_tail(x);
    exact.set(y);
    for (const mpfr_rnd_t mode : {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDU, MPFR_RNDD, MPFR_RNDA}) {
      oracle::Real once(precision);
      mpfr_set(once, exact, mode);
      const double twice = oracle::rounded(round_to_odd(y), {"", precision, -1000, 1000}, mode);
      EXPECT_EQ(twice, mpfr_get_d(once, MPFR_RNDN))
          << hex(y.hi) << " + " << hex(y.lo) << ", " << precision << " bits";
    }
  }
}

TEST(RoundToOdd, KeepsExactAndSpecialValues) {
  for (const double x : {0.0, -0.0, 1.0, -3.5, inf, -inf, 0x1p-1074})
    EXPECT_TRUE(same(round_to_odd(DoubleDouble{x}), x));
  EXPECT_EQ(round_to_odd({1, 0x1p-90}), 0x1.0000000000001p0);
  EXPECT_EQ(round_to_odd({1, -0x1p-90}), 0x1.fffffffffffffp-1);
  EXPECT_EQ(round_to_odd({-1, 0x1p-90}), -0x1.fffffffffffffp-1);
  EXPECT_EQ(round_to_odd({std::numeric_limits<double>::max(), 0x1p900}), std::numeric_limits<double>::max());
}

TEST(RoundToOdd, RoundsOnceWhereTheResultIsSubnormalOrOverflows) {
  EXPECT_EQ(round_to_odd_scaled({1, 0}, -1074), 0x1p-1074);
  EXPECT_EQ(round_to_odd_scaled({1, 0}, -1080), 0x1p-1074);
  EXPECT_EQ(round_to_odd_scaled({-1.5, 0}, -5000), -0x1p-1074);
  EXPECT_EQ(round_to_odd_scaled({1.5, 0}, -1073), 3 * 0x1p-1074);
  EXPECT_EQ(round_to_odd_scaled({1, 0x1p-60}, -1073), 3 * 0x1p-1074);
  EXPECT_EQ(round_to_odd_scaled({1, -0x1p-60}, -1073), 0x1p-1074);
  EXPECT_EQ(round_to_odd_scaled({1, 0}, -1073), 2 * 0x1p-1074);
  EXPECT_EQ(round_to_odd_scaled({1, 0}, -1022), 0x1p-1022);
  EXPECT_EQ(round_to_odd_scaled({1, -0x1p-60}, -1022), 0x1p-1022 - 0x1p-1074);
  EXPECT_EQ(round_to_odd_scaled({1.5, 0}, 1023), 0x1.8p1023);
  EXPECT_EQ(round_to_odd_scaled({-1.5, 0}, 1024), -std::numeric_limits<double>::max());
}

TEST(CorrectRounding, EveryFp16ArgumentIsRoundedToOddExactly) {
  for (const Case& c : all_cases) {
    for (unsigned bits = 0; bits < 65536; ++bits) expect_odd(c, fp16(bits));
  }
}

TEST(CorrectRounding, EveryFp16ArgumentRoundsCorrectlyToNarrowFormats) {
  for (const Case& c : {exp_case, tanh_case, erf_case}) {
    for (unsigned bits = 0; bits < 65536; ++bits) {
      const double x = fp16(bits);
      if (std::isnan(x)) continue;
      const mpfr_rnd_t directed = bits % 3 == 0 ? MPFR_RNDU : bits % 3 == 1 ? MPFR_RNDD : MPFR_RNDZ;
      const auto check = [&](const oracle::Target& target, mpfr_rnd_t mode) {
        const double y =
            round_correctly(c.odd, x, [&](double z) { return oracle::rounded(z, target, mode); });
        const double expected = oracle::correctly_rounded(c.exact, x, target, mode);
        EXPECT_TRUE(same(y, expected)) << c.name << "(" << hex(x) << ") to " << target.name << " mode "
                                       << mode << ": " << hex(y) << " is not " << hex(expected);
      };
      check(oracle::binary16, MPFR_RNDN);
      check(oracle::binary16, directed);
      check(oracle::bfloat16, MPFR_RNDN);
    }
  }
}

/// A random binary32 number: half of any exponent, half of those where the functions are neither 0, 1 nor x.
double random_binary32(Arguments& random) {
  if (random.bits() % 2 == 0) return static_cast<float>(random.log_uniform(-24, 7));
  const float x = std::bit_cast<float>(static_cast<std::uint32_t>(random.bits()));
  return std::isnan(x) ? 0.0 : x;
}

TEST(CorrectRounding, SampledBinary32ArgumentsRoundCorrectlyToTwentyFourBits) {
  const auto sweep = [](const Case& c, int count) {
    Arguments random(2024);
    for (int i = 0; i < count * oracle::effort(); ++i) {
      const double x = random_binary32(random);
      const mpfr_rnd_t mode = i % 4 == 0 ? MPFR_RNDU : MPFR_RNDN;
      const double y = oracle::rounded(c.odd(x), oracle::binary32, mode);
      const double expected = oracle::correctly_rounded(c.exact, x, oracle::binary32, mode);
      EXPECT_TRUE(same(y, expected)) << c.name << "(" << hex(x) << "): " << hex(y) << " is not "
                                     << hex(expected);
    }
  };
  sweep(exp_case, 500000);
  sweep(tanh_case, 400000);
  sweep(erf_case, 100000);
}

TEST(CorrectRounding, EveryKindOfBinary64ArgumentIsRoundedToOdd) {
  for (const Case& c : all_cases) {
    Arguments random(99);
    std::vector<double> x = {0.0, -0.0, inf, -inf, std::numeric_limits<double>::quiet_NaN(), 1e308, -1e308};
    for (const double threshold : {709.782712893384,
                                   708.0,
                                   -708.0,
                                   -708.396418532264,
                                   -744.4400719213812,
                                   -745.1332191019412,
                                   0.125,
                                   20.0,
                                   19.0,
                                   6.0,
                                   8.5,
                                   40.0,
                                   0x1p-27,
                                   0x1p-28,
                                   0x1p-30,
                                   0x1p-53,
                                   0x1p-54,
                                   0x1p-60,
                                   0x1p-200,
                                   0x1p-1022,
                                   0x1p-1060}) {
      double below = threshold, above = threshold;
      for (int i = 0; i < 4; ++i) {
        for (const double y : {below, -below, above, -above}) x.push_back(y);
        below = std::nextafter(below, -inf);
        above = std::nextafter(above, inf);
      }
    }
    for (int i = 0; i < 3000 * oracle::effort(); ++i) {
      x.push_back(random.log_uniform(-1074, 45));
      x.push_back(random.log_uniform(-70, 10));
      x.push_back(random.uniform(-746, -707));  // results below 2^-1022
      x.push_back(random.uniform(-7, 7));
    }
    for (const double y : x) {
      if (!(std::isinf(y) && c.largest_argument < inf)) expect_odd(c, y);
    }
  }
}

/// Of `count` random arguments in [least, greatest], those at which `hard` holds, at least `expected`, are
/// rounded to odd.
template <class Hard>
void expect_odd_where(const Case& c, double least, double greatest, int count, int expected, Hard hard) {
  Arguments random(31);
  int found = 0;
  for (int i = 0; i < count * oracle::effort(); ++i) {
    const double x = random.uniform(least, greatest);
    if (!hard(x)) continue;
    ++found;
    expect_odd(c, x);
  }
  EXPECT_GE(found, expected) << c.name;
}

TEST(CorrectRounding, ArgumentsAtWhichTheFastPathCannotTellAreRoundedToOdd) {
  const auto within = [](WithError y, double error) {
    return std::fabs(y.error) <= error * std::fabs(y.value);
  };
  expect_odd_where(exp_case, -700, 700, 2000000, 600, [&](double x) {
    const auto p = detail::exp_core(x);
    return within({p.hi, p.lo}, detail::exp_core_error);
  });
  expect_odd_where(tanh_case, -0.15, 0.15, 600000, 300,
                   [&](double x) { return within(detail::tanh_fast(x), detail::tanh_fast_error); });
  expect_odd_where(tanh_case, 0.125, 4, 600000, 300,
                   [&](double x) { return within(detail::tanh_fast(x), detail::tanh_fast_error); });
  expect_odd_where(erf_case, 0.03, 0.3, 200000, 1000,
                   [&](double x) { return within(detail::erf_fast(x), detail::erf_fast_error); });
}

TEST(CorrectRounding, BeyondTheRangeOfBinary64NothingIsRoundedAway) {
  EXPECT_EQ(exp_odd(1000), std::numeric_limits<double>::max());
  EXPECT_EQ(exp_odd(inf), inf);
  EXPECT_EQ(exp_odd(-1000), 0x1p-1074);
  EXPECT_EQ(exp_odd(-inf), 0);
  EXPECT_EQ(tanh_odd(1000), 0x1.fffffffffffffp-1);
  EXPECT_EQ(tanh_odd(-inf), -1);
  EXPECT_TRUE(same(tanh_odd(-0.0), -0.0));
  EXPECT_TRUE(same(erf_odd(-0.0), -0.0));
  EXPECT_TRUE(same(sin_odd(-0.0), -0.0));
  EXPECT_EQ(cos_odd(0), 1);
  EXPECT_TRUE(std::isnan(sin_odd(inf)));
  EXPECT_TRUE(std::isnan(cos_odd(0x1p46)));
}

}  // namespace
}  // namespace halfulp
