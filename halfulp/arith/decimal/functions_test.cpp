// exp, tanh and erf of decimals against 500 bits (MPFR).
#include <gtest/gtest.h>

#include <string>

#include "halfulp/arith/decimal/oracle_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

using Function = int (*)(mpfr_t, const mpfr_t, mpfr_rnd_t);

Decimal function_oracle(Function f, const Decimal& a, int digits) {
  mpfr_t x, y;
  mpfr_init2(x, 500);
  mpfr_init2(y, 500);
  Rational(a).get(x);
  f(y, x, MPFR_RNDN);
  const Decimal result = oracle(Rational::of(y), digits);
  mpfr_clear(x);
  mpfr_clear(y);
  return result;
}

TEST(DecimalFunctions, AreCorrectlyRounded) {
  for (const int digits : {1, 2, 4, 6, 8, 12, 16, 17}) {
    ExactDecimal ar(digits);
    Numbers numbers(digits);
    for (int trial = 0; trial < 400; ++trial) {
      const Decimal drawn = numbers.next(0);
      // leading digits before the point: from -25 to 2
      const auto places = static_cast<std::int64_t>(numbers.bits() % 28) - 25;
      const auto count = static_cast<std::int64_t>(std::to_string(std::abs(drawn.significand)).size());
      const Decimal a = {drawn.significand, places - count};
      ASSERT_EQ(ar.exp(a), function_oracle(mpfr_exp, a, digits)) << replay(digits, a);
      ASSERT_EQ(ar.tanh(a), function_oracle(mpfr_tanh, a, digits)) << replay(digits, a);
      ASSERT_EQ(ar.erf(a), function_oracle(mpfr_erf, a, digits)) << replay(digits, a);
    }
    EXPECT_EQ(ar.undecided(), 0u);
  }
}

TEST(DecimalFunctions, ExpNextToTheMidpointsAroundOneIsDecided) {
  for (int digits = 1; digits <= 17; ++digits) {
    ExactDecimal ar(digits);
    for (const std::string m : {"5", "-5", "49999999999999999", "50000000000000001", "-49999999999999999"}) {
      for (int shift = 0; shift <= 2; ++shift) {
        Decimal a = *decimal_of(m);
        const auto count = static_cast<std::int64_t>(std::to_string(std::abs(a.significand)).size());
        a.exponent = -digits - count + shift;
        EXPECT_EQ(ar.exp(a), function_oracle(mpfr_exp, a, digits)) << replay(digits, a);
      }
    }
    EXPECT_EQ(ar.undecided(), 0u);
  }
}

TEST(DecimalFunctions, ExpOfLargeArgumentsLeavesTheRangeOfBinary64) {
  ExactDecimal ar(8);
  for (const char* text : {"1000", "-1000", "123456.78", "-98765.432"}) {
    const Decimal a = *decimal_of(text);
    EXPECT_EQ(ar.exp(a), function_oracle(mpfr_exp, a, 8)) << text;
  }
  EXPECT_EQ(text_of(ar.exp(*decimal_of("1e13"))), "inf");
  EXPECT_EQ(text_of(ar.exp(*decimal_of("-1e13"))), "0");
}

}  // namespace
}  // namespace halfulp
