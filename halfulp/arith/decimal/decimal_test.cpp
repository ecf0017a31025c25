// Decimal arithmetic against its definition in exact rationals.
#include "halfulp/arith/decimal/decimal.hpp"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <cmath>
#include <random>
#include <string>

#include "halfulp/arith/arithmetic.hpp"
#include "halfulp/arith/decimal/oracle_testing.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

static_assert(Arithmetic<ExactDecimal>);

TEST(Decimal, EveryOperationIsTheExactOneRoundedOnce) {
  for (int digits = 1; digits <= 17; ++digits) {
    ExactDecimal ar(digits);
    Numbers numbers(digits);
    for (int trial = 0; trial < 600; ++trial) {
      const int spread = trial % 3 == 0 ? 1 : trial % 3 == 1 ? digits + 2 : 40;
      const Decimal a = numbers.next(spread), b = numbers.next(spread), c = numbers.next(spread);
      const Rational x(a), y(b), z(c);
      ASSERT_EQ(ar.add(a, b), oracle(x + y, digits)) << replay(digits, a, b);
      ASSERT_EQ(ar.sub(a, b), oracle(x - y, digits)) << replay(digits, a, b);
      ASSERT_EQ(ar.mul(a, b), oracle(x * y, digits)) << replay(digits, a, b);
      ASSERT_EQ(ar.div(a, b), oracle(x / y, digits)) << replay(digits, a, b);
      ASSERT_EQ(ar.fma(a, b, c), oracle(x * y + z, digits)) << replay(digits, a, b, c);
      const Decimal nearly = ar.neg(ar.mul(a, b));  // cancels all but the last digits of the product
      ASSERT_EQ(ar.fma(a, b, nearly), oracle(x * y + Rational(nearly), digits))
          << replay(digits, a, b, nearly);
    }
  }
}

TEST(Decimal, OperationsOfFewDigitsAreRightForAllSignificands) {
  for (int digits = 1; digits <= 2; ++digits) {
    ExactDecimal ar(digits);
    const int most = digits == 1 ? 9 : 99;
    for (int m = 1; m <= most; ++m) {
      for (int k = 1; k <= most; ++k) {
        const Decimal a = *decimal_of(std::to_string(m)), b = *decimal_of(std::to_string(-k) + "e-1");
        const Rational x(a), y(b);
        ASSERT_EQ(ar.add(a, b), oracle(x + y, digits)) << replay(digits, a, b);
        ASSERT_EQ(ar.mul(a, b), oracle(x * y, digits)) << replay(digits, a, b);
        ASSERT_EQ(ar.div(a, b), oracle(x / y, digits)) << replay(digits, a, b);
      }
    }
  }
}

TEST(Decimal, RootsAreRoundedOnceAlsoWithAFactor) {
  for (int digits = 1; digits <= 17; ++digits) {
    ExactDecimal ar(digits);
    Numbers numbers(17);
    for (int trial = 0; trial < 600; ++trial) {
      Decimal a = numbers.next(trial % 2 ? 3 : 40);
      const bool wide = trial % 5 == 0;
      const double d = wide ? static_cast<double>(numbers.bits() % 10'000'000'000'000'000u)
                            : static_cast<double>(numbers.bits() % 200);
      const Rational square = Rational(a) * Rational(a);
      const int sign = a.significand < 0 ? -1 : 1;
      ASSERT_EQ(ar.mul_root(a, d), oracle(square * Rational(d), digits, true, sign))
          << replay(digits, a) << d;
      if (d > 0) {
        ASSERT_EQ(ar.div_root(a, d), oracle(square / Rational(d), digits, true, sign))
            << replay(digits, a) << d;
      }
      if (sign < 0) a = ar.neg(a);
      ASSERT_EQ(ar.sqrt(a), oracle(Rational(a), digits, true)) << replay(digits, a);
      const Decimal root = ar.load(a);  // the root of an exact square is exact
      if (digits <= 8) {
        ASSERT_EQ(ar.sqrt(ExactDecimal(17).mul(root, root)), root);
      }
    }
  }
}

TEST(Decimal, BinaryNumbersAreTakenAtTheirExactValue) {
  std::mt19937_64 random(seed);
  for (int digits = 1; digits <= 17; ++digits) {
    ExactDecimal ar(digits);
    for (int trial = 0; trial < 300; ++trial) {
      const double x =
          std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 120) - 110);
      EXPECT_EQ(ar.lift(x), oracle(Rational(x), digits)) << x;
      EXPECT_EQ(ar.exactly(x), oracle(Rational(x), 17)) << x;
      const DoubleDouble z = {x, x * 0x1p-54 * 0.7};
      EXPECT_EQ(ar.lift(z), oracle(Rational(z.hi) + Rational(z.lo), digits)) << x;
    }
    EXPECT_EQ(ar.lift(2.5), digits == 1 ? *decimal_of("2") : *decimal_of("2.5"));  // ties to even
    EXPECT_EQ(text_of(ar.exactly(123456)), "123456");
  }
}

TEST(Decimal, TextIsReadAndWrittenExactly) {
  for (const char* text : {"0", "1", "-0.4201", "1.752", "0.000006564", "123456789012345670000", "-1.5e-12",
                           "1e30", "9.9999999999999999e-300", "inf", "-inf", "nan"})
    EXPECT_EQ(text_of(*decimal_of(text)), text);
  EXPECT_EQ(*decimal_of("0.2000"), *decimal_of("+2e-1"));
  EXPECT_EQ(*decimal_of("-0"), Decimal{});
  EXPECT_EQ(*decimal_of("100000000000000000000"), *decimal_of("1E20"));
  for (const char* text : {"", "-", ".", "1.2.3", "e5", "1e", "1e+-2", "0x1p3", "1 ", "infinity",
                           "123456789012345678", "1e9999999999999999999"})
    EXPECT_FALSE(decimal_of(text)) << text;
}

TEST(Decimal, DoubleDoubleValuesHaveTheStatedError) {
  mpfr_t exact, got;
  mpfr_init2(exact, 500);
  mpfr_init2(got, 500);
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 2000; ++trial) {
    std::string text = std::to_string(random() % 9 + 1) + ".";
    for (int i = 0; i < 5; ++i) text += std::to_string(random() % 100'000'000);
    text += "e" + std::to_string(static_cast<int>(random() % 500) - 250);
    mpfr_set_str(exact, text.c_str(), 10, MPFR_RNDN);
    const DoubleDouble z = *double_double_of(text);
    mpfr_set_d(got, z.hi, MPFR_RNDN);
    mpfr_add_d(got, got, z.lo, MPFR_RNDN);
    mpfr_reldiff(got, exact, got, MPFR_RNDN);
    EXPECT_LE(std::fabs(mpfr_get_d(got, MPFR_RNDN)), 0x1p-99) << text;
  }
  mpfr_clear(exact);
  mpfr_clear(got);
}

TEST(Decimal, SpecialValuesFollowBinary64) {
  ExactDecimal ar(4);
  const Decimal one = ar.lift(1.0), zero{}, minus = ar.lift(-3.0), inf = *decimal_of("inf");
  EXPECT_EQ(text_of(ar.div(one, zero)), "inf");
  EXPECT_EQ(text_of(ar.div(minus, zero)), "-inf");
  EXPECT_EQ(text_of(ar.div(zero, zero)), "nan");
  EXPECT_EQ(text_of(ar.sqrt(minus)), "nan");
  EXPECT_EQ(text_of(ar.sub(inf, inf)), "nan");
  EXPECT_EQ(text_of(ar.add(inf, minus)), "inf");
  EXPECT_EQ(text_of(ar.mul(inf, minus)), "-inf");
  EXPECT_EQ(text_of(ar.mul(inf, zero)), "nan");
  EXPECT_EQ(text_of(ar.div(one, inf)), "0");
  EXPECT_EQ(text_of(ar.exp(ar.neg(inf))), "0");
  EXPECT_EQ(text_of(ar.tanh(ar.neg(inf))), "-1");
  EXPECT_EQ(text_of(ar.max(ar.neg(inf), minus)), "-3");
  EXPECT_EQ(text_of(ar.max(one, inf)), "inf");
  EXPECT_EQ(text_of(ar.mul_root(one, 0.5)), "nan");
  EXPECT_THROW(ExactDecimal(0), usage_error);
  EXPECT_THROW(ExactDecimal(18), usage_error);
}

}  // namespace
}  // namespace halfulp
