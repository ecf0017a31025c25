// For tests only: decimals by their definition, in exact rationals (GMP), and numbers to try them on.
#pragma once

#include <gmp.h>
#include <mpfr.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>

#include "halfulp/arith/decimal/decimal.hpp"

namespace halfulp::testing {

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
inline Decimal oracle(const Rational& x, int digits, bool root = false, int sign = 0) {
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

inline constexpr std::uint64_t seed = 20;

/// Decimals of up to `digits` digits; often round, close to powers of ten, or close to the last one.
class Numbers {
 public:
  explicit Numbers(int digits) : digits_(digits), random_(seed + static_cast<std::uint64_t>(digits)) {}
  Decimal next(int spread) {
    const auto most = static_cast<std::int64_t>(std::pow(10.0, digits_)) - 1;
    std::int64_t m = 0;
    switch (random_() % 5) {
      case 0:
        m = 1 + static_cast<std::int64_t>(random_() % 9);
        break;
      case 1:
        m = most - static_cast<std::int64_t>(random_() % 3) % (most + 1);
        break;
      case 2:
        m = std::abs(last_ + static_cast<std::int64_t>(random_() % 3) - 1);
        break;
      default:
        m = static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most)) + 1;
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

inline std::string replay(int digits, const Decimal& a, const Decimal& b = {}, const Decimal& c = {}) {
  return "seed " + std::to_string(seed) + ", dec" + std::to_string(digits) + ": a = " + text_of(a) +
         ", b = " + text_of(b) + ", c = " + text_of(c);
}

}  // namespace halfulp::testing
