// For tests only: MPFR as the independent reference, and reproducible random arguments.
#pragma once

#include <mpfr.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>

#include "halfulp/arith/double_double.hpp"

namespace halfulp::oracle {

/// An MPFR number with an owner.
class Real {
 public:
  explicit Real(mpfr_prec_t precision = 400) { mpfr_init2(value_, precision); }
  Real(DoubleDouble x, mpfr_prec_t precision) : Real(precision) { set(x); }
  ~Real() { mpfr_clear(value_); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;

  operator mpfr_ptr() { return value_; }

  /// hi + lo, exactly if the precision allows.
  void set(DoubleDouble x) {
    mpfr_set_d(value_, x.hi, MPFR_RNDN);
    mpfr_add_d(value_, value_, x.lo, MPFR_RNDN);
  }

 private:
  mpfr_t value_;
};

using UnaryFunction = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);

/// While alive, MPFR's exponent range is that of a format: least positive number 2^least, overflow at
/// 2^greatest.
class ExponentRange {
 public:
  ExponentRange(int least, int greatest) : emin_(mpfr_get_emin()), emax_(mpfr_get_emax()) {
    mpfr_set_emin(least + 1);
    mpfr_set_emax(greatest);
  }
  ~ExponentRange() {
    mpfr_set_emin(emin_);
    mpfr_set_emax(emax_);
  }
  ExponentRange(const ExponentRange&) = delete;
  ExponentRange& operator=(const ExponentRange&) = delete;

 private:
  mpfr_exp_t emin_, emax_;
};

/// A format for rounding the result of f or a binary64 number, with subnormals.
struct Target {
  const char* name;
  int precision;
  int least;     // exponent of the least subnormal
  int greatest;  // overflow at 2^greatest
};

inline constexpr Target binary16{"fp16", 11, -24, 16};
inline constexpr Target bfloat16{"bf16", 8, -133, 128};
inline constexpr Target binary32{"fp32", 24, -149, 128};
inline constexpr Target binary64{"fp64", 53, -1074, 1024};

/// f(x) rounded once to the target.  x must lie in the target's exponent range.
inline double correctly_rounded(UnaryFunction f, double x, const Target& target, mpfr_rnd_t mode,
                                bool* inexact = nullptr) {
  const ExponentRange range(target.least, target.greatest);
  Real argument(53), result(target.precision);
  mpfr_set_d(argument, x, MPFR_RNDN);
  int ternary = f(result, argument, mode);
  ternary = mpfr_subnormalize(result, ternary, mode);
  if (inexact != nullptr) *inexact = ternary != 0;
  return mpfr_get_d(result, MPFR_RNDN);
}

/// y rounded to the target.
inline double rounded(double y, const Target& target, mpfr_rnd_t mode) {
  const auto identity = [](mpfr_ptr to, mpfr_srcptr from, mpfr_rnd_t m) { return mpfr_set(to, from, m); };
  Real source(53);
  mpfr_set_d(source, y, MPFR_RNDN);
  const ExponentRange range(target.least, target.greatest);
  Real result(target.precision);
  int ternary = mpfr_check_range(result, identity(result, source, mode), mode);
  ternary = mpfr_subnormalize(result, ternary, mode);
  return mpfr_get_d(result, MPFR_RNDN);
}

/// f(x) rounded to odd in binary64: truncated, last bit set if inexact.
inline double rounded_to_odd(UnaryFunction f, double x) {
  bool inexact = false;
  const double truncated = correctly_rounded(f, x, binary64, MPFR_RNDZ, &inexact);
  return inexact ? std::bit_cast<double>(std::bit_cast<std::uint64_t>(truncated) | 1) : truncated;
}

/// |y - exact| / |exact|, to a relative accuracy of 2^-50 (the difference at the precision of exact).
inline double relative_error(DoubleDouble y, mpfr_srcptr exact) {
  Real difference(mpfr_get_prec(exact)), quotient(64);
  difference.set(y);
  mpfr_sub(difference, difference, exact, MPFR_RNDA);
  if (mpfr_zero_p(static_cast<mpfr_ptr>(difference))) return 0;
  mpfr_div(quotient, difference, exact, MPFR_RNDA);
  return std::fabs(mpfr_get_d(quotient, MPFR_RNDA));
}

/// Random arguments: a fixed seed, the same numbers on every platform (no std distribution is used).
class Arguments {
 public:
  explicit Arguments(std::uint64_t seed) : bits_(seed) {}

  std::uint64_t bits() { return bits_(); }

  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }

  double uniform(double from, double to) { return from + (to - from) * uniform(); }

  /// Either sign, significand uniform, exponent uniform in [least, greatest].
  double log_uniform(int least, int greatest) {
    const int exponent = least + static_cast<int>(uniform() * (greatest - least + 1));
    const double magnitude = std::ldexp(1 + uniform(), exponent);
    return (bits_() & 1) != 0 ? magnitude : -magnitude;
  }

  /// x with a random lower part: sometimes zero, sometimes tiny, sometimes half an ulp.
  DoubleDouble with_tail(double x) {
    const double half_ulp = 0.5 * (std::nextafter(std::fabs(x), HUGE_VAL) - std::fabs(x));
    const auto choice = bits_() & 7;
    const double tail = choice == 0   ? 0
                        : choice == 1 ? half_ulp * std::ldexp(uniform(), -40)
                                      : half_ulp * uniform();
    return renormalized(x, (bits_() & 1) != 0 ? tail : -tail);
  }

 private:
  std::mt19937_64 bits_;
};

/// TEST_EFFORT (default 1) multiplies the number of samples.
inline int effort() {
  const char* text = std::getenv("TEST_EFFORT");
  const int value = text == nullptr ? 1 : std::atoi(text);
  return value < 1 ? 1 : value;
}

}  // namespace halfulp::oracle
