// The table of formats against what their bit patterns mean, decoded here from the published layouts.
#include "halfulp/arith/format.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "halfulp/arith/round.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

/// The layout of a format of at most 16 bits: fields, bias, and which codes are numbers.
struct Layout {
  const char* name;
  int exponent_bits, fraction_bits, bias;
  int finite_codes;  // non-negative codes 0 .. finite_codes - 1 are finite numbers, increasing
};

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all = {
      {"bf16", 8, 7, 127, 0x7f80},  // IEEE-like: an exponent of ones is infinity or NaN
      {"fp16", 5, 10, 15, 0x7c00},  // IEEE 754 binary16
      {"e4m3fn", 4, 3, 7, 0x7f},    // OCP OFP8 1.0, table 1: S.1111.111 is NaN
      {"e5m2", 5, 2, 15, 0x7c},     // OCP OFP8 1.0
      {"e4m3fnuz", 4, 3, 8, 0x80},  // only code 0x80 (minus zero) is NaN
      {"e5m2fnuz", 5, 2, 16, 0x80}, {"e3m2", 3, 2, 3, 0x20},  // OCP MX 1.0: no infinities, no NaN
      {"e2m3", 2, 3, 1, 0x20},      {"e2m1", 2, 1, 1, 0x8},      {"e4m3", 4, 3, 7, 0x78},
      {"e3m4", 3, 4, 3, 0x70},      {"e8m7", 8, 7, 127, 0x7f80},
  };
  return all;
}

double decoded(const Layout& l, int code) {
  const int exponent = code >> l.fraction_bits, fraction = code & ((1 << l.fraction_bits) - 1);
  const int leading = exponent == 0 ? 0 : 1 << l.fraction_bits;
  return std::ldexp(leading + fraction, (exponent == 0 ? 1 : exponent) - l.bias - l.fraction_bits);
}

TEST(Format, EveryCodeOfEveryNarrowFormatIsANumberOfTheFormat) {
  for (const Layout& l : layouts()) {
    const RoundingRule rule{format_named(l.name)};
    for (int code = 1; code < l.finite_codes; ++code) {
      const double x = decoded(l, code);
      ASSERT_EQ(round({x}, rule), x) << l.name << " code " << code;
      ASSERT_EQ(round({-x}, rule), -x) << l.name << " code " << code;
    }
  }
}

TEST(Format, LimitsAreThoseOfTheCodes) {
  for (const Layout& l : layouts()) {
    const Format f = format_named(l.name);
    EXPECT_EQ(f.precision, l.fraction_bits + 1) << l.name;
    EXPECT_EQ(f.max_finite, decoded(l, l.finite_codes - 1)) << l.name;
    EXPECT_EQ(f.smallest_subnormal(), decoded(l, 1)) << l.name;
    EXPECT_EQ(f.smallest_normal(), decoded(l, 1 << l.fraction_bits)) << l.name;
    EXPECT_EQ(std::ilogb(f.max_finite), f.emax) << l.name;
    EXPECT_EQ(f.bias(), l.bias) << l.name;
  }
}

TEST(Format, PublishedLimitsOfTheNamedFormats) {
  EXPECT_EQ(format_named("fp64").max_finite, 0x1.fffffffffffffp1023);
  EXPECT_EQ(format_named("fp64").smallest_subnormal(), 0x1p-1074);
  EXPECT_EQ(format_named("fp32").max_finite, 0x1.fffffep127);
  EXPECT_EQ(format_named("fp32").smallest_subnormal(), 0x1p-149);
  EXPECT_EQ(format_named("tf32").max_finite, 0x1.ffcp127);
  EXPECT_EQ(format_named("bf16").max_finite, 0x1.fep127);
  EXPECT_EQ(format_named("fp16").max_finite, 65504);
  EXPECT_EQ(format_named("e4m3fn").max_finite, 448);
  EXPECT_EQ(format_named("e5m2").max_finite, 57344);
  EXPECT_EQ(format_named("e4m3fnuz").max_finite, 240);
  EXPECT_EQ(format_named("e5m2fnuz").max_finite, 57344);
  EXPECT_EQ(format_named("e3m2").max_finite, 28);
  EXPECT_EQ(format_named("e2m3").max_finite, 7.5);
  EXPECT_EQ(format_named("e2m1").max_finite, 6);
}

TEST(Format, UnitRoundoffIsHalfTheSpacingAboveOne) {
  for (const Format& f : named_formats())
    EXPECT_EQ(f.unit_roundoff(), std::ldexp(1.0, -f.precision)) << f.name;
  EXPECT_EQ(format_named("bin8").unit_roundoff(), 0x1p-8);
  EXPECT_EQ(format_named("dec4").unit_roundoff(), 0.0005);
  EXPECT_EQ(format_named("dec1").unit_roundoff(), 0.5);
}

TEST(Format, ParametricNamesMeanWhatTheySay) {
  EXPECT_EQ(format_named("e5m10").max_finite, 65504);
  EXPECT_EQ(format_named("e8m23").smallest_subnormal(), 0x1p-149);
  EXPECT_EQ(format_named("e2m1").specials, Specials::finite) << "the OCP format keeps its name";
  EXPECT_TRUE(format_named("bin53").is_unbounded());
  EXPECT_EQ(format_named("bin1").precision, 1);
  EXPECT_EQ(format_named("dec17").digits, 17);
}

TEST(Format, NamesThatMeanNothingAreRefused) {
  for (const char* name : {"",      "fp",   "fp17",  "bin",  "bin0",   "bin54", "bin-3", "bin+8",
                           "bin8 ", "dec0", "dec18", "e1m3", "e11m3",  "e5m0",  "e5m52", "em",
                           "e5m",   "em3",  "e5m2x", "BF16", "e05m10", "bin08", "dec04"})
    EXPECT_THROW(format_named(name), usage_error) << name;
}

TEST(Format, AnUnknownNameGetsTheNearestOnes) {
  try {
    format_named("b16");
    FAIL();
  } catch (const usage_error& error) {
    EXPECT_NE(std::string(error.what()).find("bf16"), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

TEST(RoundingRule, TextAndBack) {
  for (const char* text :
       {"bf16", "fp16:stochastic", "e4m3fn:toward-zero:saturate", "e4m3fn:saturate", "bin8:up", "dec4"})
    EXPECT_EQ(name_of(rounding_rule(text)), text);
  EXPECT_EQ(rounding_rule("e4m3fn:saturate:down"), rounding_rule("e4m3fn:down:saturate"));
  EXPECT_EQ(rounding_rule("fp16:nearest-even"), rounding_rule("fp16"));
}

TEST(RoundingRule, WhatCannotBeMeantIsRefused) {
  for (const char* text : {"fp16:", ":", "fp16:nearest", "fp16:up:down", "fp16:saturate:saturate", "dec4:up",
                           "dec4:stochastic", "fp16::up", "fp16:up:"})
    EXPECT_THROW(rounding_rule(text), usage_error) << text;
}

}  // namespace
}  // namespace halfulp
