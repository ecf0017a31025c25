// Stochastic rounding: the probability of going up is exactly what the docstring of round() says, for every
// value of the random bits; and the stream of Simulated delivers such bits.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "halfulp/arith/round_oracle_testing.hpp"
#include "halfulp/arith/simulated.hpp"

namespace halfulp {
namespace {

using oracle::exact_value;
using oracle::Rational;
using oracle::replay;

std::vector<Format> formats() {
  auto all = oracle::formats_to_test();
  for (const char* name : {"bin12", "bin20", "bin21", "bin22", "bin45", "bin50"})
    all.push_back(format_named(name));
  return all;
}

RoundingRule stochastic(const Format& f) { return {f, Rounding::stochastic, false}; }

/// Fractions of every kind in every region: subnormal, half the least subnormal and far below it, normal,
/// next to overflow.
std::vector<Inexact> points(const Format& f, int count) {
  oracle::Arguments random(5);
  std::vector<Inexact> all;
  for (int i = 0; i < count; ++i) {
    const int least = f.is_unbounded() ? -300 : std::max(f.emin - f.precision - 20, -1070);
    const int greatest = f.is_unbounded() ? 300 : std::min(f.emax, 1022);
    const int exponent = i % 4 == 0   ? greatest
                         : i % 4 == 1 ? std::min(least + i % 40, greatest)
                                      : least + (i * 37) % (greatest - least);
    Inexact z{std::ldexp(1 + random.uniform(), exponent)};
    if (random.bits() & 1) z.x = -z.x;
    if (!f.is_unbounded() && std::fabs(z.x) >= f.max_finite) z.x /= 2;  // beyond it what goes up may saturate
    if (i % 5 == 1) z.residual = 1;
    if (i % 5 == 2) z.residual = -1;
    all.push_back(z);
  }
  return all;
}

Rational fraction_of(const Rational& magnitude, const Format& f) {
  return oracle::place_of(magnitude, f.precision, !f.is_unbounded(), f.emin).fraction;
}

TEST(RoundStochastic, EveryValueOfTheRandomBitsIsCountedRight) {
  for (const Format& f : formats()) {
    const int r = stochastic_bits(f);
    if (r == 0 || r > 16) continue;
    const RoundingRule rule = stochastic(f);
    for (const Inexact z : points(f, 16 * oracle::effort())) {
      const double down = round(z, rule, 0);
      std::uint32_t ups = 0;
      for (std::uint32_t top = 0; top < (1u << r); ++top) {
        const std::uint32_t random = top << (32 - r) | (top * 2654435761u >> r);  // the rest does not matter
        ups += !oracle::same(round(z, rule, random), down);
      }
      Rational v = abs(exact_value(z));
      const Rational fraction = fraction_of(v, f);
      if (f.precision <= 11) v = oracle::rounded_to_24_bits(v);
      ASSERT_EQ(ups, oracle::floor_of(fraction_of(v, f) * oracle::power_of_two(r)).get_ui())
          << replay(z, rule);
      // The bias: exact fraction against the probability.  Where 24 bits round up to a number of the format
      // both are whole.
      Rational bias = Rational(ups) * oracle::power_of_two(-r) - fraction;
      if (fraction_of(v, f) == 0 && fraction > Rational(1, 2)) bias += 1;
      ASSERT_TRUE(abs(bias) <= oracle::power_of_two(-r)) << replay(z, rule);
    }
  }
}

TEST(RoundStochastic, ThresholdAndRandomBitsAgreeWithTheDefinition) {
  for (const Format& f : formats()) {
    const int r = stochastic_bits(f);
    const RoundingRule rule = stochastic(f);
    oracle::Arguments bits(6);
    for (const Inexact z : points(f, 300 * oracle::effort())) {
      Rational v = abs(exact_value(z));
      if (f.precision <= 11) v = oracle::rounded_to_24_bits(v);
      const std::uint64_t first =
          r == 0 ? 0 : oracle::floor_of(fraction_of(v, f) * oracle::power_of_two(r)).get_ui();
      const std::uint64_t threshold = (std::uint64_t{1} << r) - first;  // the least top bits that carry
      std::vector<std::uint32_t> randoms = {0, 0xffffffffu, static_cast<std::uint32_t>(bits.bits())};
      if (r > 0) randoms.push_back(static_cast<std::uint32_t>((threshold - 1) << (32 - r)));
      if (r > 0 && first > 0) randoms.push_back(static_cast<std::uint32_t>(threshold << (32 - r)));
      for (const std::uint32_t random : randoms) {
        const double expected = oracle::round_by_definition(exact_value(z), rule, random).value;
        ASSERT_TRUE(oracle::same(round(z, rule, random), expected))
            << replay(z, rule, random) << " is not " << expected;
      }
    }
  }
}

TEST(RoundStochastic, BitsAreAsStated) {
  for (const auto& [name, r] : {std::pair{"bf16", 16},
                                {"fp16", 13},
                                {"tf32", 13},
                                {"e4m3fn", 16},
                                {"fp32", 29},
                                {"bin12", 32},
                                {"bin21", 32},
                                {"bin22", 31},
                                {"fp64", 0}})
    EXPECT_EQ(stochastic_bits(format_named(name)), r) << name;
}

TEST(RoundStochastic, NumbersOfTheFormatStay) {
  for (const char* name : {"bf16", "fp16", "e4m3fn", "fp32", "bin8"})
    for (const double x : {1.0, -1.5, 0.25, 0.0, -0.0})
      EXPECT_TRUE(oracle::same(round({x}, stochastic(format_named(name)), 0xffffffffu), x))
          << name << " " << x;
}

TEST(RoundStochastic, MeanThroughTheStreamIsTheExactValue) {
  // Hoeffding: with N draws P(|ups - N p| >= s) <= 2 exp(-2 s^2 / N).  s is chosen for a false alarm of 1e-9
  // per case, and the seed is fixed, so that a pass stays a pass.  N = 2^18 detects a bias of 0.7 % of an
  // ulp.
  constexpr int draws = 1 << 18;
  const double slack = std::sqrt(draws * std::log(2e9) / 2);
  for (const char* name : {"bf16", "fp16", "e4m3fn", "fp32", "bin12"}) {
    for (const double fraction : {0.5, 0.3, 0.01}) {
      const Format f = format_named(name);
      Simulated ar(stochastic(f));
      const double ulp = std::ldexp(1.0, 1 - f.precision), x = 1 + fraction * ulp;
      int ups = 0;
      for (int i = 0; i < draws; ++i) {
        if (i % 64 == 0) ar.begin_entry(static_cast<std::size_t>(i / 64), 7);
        ups += ar.store(x) > 1;
      }
      EXPECT_NEAR(ups, draws * fraction, slack) << name;
    }
  }
}

TEST(RandomStream, DrawsAreTheDocumentedFunctionOfKeyEntryAndNumber) {
  const std::uint64_t key = 0x0123456789abcdefu;
  const auto draw = [&](std::uint32_t n, int width) {
    if (width == 32) return philox(key, {5, 3, n / 4, 1})[n % 4];
    const std::uint32_t word = philox(key, {5, 3, n / 8, 0})[(n / 2) % 4];
    return n % 2 == 0 ? word << 16 : word & 0xffff0000u;
  };
  for (const std::uint32_t pattern :
       {0u, 0xffffffffu, 0x5555aaaau, 0x137f0e61u}) {  // which draws are of 32 bits
    RandomStream stream = RandomStream(key).at(3, 5);
    for (std::uint32_t n = 0; n < 100; ++n) {
      const bool wide = pattern >> (n % 32) & 1;
      ASSERT_EQ(wide ? stream.draw32() : stream.draw16(), draw(n, wide ? 32 : 16))
          << "draw " << n << " of pattern " << pattern;
    }
  }
}

TEST(RandomStream, EntriesDifferAndRepeat) {
  std::set<std::uint64_t> seen;
  for (std::uint32_t row = 0; row < 40; ++row) {
    for (std::uint32_t column = 0; column < 40; ++column) {
      RandomStream a = RandomStream(1).at(row, column), b = RandomStream(1).at(row, column);
      const std::uint64_t first = a.draw32(), word = first << 32 | a.draw32();
      EXPECT_EQ(first, b.draw32());
      seen.insert(word);
    }
  }
  EXPECT_EQ(seen.size(), 1600u) << "64 bits coincide by chance with probability 1e-13";
  EXPECT_NE(RandomStream(1).at(0, 0).draw32(), RandomStream(2).at(0, 0).draw32());
}

TEST(Simulated_Stochastic, OperationsDrawFromTheStreamInOrder) {
  for (const char* name : {"bf16", "fp32"}) {
    const RoundingRule rule = stochastic(format_named(name));
    const bool narrow = rule.format.precision <= 11;
    Simulated ar({rule, rule, rule}, {}, RandomStream(9));
    ar.begin_entry(2, 4);
    RandomStream stream = RandomStream(9).at(2, 4);
    const auto next = [&] { return narrow ? stream.draw16() : stream.draw32(); };
    for (int i = 0; i < 200; ++i) {
      const double a = 1 + i / 128.0, b = 3 - i / 256.0;
      EXPECT_EQ(ar.mul(a, b), oracle::round_by_definition(Rational(a) * Rational(b), rule, next()).value);
      EXPECT_EQ(ar.div(a, b), oracle::round_by_definition(Rational(a) / Rational(b), rule, next()).value);
      EXPECT_EQ(
          ar.fma(a, b, 0x1p-30),
          oracle::round_by_definition(Rational(a) * Rational(b) + Rational(0x1p-30), rule, next()).value);
      EXPECT_EQ(ar.exp(-a),
                oracle::round_by_definition(oracle::function_value(mpfr_exp, -a), rule, next()).value);
    }
  }
}

}  // namespace
}  // namespace halfulp
