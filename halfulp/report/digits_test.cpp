#include "halfulp/report/digits.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/arith/decimal/decimal.hpp"

namespace halfulp {
namespace {

TEST(Digits, NumbersAreWrittenAsPeopleWriteThem) {
  EXPECT_EQ(in_digits(Ball(1.5)), "1.5");
  EXPECT_EQ(in_digits(Ball(-2.0)), "-2");
  EXPECT_EQ(in_digits(Ball(0.0)), "0");
  EXPECT_EQ(in_digits(Ball(1e15)), "1000000000000000");
  EXPECT_EQ(in_digits(Ball(0.001953125)), "0.001953125");
  EXPECT_EQ(in_digits(Ball(0x1p-30), 3), "9.31e-10");
  EXPECT_EQ(in_digits(Ball(9.9999), 3), "10");
  EXPECT_EQ(in_digits(Ball(999999999999999.96), 5), "1000000000000000");
  EXPECT_EQ(in_digits(Ball(HUGE_VAL)), "inf");
}

TEST(Digits, OnlyKnownDigitsAreWritten) {
  const Ball third = Ball(1.0) / Ball(3.0);
  EXPECT_EQ(in_digits(third).substr(0, 30), "0.3333333333333333333333333333");
  EXPECT_EQ(in_digits(Ball(DoubleDouble{2.718281828}, 1e-5)), "2.7183");
  EXPECT_EQ(in_digits(Ball(DoubleDouble{1.0}, 3)), "0");
  EXPECT_EQ(in_digits(Ball(DoubleDouble{0.0}, 1e-30)), "0");
  EXPECT_EQ(in_digits(Ball::everything()), "nan");
}

TEST(Digits, ThePrintedRadiusCoversWhatWasCutOff) {
  EXPECT_EQ(printed_radius(Ball(0.25)), 0);
  EXPECT_GE(printed_radius(Ball(DoubleDouble{1.0}, 3)), 4);
  EXPECT_EQ(printed_radius(Ball::everything()), HUGE_VAL);
  const Ball third = Ball(1.0) / Ball(3.0);
  EXPECT_GE(printed_radius(third, 5), 3.3e-6);
  EXPECT_LE(printed_radius(third, 5), 3.4e-6);
  EXPECT_GE(printed_radius(third), 3.3e-31);
}

TEST(Digits, ReadingThemGivesTheNumberBack) {
  for (const double x :
       {1.0 / 3, 1e-300, 7.25e211, 5e-324, 123456789.123, 0x1.fffffffffffffp+1000, 1e22, 1e23}) {
    const auto back = double_double_of(in_digits(Ball(x)));
    ASSERT_TRUE(back.has_value()) << x;
    EXPECT_LE(std::fabs((*back - x).hi), 1e-24 * x + 0x1p-1070) << in_digits(Ball(x));
  }
}

}  // namespace
}  // namespace halfulp
