#include "halfulp/analysis/attribution/flips.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/arith/rounder.hpp"
#include "halfulp/models/normal_numbers.hpp"

namespace halfulp {
namespace {

/// How often the competitor wins when D ~ N(m, sigma^2) and both logits are rounded to multiples of g.
double observed_flips(double m, double sigma, double g, bool ties_lose, int draws) {
  const Philox4x32 normals{5, 1}, offsets{5, 2};
  int flips = 0;
  for (int k = 0; k < draws; ++k) {
    const double d = m + sigma * normal_pair(normals, static_cast<std::uint64_t>(k))[0];
    const auto words = offsets.block(static_cast<std::uint64_t>(k));
    const double a = 1000 * g * uniform(words[0], words[1]), b = a - d;
    const double ahead = std::nearbyint(a / g) - std::nearbyint(b / g);
    flips += ahead < 0 || (ahead == 0 && ties_lose);
  }
  return flips / static_cast<double>(draws);
}

TEST(Flips, ProbabilityIsTheFrequencyUnderRoundingToAGrid) {
  constexpr int draws = 30000;
  for (const double m : {0.0, 0.3, 1.0, 2.5})
    for (const double sigma : {0.0, 0.2, 1.0})
      for (const double g : {0.25, 1.0, 4.0})
        for (const bool ties_lose : {false, true}) {
          const double p = flip_probability(m, sigma, g, ties_lose);
          // five standard deviations of the frequency, and one draw
          EXPECT_NEAR(observed_flips(m, sigma, g, ties_lose, draws), p,
                      5 * std::sqrt(p * (1 - p) / draws) + 1.0 / draws)
              << m << ' ' << sigma << ' ' << g << ' ' << ties_lose;
        }
}

TEST(Flips, AFineGridIsNoGrid) {
  for (const double m : {0.0, 0.5, 3.0}) {
    EXPECT_NEAR(flip_probability(m, 1, 0, true), normal_distribution(-m), 1e-15);
    EXPECT_NEAR(flip_probability(m, 1, 1e-4, true), normal_distribution(-m), 5e-5);
    EXPECT_NEAR(flip_probability(m, 1, 1e-4, false), normal_distribution(-m), 5e-5);
  }
  EXPECT_EQ(flip_probability(0, 0, 0, true), 1);
  EXPECT_EQ(flip_probability(0, 0, 0, false), 0);
  EXPECT_EQ(flip_probability(HUGE_VAL, 1, 1, true), 0);
  EXPECT_TRUE(std::isnan(flip_probability(1, NAN, 1, true)));
}

TEST(Flips, SpacingIsTheDistanceToTheNextNumber) {
  for (const char* name : {"bf16", "fp16", "e4m3fn", "bin8", "fp32"}) {
    const Format format = format_named(name);
    const Rounder rounder(RoundingRule{format, Rounding::up, false});
    for (const double x : {0.004, 0.37, 1.0, 5.0, 13.2, 140.0}) {
      const double at = Rounder(RoundingRule{format, Rounding::nearest_even, false})(x);
      const double next = rounder(at * (1 + 0x1p-40));
      EXPECT_NEAR(spacing_at(format, at), next - at, 1e-9 * (next - at)) << name << ' ' << at;
    }
  }
  EXPECT_DOUBLE_EQ(spacing_at(format_named("dec3"), 13.2), 0.1);
  EXPECT_DOUBLE_EQ(spacing_at(format_named("dec3"), 0.004), 1e-5);
  EXPECT_EQ(spacing_at(format_named("dec3"), 140), 1);
  EXPECT_EQ(spacing_at(format_named("fp64"), 3.0), 0);
  EXPECT_EQ(spacing_at(format_named("fp16"), 0), 0x1p-24);
}

}  // namespace
}  // namespace halfulp
