// Number formats as data: a significand, an exponent range and what happens at its ends.
//
// A binary format holds  +-m 2^(e - t + 1)  with integers 0 <= m < 2^t and emin <= e <= emax; numbers below
// 2^emin (m < 2^(t-1)) are subnormal.  bin<t> has no exponent limits (the paper's Model 4.1); dec<p> holds p
// significant decimal digits of a binary64 number (the paper's experiments).
// Named formats: IEEE 754 (fp64, fp32, fp16), bf16, tf32, and the 8-, 6- and 4-bit formats of OCP OFP8, OCP
// MX and their fnuz variants; eXmY is IEEE-like with X exponent and Y fraction bits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace halfulp {

enum class Rounding : std::uint8_t { nearest_even, nearest_away, toward_zero, up, down, stochastic };

/// What lies beyond the largest finite number.
enum class Specials : std::uint8_t {
  ieee,    // infinities and NaN, both zeros
  fn,      // NaN only: overflow gives NaN (OCP e4m3fn)
  fnuz,    // NaN only and one unsigned zero
  finite,  // neither: overflow saturates (OCP e3m2, e2m3, e2m1)
  none,    // unbounded exponent: there is no overflow
};

struct Format {
  std::string name;
  int precision = 53;  // t, significand bits with the leading one
  int emin = -1022, emax = 1023;
  double max_finite = 0;  // infinity when unbounded
  Specials specials = Specials::ieee;
  int digits = 0;  // p of dec<p>; 0 for binary formats

  bool is_decimal() const { return digits > 0; }
  bool is_unbounded() const { return specials == Specials::none; }
  /// The exponent field of 1.0; 0 when unbounded.
  int bias() const { return is_unbounded() ? 0 : 1 - emin; }
  /// Spacing of the subnormals, 2^(emin - t + 1); 0 when unbounded.
  double smallest_subnormal() const;
  /// 2^emin; 0 when unbounded.
  double smallest_normal() const;
  /// u, the largest relative error of rounding to nearest in the normal range: 2^-t, or 10^(1-p)/2.
  double unit_roundoff() const;
  /// Whether every number of `narrow` is one of this format: storing it here rounds nothing.
  bool holds(const Format& narrow) const;
  bool operator==(const Format&) const = default;
};

/// One way to round: the format, the direction, and whether overflow gives the largest finite number instead.
struct RoundingRule {
  Format format;
  Rounding mode = Rounding::nearest_even;
  bool saturate = false;
  /// Whether it errs by u at most, not 2 u.  Decimal digits are always rounded to nearest.
  bool is_to_nearest() const;
  bool operator==(const RoundingRule&) const = default;
};

/// The named formats, in the order in which `halfulp formats` prints them.
const std::vector<Format>& named_formats();

/// A format by name: a named one, eXmY (X in 2..10, Y in 1..51), bin<t> (1 <= t <= 53), dec<p> (1 <= p <=
/// 17). Throws usage_error with the nearest legal names.
Format format_named(std::string_view name);

/// "nearest-even", "nearest-away", "toward-zero", "up", "down", "stochastic".  Throws usage_error.
Rounding rounding_named(std::string_view name);
std::string_view name_of(Rounding mode);

/// "bf16", "fp16:stochastic", "e4m3fn:toward-zero:saturate".  Throws usage_error.
RoundingRule rounding_rule(std::string_view text);
std::string name_of(const RoundingRule& rule);

/// What a positive number beyond the largest finite one becomes: "inf", "nan" or "max".
std::string overflow_result(const Format& format, Rounding mode, bool negative);

}  // namespace halfulp
