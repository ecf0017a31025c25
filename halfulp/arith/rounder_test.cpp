// Whatever way a Rounder takes, its result is that of round(), bit for bit.
#include "halfulp/arith/rounder.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "halfulp/arith/round_oracle_testing.hpp"

namespace halfulp {
namespace {

std::vector<RoundingRule> rules() {
  std::vector<RoundingRule> all;
  for (const Format& f : oracle::formats_to_test())
    for (const bool saturate : {false, true}) all.push_back({f, Rounding::nearest_even, saturate});
  for (const char* text : {"bf16:up", "fp32:down", "fp64:toward-zero", "fp16:nearest-away", "dec4", "dec8",
                           "dec16", "e8m23", "e8m23:saturate"})
    all.push_back(rounding_rule(text));
  return all;
}

TEST(Rounder, EveryWayGivesTheBitsOfRound) {
  for (const RoundingRule& rule : rules()) {
    const Rounder rounder(rule);
    const Format& f = rule.format;
    oracle::Arguments random(21);
    const int least = f.is_unbounded() ? -1074 : std::max(f.emin - f.precision - 1, -1074);
    const int greatest = f.is_unbounded() ? 1023 : std::min(f.emax + 1, 1023);
    const auto check = [&](double x) {
      for (const double y : {x, -x})
        ASSERT_TRUE(oracle::same(rounder(y), round({y}, rule)))
            << oracle::replay({y}, rule) << " is not " << rounder(y);
    };
    for (const double x : {0.0, oracle::infinity, oracle::nan, f.max_finite, 0x1p900, 0x1p-900,
                           0x1.fffffffffffffp1023, 0x1p-1074})
      ASSERT_NO_FATAL_FAILURE(check(x));
    for (int trial = 0; trial < 4000 * oracle::effort(); ++trial) {
      ASSERT_NO_FATAL_FAILURE(check(std::bit_cast<double>(random.bits())));
      double x = random.log_uniform(least, greatest);
      ASSERT_NO_FATAL_FAILURE(check(x));
      const int kept =
          std::min(f.precision + static_cast<int>(random.bits() % 3), 53);  // numbers, midpoints, quarters
      x = std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) >> (53 - kept) << (53 - kept));
      for (const double y : {x, std::nextafter(x, 0), std::nextafter(x, 2 * x)})
        ASSERT_NO_FATAL_FAILURE(check(y));
      const double units = static_cast<double>(random.bits() % 64);  // quarters of the least subnormal
      if (!f.is_unbounded() && f.emin > -1000) {
        const double quarters = units / 4 * f.smallest_subnormal();
        for (const double y : {quarters, std::nextafter(quarters, 1), std::nextafter(quarters, -1)})
          ASSERT_NO_FATAL_FAILURE(check(y));
      }
    }
  }
}

TEST(Rounder, WaysAreChosenAsIntended) {
  EXPECT_EQ(Rounder().way(), Rounder::Way::binary64);
  EXPECT_EQ(Rounder(rounding_rule("fp32")).way(), Rounder::Way::binary32);
  EXPECT_EQ(Rounder(rounding_rule("e8m23")).way(), Rounder::Way::binary32);
  EXPECT_EQ(Rounder(rounding_rule("bin24")).way(), Rounder::Way::grid);
  EXPECT_EQ(Rounder(rounding_rule("bf16")).way(), Rounder::Way::grid);
  EXPECT_EQ(Rounder(rounding_rule("bf16:up")).way(), Rounder::Way::exact);
  EXPECT_EQ(Rounder(rounding_rule("bin26")).way(), Rounder::Way::exact);
  EXPECT_EQ(Rounder(rounding_rule("fp64:down")).way(), Rounder::Way::exact);
  EXPECT_EQ(Rounder(rounding_rule("dec4")).way(), Rounder::Way::digits);
}

}  // namespace
}  // namespace halfulp
