// For tests only: rounding by its definition, in exact rational arithmetic.
//
// A format is the set of its numbers.  Rounding looks for the neighbours of the exact value in that set, as
// if the exponent had no upper limit, chooses one by the mode, and only then asks whether the choice is
// beyond the largest finite number.  Nothing here is fast and nothing is shared with round.cpp.
#pragma once

#include <gmpxx.h>
#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "halfulp/arith/mpfr_oracle.hpp"
#include "halfulp/arith/round.hpp"

namespace halfulp::oracle {

using Rational = mpq_class;

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Same number and same sign of zero; any NaN equals any NaN.
inline bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

inline const std::vector<Rounding>& deterministic_modes() {
  static const std::vector<Rounding> modes = {Rounding::nearest_even, Rounding::nearest_away,
                                              Rounding::toward_zero, Rounding::up, Rounding::down};
  return modes;
}

/// The named formats and others of every kind: narrow, wide, without fraction to speak of, unbounded.
inline std::vector<Format> formats_to_test() {
  std::vector<Format> formats = named_formats();
  for (const char* name :
       {"e4m3",   "e5m10", "e2m2", "e8m7", "e3m4",  "e3m1",  "e6m9",  "e7m20", "e9m30", "e10m1",
        "e10m51", "bin1",  "bin2", "bin8", "bin11", "bin24", "bin25", "bin26", "bin52", "bin53"})
    formats.push_back(format_named(name));
  return formats;
}

inline Rational power_of_two(int e) {
  Rational p(1);
  if (e >= 0)
    mpq_mul_2exp(p.get_mpq_t(), p.get_mpq_t(), static_cast<mp_bitcnt_t>(e));
  else
    mpq_div_2exp(p.get_mpq_t(), p.get_mpq_t(), static_cast<mp_bitcnt_t>(-e));
  return p;
}

/// floor(log2 v), v > 0.
inline int floor_log2(const Rational& v) {
  int e = static_cast<int>(mpz_sizeinbase(v.get_num_mpz_t(), 2)) -
          static_cast<int>(mpz_sizeinbase(v.get_den_mpz_t(), 2));
  while (power_of_two(e) > v) --e;
  while (power_of_two(e + 1) <= v) ++e;
  return e;
}

inline mpz_class floor_of(const Rational& v) {
  mpz_class n;
  mpz_fdiv_q(n.get_mpz_t(), v.get_num_mpz_t(), v.get_den_mpz_t());
  return n;
}

/// v >= 0 between its neighbours in a format without upper limit:  (n + fraction) * spacing.
struct Place {
  mpz_class n;
  Rational fraction, spacing;
};

inline Place place_of(const Rational& v, int precision, bool bounded, int emin) {
  int e = v == 0 ? emin : floor_log2(v);
  if (bounded) e = std::max(e, emin);
  const Rational spacing = power_of_two(e - precision + 1), units = v / spacing;
  const mpz_class n = floor_of(units);
  return {n, units - n, spacing};
}

inline bool nearest_even_goes_up(const Place& p) {
  const Rational half(1, 2);
  return p.fraction > half || (p.fraction == half && mpz_odd_p(p.n.get_mpz_t()));
}

/// "up with the probability of the fraction": the first r bits of the fraction and those of `random` carry.
inline bool stochastic_goes_up(Rational magnitude, const Format& f, std::uint32_t random) {
  const int t = f.precision;
  const int r = t <= 11 ? std::min(24 - t, 16) : std::min(53 - t, 32);
  if (r == 0) return nearest_even_goes_up(place_of(magnitude, t, !f.is_unbounded(), f.emin));
  Place p = place_of(magnitude, t, !f.is_unbounded(), f.emin);
  return floor_of(p.fraction * power_of_two(r)) + (random >> (32 - r)) >= mpz_class(1)
                                                                              << static_cast<unsigned>(r);
}

inline Rational rounded_to_24_bits(const Rational& v) {
  const Place p = place_of(v, 24, false, 0);
  return (p.n + nearest_even_goes_up(p)) * p.spacing;
}

/// The magnitude rounded as if exponents had no upper limit; never more than 53 bits long.
inline Rational rounded_magnitude(Rational v, bool negative, const RoundingRule& rule, std::uint32_t random) {
  const Format& f = rule.format;
  if (rule.mode == Rounding::stochastic && f.precision <= 11) v = rounded_to_24_bits(v);
  const Place p = place_of(v, f.precision, !f.is_unbounded(), f.emin);
  bool up = false;
  switch (rule.mode) {
    case Rounding::nearest_even:
      up = nearest_even_goes_up(p);
      break;
    case Rounding::nearest_away:
      up = p.fraction >= Rational(1, 2);
      break;
    case Rounding::toward_zero:
      up = false;
      break;
    case Rounding::up:
      up = p.fraction != 0 && !negative;
      break;
    case Rounding::down:
      up = p.fraction != 0 && negative;
      break;
    case Rounding::stochastic:
      up = stochastic_goes_up(v, f, random);
      break;
  }
  return (p.n + up) * p.spacing;
}

struct Rounded {
  double value;
  bool overflow;  // beyond the largest finite number before that was looked at
};

/// v != 0 rounded to rule.format, by the definition.
inline Rounded round_by_definition(const Rational& v, const RoundingRule& rule, std::uint32_t random = 0) {
  const Format& f = rule.format;
  const bool negative = v < 0;
  const Rational y = rounded_magnitude(abs(v), negative, rule, random);
  const double sign = negative ? -1 : 1;
  const bool beyond = f.is_unbounded() ? y >= power_of_two(1024) : y > Rational(f.max_finite);
  if (!beyond) {
    if (y == 0 && f.specials == Specials::fnuz) return {0.0, false};
    return {sign * y.get_d(), false};  // exact: at most 53 bits, in range
  }
  const bool inward = rule.mode == Rounding::toward_zero ||
                      (negative ? rule.mode == Rounding::up : rule.mode == Rounding::down);
  if (rule.saturate || inward || f.specials == Specials::finite) return {sign * f.max_finite, true};
  if (f.specials == Specials::ieee || f.specials == Specials::none) return {sign * infinity, true};
  return {nan, true};
}

/// The exact value that an Inexact stands for, its residual made tiny against everything of binary64.
inline Rational exact_value(Inexact z) {
  Rational v(z.x);
  if (z.residual != 0) v += power_of_two(-1400) * (z.residual > 0 ? 1 : -1);
  return v;
}

/// f(x) to 600 bits, truncated, with a far bit set when that is not all of it: rounds as f(x) does.
inline Rational function_value(UnaryFunction f, double x) {
  Real argument(53), result(600);
  mpfr_set_d(argument, x, MPFR_RNDN);
  const int ternary = f(result, argument, MPFR_RNDZ);
  Rational v;
  mpfr_get_q(v.get_mpq_t(), result);
  if (ternary != 0 && v != 0) v *= 1 + power_of_two(-650);
  return v;
}

/// One line that replays a failure.
inline std::string replay(Inexact z, const RoundingRule& rule, std::uint32_t random = 0) {
  char text[200];
  std::snprintf(text, sizeof text, "round({%a, %g}, %s, %u)", z.x, z.residual, name_of(rule).c_str(), random);
  return text;
}

}  // namespace halfulp::oracle
