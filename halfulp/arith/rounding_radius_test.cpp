// The radius of one rounding holds at every number, most of all where it is tight: beside the midpoints,
// below the smallest subnormal, at the ends of the range.
#include "halfulp/arith/rounding_radius.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "halfulp/arith/rounder.hpp"

namespace halfulp {
namespace {

const char* const rules[] = {"fp64", "fp64:up", "fp64:stochastic", "fp32",   "fp32:down", "fp16",
                             "bf16", "bf16:up", "bf16:stochastic", "e4m3fn", "e2m1",      "e4m3fn:stochastic",
                             "tf32", "bin8",    "bin53",           "dec4",   "dec16"};

/// The number itself, and what lies beside the middle of two of the format's.
std::vector<double> hostile(const Format& f) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-1074, 1023), significand(1, 2);
  std::vector<double> all = {0x1p-1074,
                             0x1.8p-1073,
                             1,
                             1 + f.unit_roundoff(),
                             f.smallest_subnormal() / 2,
                             f.smallest_subnormal() * 0.75,
                             f.smallest_normal(),
                             f.smallest_normal() * (1 - f.unit_roundoff())};
  for (int i = 0; i < 2000; ++i)
    all.push_back(std::ldexp(significand(random), static_cast<int>(exponent(random))));
  return all;
}

TEST(RoundingRadius, HoldsAtEveryNumberOfBinary64) {
  for (const char* name : rules) {
    const RoundingRule rule = rounding_rule(name);
    const RoundingRadius radius(rule);
    Rounder round(rule);
    for (const double x : hostile(rule.format))
      for (const double z : {x, -x}) {
        const double r = radius(std::fabs(z));
        if (!std::isfinite(r)) continue;
        EXPECT_LE(std::fabs(round(z) - z), r) << name << " at " << z;
      }
  }
}

// Below the normal range a product's rounding errs absolutely, by up to half the smallest subnormal, in
// binary64 too, where that half is no number.
TEST(RoundingRadius, OfBinary64IsNotZeroWhereAProductUnderflows) {
  const double a = 0x1.8p-537, b = 0x1p-538;  // a b = 1.5 2^-1075
  ASSERT_EQ(a * b, 0x1p-1074);                // off by 2^-1076
  EXPECT_GE(RoundingRadius(rounding_rule("fp64"))(a * b), 0x1p-1074);
  EXPECT_GE(RoundingRadius(rounding_rule("fp64:up"))(0), 0x1p-1074);
  EXPECT_EQ(RoundingRadius(rounding_rule("bin53")).absolute, 0) << "an unbounded exponent never underflows";
}

TEST(RoundingRadius, IsTightForBfloat16) {
  const RoundingRadius radius(rounding_rule("bf16"));
  EXPECT_EQ(radius.relative, 0x1p-8);
  EXPECT_EQ(radius.absolute, 0x1p-134);
}

}  // namespace
}  // namespace halfulp
