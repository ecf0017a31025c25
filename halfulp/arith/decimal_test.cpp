// Decimal arithmetic against its definition in exact rationals (GMP) and 500 bits (MPFR).
#include "halfulp/arith/decimal.hpp"

#include <gmp.h>
#include <gtest/gtest.h>
#include <mpfr.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "halfulp/arith/arithmetic.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

static_assert(Arithmetic<ExactDecimal>);

/// A rational number.
class Rational {
 public:
  Rational() { mpq_init(q_); }
  Rational(const Rational& other) : Rational() { mpq_set(q_, other.q_); }
  Rational& operator=(const Rational& other) {
    mpq_set(q_, other.q_);
    return *this;
  }
  ~Rational() { mpq_clear(q_); }
  explicit Rational(double x) : Rational() { mpq_set_d(q_, x); }
  explicit Rational(const Decimal& a) : Rational() {
    mpq_set_si(q_, a.significand, 1);
    *this = *this * ten_to(a.exponent);
  }
  static Rational ten_to(std::int64_t e) {
    Rational power;
    mpz_ui_pow_ui(e < 0 ? mpq_denref(power.q_) : mpq_numref(power.q_), 10,
                  static_cast<unsigned long>(e < 0 ? -e : e));
    mpz_set_ui(e < 0 ? mpq_numref(power.q_) : mpq_denref(power.q_), 1);
    return power;
  }
  /// f of an MPFR number x, to 500 bits, as a rational.
  static Rational of(const mpfr_t x) {
    Rational r;
    const mpfr_exp_t e = mpfr_get_z_2exp(mpq_numref(r.q_), x);
    mpz_set_ui(mpq_denref(r.q_), 1);
    if (e < 0)
      mpq_div_2exp(r.q_, r.q_, static_cast<mp_bitcnt_t>(-e));
    else
      mpq_mul_2exp(r.q_, r.q_, static_cast<mp_bitcnt_t>(e));
    return r;
  }
  friend Rational operator+(const Rational& a, const Rational& b) { return of(mpq_add, a, b); }
  friend Rational operator-(const Rational& a, const Rational& b) { return of(mpq_sub, a, b); }
  friend Rational operator*(const Rational& a, const Rational& b) { return of(mpq_mul, a, b); }
  friend Rational operator/(const Rational& a, const Rational& b) { return of(mpq_div, a, b); }
  int sign() const { return mpq_sgn(q_); }
  Rational size() const {
    Rational r;
    mpq_abs(r.q_, q_);
    return r;
  }
  friend int compare(const Rational& a, const Rational& b) { return mpq_cmp(a.q_, b.q_); }
  /// floor of a non-negative number, below 2^63.
  std::int64_t floor() const {
    mpz_t z;
    mpz_init(z);
    mpz_fdiv_q(z, mpq_numref(q_), mpq_denref(q_));
    const auto n = static_cast<std::int64_t>(mpz_get_si(z));
    mpz_clear(z);
    return n;
  }
  /// About the digits before the point.
  std::int64_t places() const {
    return static_cast<std::int64_t>(mpz_sizeinbase(mpq_numref(q_), 10)) -
           static_cast<std::int64_t>(mpz_sizeinbase(mpq_denref(q_), 10));
  }
  std::int64_t floor_of_root() const {
    mpz_t z;
    mpz_init(z);
    mpz_fdiv_q(z, mpq_numref(q_), mpq_denref(q_));
    mpz_sqrt(z, z);
    const auto n = static_cast<std::int64_t>(mpz_get_si(z));
    mpz_clear(z);
    return n;
  }
  void get(mpfr_t x) const { mpfr_set_q(x, q_, MPFR_RNDN); }

 private:
  template <class F>
  static Rational of(F f, const Rational& a, const Rational& b) {
    Rational r;
    f(r.q_, a.q_, b.q_);
    return r;
  }
  mpq_t q_;
};

/// x, or the root of x (with a sign), rounded half to even to `digits` digits, by the definition.
Decimal oracle(const Rational& x, int digits, bool root = false, int sign = 0) {
  if (x.sign() == 0) return {};
  const Rational size = x.size();
  const auto scaled = [&](std::int64_t e) { return size * Rational::ten_to(root ? -2 * e : -e); };
  const auto whole = [&](std::int64_t e) { return root ? scaled(e).floor_of_root() : scaled(e).floor(); };
  const auto limit = Rational(Decimal{1, digits});
  const auto below_limit = [&](std::int64_t e) {
    return compare(scaled(e), root ? limit * limit : limit) < 0;
  };
  std::int64_t e = size.places() / (root ? 2 : 1) - digits;
  while (!below_limit(e)) ++e;
  while (below_limit(e - 1)) --e;
  std::int64_t n = whole(e);
  const Rational midpoint = Rational(Decimal{n, 0}) + Rational(0.5);
  const int side = compare(scaled(e), root ? midpoint * midpoint : midpoint);
  if (side > 0 || (side == 0 && n % 2 == 1)) ++n;
  if ((sign == 0 ? x.sign() : sign) < 0) n = -n;
  return *decimal_of(std::to_string(n) + "e" + std::to_string(e));
}

constexpr std::uint64_t seed = 20;

/// Decimals of up to `digits` digits; often round, close to powers of ten, or close to the last one.
class Numbers {
 public:
  explicit Numbers(int digits) : digits_(digits), random_(seed + static_cast<std::uint64_t>(digits)) {}
  Decimal next(int spread) {
    const auto most = static_cast<std::int64_t>(std::pow(10.0, digits_)) - 1;
    std::int64_t m = 0;
    switch (random_() % 5) {
      case 0: m = 1 + static_cast<std::int64_t>(random_() % 9); break;
      case 1: m = most - static_cast<std::int64_t>(random_() % 3) % (most + 1); break;
      case 2: m = std::abs(last_ + static_cast<std::int64_t>(random_() % 3) - 1); break;
      default: m = static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most)) + 1;
    }
    if (m < 1 || m > most) m = 1;
    last_ = m;
    const auto e = static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(2 * spread + 1)) - spread;
    return *decimal_of((random_() % 2 ? "-" : "") + std::to_string(m) + "e" + std::to_string(e));
  }
  std::uint64_t bits() { return random_(); }

 private:
  int digits_;
  std::mt19937_64 random_;
  std::int64_t last_ = 1;
};

std::string replay(int digits, const Decimal& a, const Decimal& b = {}, const Decimal& c = {}) {
  return "seed " + std::to_string(seed) + ", dec" + std::to_string(digits) + ": a = " + text_of(a) +
         ", b = " + text_of(b) + ", c = " + text_of(c);
}

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
      ASSERT_EQ(ar.fma(a, b, nearly), oracle(x * y + Rational(nearly), digits)) << replay(digits, a, b, nearly);
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
      ASSERT_EQ(ar.mul_root(a, d), oracle(square * Rational(d), digits, true, sign)) << replay(digits, a) << d;
      if (d > 0) {
        ASSERT_EQ(ar.div_root(a, d), oracle(square / Rational(d), digits, true, sign)) << replay(digits, a) << d;
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

TEST(Decimal, FunctionsAreCorrectlyRounded) {
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

TEST(Decimal, ExpNextToTheMidpointsAroundOneIsDecided) {
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

TEST(Decimal, ExpOfLargeArgumentsLeavesTheRangeOfBinary64) {
  ExactDecimal ar(8);
  for (const char* text : {"1000", "-1000", "123456.78", "-98765.432"}) {
    const Decimal a = *decimal_of(text);
    EXPECT_EQ(ar.exp(a), function_oracle(mpfr_exp, a, 8)) << text;
  }
  EXPECT_EQ(text_of(ar.exp(*decimal_of("1e13"))), "inf");
  EXPECT_EQ(text_of(ar.exp(*decimal_of("-1e13"))), "0");
}

TEST(Decimal, BinaryNumbersAreTakenAtTheirExactValue) {
  std::mt19937_64 random(seed);
  for (int digits = 1; digits <= 17; ++digits) {
    ExactDecimal ar(digits);
    for (int trial = 0; trial < 300; ++trial) {
      const double x = std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 120) - 110);
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
