#include "halfulp/arith/round.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace halfulp {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// magnitude = m 2^exponent, m an integer of up to 56 bits.
struct Scaled {
  std::uint64_t m;
  int exponent;
};

int bits_of(std::uint64_t m) { return 64 - std::countl_zero(m); }

/// |x + r| as an integer with three bits below the 53rd: 8 m + sign(r), away from zero counted positive; 8 m
/// + 4 for a midpoint above x.  (Below x it needs no mark: x is the outer number already.)
Scaled scaled(const Inexact& value) {
  const auto& [x, residual, is_midpoint] = value;
  const auto bits = std::bit_cast<std::uint64_t>(std::fabs(x));
  const int biased = static_cast<int>(bits >> 52);
  std::uint64_t m = bits & ((std::uint64_t{1} << 52) - 1);
  if (biased > 0) m |= std::uint64_t{1} << 52;
  const bool grows = x == 0 || (residual > 0) != std::signbit(x);
  const int outward = residual == 0 ? 0 : !grows ? -1 : is_midpoint ? 4 : 1;
  return {8 * m + static_cast<std::uint64_t>(static_cast<std::int64_t>(outward)),
          (biased > 0 ? biased : 1) - 1075 - 3};
}

/// Exponent of the last place that a number m 2^exponent has in the format.
int last_place(Scaled s, int precision, const Format& format) {
  const int e = s.exponent + bits_of(s.m) - 1;
  return (format.is_unbounded() || e > format.emin ? e : format.emin) - precision + 1;
}

/// The part that is dropped, in units of 2^-bits of a last place: 0 <= part < 2^bits, bits > 0.
struct Dropped {
  std::uint64_t part;
  int bits;
  bool is_above_half() const { return bits <= 63 && part > std::uint64_t{1} << (bits - 1); }
  bool is_half() const { return bits <= 63 && part == std::uint64_t{1} << (bits - 1); }
  /// The first r bits, r <= 32.
  std::uint64_t first(int r) const {
    if (bits < r) return part << (r - bits);
    return bits - r > 63 ? 0 : part >> (bits - r);
  }
};

/// Whether the magnitude goes up, given the parity of what is kept.
bool goes_up(Dropped rest, bool odd, const RoundingRule& rule, bool negative, std::uint32_t random) {
  switch (rule.mode) {
    case Rounding::nearest_even:
      return rest.is_above_half() || (rest.is_half() && odd);
    case Rounding::nearest_away:
      return rest.is_above_half() || rest.is_half();
    case Rounding::toward_zero:
      return false;
    case Rounding::up:
      return rest.part != 0 && !negative;
    case Rounding::down:
      return rest.part != 0 && negative;
    case Rounding::stochastic:
      break;
  }
  const int r = stochastic_bits(rule.format);
  return rest.first(r) + (random >> (32 - r)) >= std::uint64_t{1} << r;
}

/// s rounded to multiples of 2^place.
Scaled at_place(Scaled s, int place, const RoundingRule& rule, bool negative, std::uint32_t random) {
  const int bits = place - s.exponent;
  if (bits <= 0) return s;
  const std::uint64_t kept = bits > 63 ? 0 : s.m >> bits;  // m has at most 56 bits
  const Dropped rest{bits > 63 ? s.m : s.m - (kept << bits), bits};
  return {kept + goes_up(rest, kept & 1, rule, negative, random), place};
}

/// m 2^exponent, at most 53 bits long; infinity past the end of binary64.
double assembled(Scaled s) {
  const double m = static_cast<double>(s.m);
  if (s.exponent < -1022 || s.exponent > 900) return std::ldexp(m, s.exponent);
  return m * std::bit_cast<double>(static_cast<std::uint64_t>(s.exponent + 1023) << 52);
}

/// |x + r| rounded as if exponents had no upper limit; x finite, not an exact zero.
double rounded_magnitude(const Inexact& value, const RoundingRule& rule, std::uint32_t random) {
  const Format& format = rule.format;
  const bool negative = value.x == 0 ? value.residual < 0 : std::signbit(value.x);
  Scaled s = scaled(value);
  if (rule.mode == Rounding::stochastic) {
    if (stochastic_bits(format) == 0) return std::fabs(value.x);
    if (format.precision <=
        11) {  // the binary32 accumulator of stochastic_bits, without limits on its exponent
      static const RoundingRule nearest{
          {"", 24, 0, 0, infinity, Specials::none, 0}, Rounding::nearest_even, false};
      s = at_place(s, last_place(s, 24, nearest.format), nearest, negative, 0);
    }
  }
  return assembled(at_place(s, last_place(s, format.precision, format), rule, negative, random));
}

double overflow(const RoundingRule& rule, bool negative) {
  const Format& format = rule.format;
  const bool inward =
      rule.mode == Rounding::toward_zero || rule.mode == (negative ? Rounding::up : Rounding::down);
  if (rule.saturate || inward || format.specials == Specials::finite)
    return negative ? -format.max_finite : format.max_finite;
  if (format.specials == Specials::fn || format.specials == Specials::fnuz) return nan;
  return negative ? -infinity : infinity;
}

double infinite(double x, const RoundingRule& rule) {
  const Format& format = rule.format;
  if (rule.saturate || format.specials == Specials::finite) return std::copysign(format.max_finite, x);
  return format.specials == Specials::fn || format.specials == Specials::fnuz ? nan : x;
}

}  // namespace

int stochastic_bits(const Format& format) {
  const int t = format.precision;
  return t <= 11 ? (24 - t < 16 ? 24 - t : 16) : (53 - t < 32 ? 53 - t : 32);
}

double round(const Inexact& value, const RoundingRule& rule, std::uint32_t random) {
  const Format& format = rule.format;
  const double x = value.x;
  if (std::isnan(x)) return nan;
  if (std::isinf(x)) return value.residual != 0 ? overflow(rule, x < 0) : infinite(x, rule);
  if (format.is_decimal()) return round_to_digits(x, format.digits);
  if (x == 0 && value.residual == 0) return format.specials == Specials::fnuz ? 0.0 : x;

  const bool negative = x == 0 ? value.residual < 0 : std::signbit(x);
  const double magnitude = rounded_magnitude(value, rule, random);
  if (magnitude > format.max_finite) return overflow(rule, negative);
  if (magnitude == 0 && format.specials == Specials::fnuz) return 0.0;
  return negative ? -magnitude : magnitude;
}

bool overflows(const Inexact& value, const RoundingRule& rule, std::uint32_t random) {
  if (std::isnan(value.x)) return false;
  if (std::isinf(value.x)) return value.residual != 0;
  if (value.x == 0) return false;
  const double magnitude = rule.format.is_decimal() ? std::fabs(round_to_digits(value.x, rule.format.digits))
                                                    : rounded_magnitude(value, rule, random);
  return std::isinf(magnitude) || magnitude > rule.format.max_finite;
}

}  // namespace halfulp
