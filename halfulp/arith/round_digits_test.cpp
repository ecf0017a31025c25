// round_to_digits() against its definition in rational arithmetic, for every number of digits.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "halfulp/arith/powers_of_ten.hpp"
#include "halfulp/arith/round_oracle_testing.hpp"

namespace halfulp {
namespace {

using oracle::Rational;

Rational power_of_ten(int e) {
  mpz_class p;
  mpz_ui_pow_ui(p.get_mpz_t(), 10, static_cast<unsigned long>(std::abs(e)));
  return e >= 0 ? Rational(p) : Rational(1) / Rational(p);
}

/// Half to even in the p-th significant digit, then the nearest binary64 number.
double digits_by_definition(double x, int p) {
  const Rational v = abs(Rational(x));
  int k = static_cast<int>(std::floor(std::log10(std::fabs(x))));  // a guess
  while (power_of_ten(k) > v) --k;
  while (power_of_ten(k + 1) <= v) ++k;
  const Rational unit = power_of_ten(k - p + 1), units = v / unit;
  mpz_class n = oracle::floor_of(units);
  const Rational rest = units - n, half(1, 2);
  if (rest > half || (rest == half && mpz_odd_p(n.get_mpz_t()))) n += 1;
  const RoundingRule fp64{format_named("fp64")};
  return oracle::round_by_definition(n * unit * (x < 0 ? -1 : 1), fp64).value;
}

void check(double x, int p) {
  if (x == 0 || !std::isfinite(x)) return;
  for (const double y : {x, -x})
    ASSERT_TRUE(oracle::same(round_to_digits(y, p), digits_by_definition(y, p)))
        << "round_to_digits(" << std::hexfloat << y << ", " << std::dec << p << ") is "
        << round_to_digits(y, p) << ", not " << digits_by_definition(y, p);
}

/// x, two neighbours on either side.
void check_around(double x, int p) {
  check(x, p);
  double below = x, above = x;
  for (int i = 0; i < 2; ++i) {
    check(below = std::nextafter(below, 0), p);
    check(above = std::nextafter(above, HUGE_VAL), p);
  }
}

TEST(RoundDigits, RandomNumbersOfEveryMagnitude) {
  oracle::Arguments random(2);
  for (int p = 1; p <= 17; ++p) {
    for (int i = 0; i < 600 * oracle::effort(); ++i) {
      check(random.log_uniform(-1074, 1023), p);
      check(random.log_uniform(-100, 100), p);  // the fast way
      check(random.log_uniform(-3, 3), p);
    }
  }
}

TEST(RoundDigits, PowersOfTenAndTheirNeighbours) {
  for (int p = 1; p <= 17; ++p) {
    for (int k = -323; k <= 308; k += oracle::effort() >= 10 || std::abs(k) < 45 ? 1 : 7) {
      const double power = std::strtod(("1e" + std::to_string(k)).c_str(), nullptr);
      check_around(power, p);
      check_around(9.5 * power, p);
    }
  }
}

TEST(RoundDigits, TiesAndWhatLiesNextToThem) {
  oracle::Arguments random(3);
  for (int p = 1; p <= 17; ++p) {
    const double top = std::pow(10.0, p);
    for (int i = 0; i < 150 * oracle::effort(); ++i) {
      const double n = std::floor(random.uniform(top / 10, top));
      // (n + 1/2) 10^s: exact while it has 53 bits, else the nearest number to a tie
      for (const int s : {0, 1, 2, 5, 9, 22}) check_around((n + 0.5) * std::pow(10.0, s), p);
      // (n + 1/2) 10^-s is a binary64 number when 5^s divides 2 n + 1
      for (int s = 1; s < 22 && std::pow(5.0, s) < top; s += 3) {
        const double five = std::pow(5.0, s), odd = 2 * std::floor(n / five) + 1;
        check_around(odd * std::ldexp(1.0, -s - 1), p);
      }
      check_around((n + 0.5) / 1e7, p);
      check_around((n + 0.5) / 1e22, p);
    }
  }
}

TEST(RoundDigits, TheEndsOfTheRange) {
  const double largest = std::numeric_limits<double>::max();
  for (int p = 1; p <= 17; ++p) {
    check_around(0x1p-1022, p);
    check_around(0x1p-1074, p);
    for (int i = 1; i < 300; ++i) check(i * 0x1p-1074, p);
    check(largest, p);
    check(std::nextafter(largest, 0), p);
  }
  EXPECT_EQ(round_to_digits(largest, 1), HUGE_VAL) << "2e308";
  EXPECT_TRUE(oracle::same(round_to_digits(-0.0, 4), -0.0));
  EXPECT_EQ(round_to_digits(-HUGE_VAL, 4), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(round_to_digits(oracle::nan, 4)));
}

TEST(RoundDigits, PowersInTwoPartsHaveTheErrorStated) {
  for (int e = -PowersOfTen::largest; e <= PowersOfTen::largest; ++e) {
    const double high = powers_of_ten_in_two.high[e + PowersOfTen::largest];
    const double low = powers_of_ten_in_two.low[e + PowersOfTen::largest];
    const Rational exact = power_of_ten(e) / oracle::power_of_two(exponent_of_power_of_ten(e));
    EXPECT_TRUE(1 <= exact && exact < 2) << e;
    EXPECT_TRUE(abs(exact - Rational(high)) <= oracle::power_of_two(-53)) << e;
    EXPECT_TRUE(abs(exact - Rational(high) - Rational(low)) <= oracle::power_of_two(-106)) << e;
    EXPECT_EQ(low == 0, 0 <= e && e <= 22) << e;
  }
}

/// What unshifted softmax makes: |x| = exp(s), s up to 700.
TEST(RoundDigits, FarFromOneEveryFirstDigitIsRight) {
  oracle::Arguments random(5);
  for (int p = 1; p <= 15; ++p)
    for (int k = -307; k <= 307; ++k) {
      const double power = std::strtod(("1e" + std::to_string(k)).c_str(), nullptr);
      for (int i = 0; i < 3 * oracle::effort(); ++i) check(random.uniform(1, 10) * power, p);
      const double n = std::floor(random.uniform(1, 10) * std::pow(10.0, p - 1));
      check_around((n + 0.5) * (power / std::pow(10.0, p - 1)), p);
    }
}

TEST(RoundDigits, SeventeenDigitsKeepEveryNumber) {
  oracle::Arguments random(4);
  for (int i = 0; i < 2000; ++i) {
    const double x = random.log_uniform(-1022, 1023);
    ASSERT_EQ(round_to_digits(x, 17), x) << std::hexfloat << x;
  }
}

}  // namespace
}  // namespace halfulp
