// A rounding rule made ready for speed: which of the ways below is right for it is decided once.
//
// The result z of + - * / sqrt on two numbers of t bits, computed in binary64 and then rounded to nearest
// with t bits, is the operation rounded once when 53 >= 2 t + 2 (Figueroa 1995: no double rounding).  That
// covers t <= 25; wider formats, directed and stochastic rounding need the operation's exact residual and
// take the slow way, round().
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "halfulp/arith/round.hpp"

namespace halfulp {

class Rounder {
 public:
  enum class Way : std::uint8_t {
    binary64,  // nothing to do
    binary32,  // one conversion and back
    grid,      // add and subtract 1.5 2^52 of the result's last place
    digits,    // round_to_digits
    exact,     // round(), with the residual
  };

  Rounder() : Rounder(RoundingRule{format_named("fp64"), Rounding::nearest_even, false}) {}
  explicit Rounder(const RoundingRule& rule) : rule_(rule), way_(way_for(rule)) {
    smallest_normal_ = rule.format.smallest_normal();
    shift_ = std::ldexp(1.5, 53 - rule.format.precision);
  }

  const RoundingRule& rule() const { return rule_; }
  Way way() const { return way_; }
  /// Whether round() must see the exact residual of an operation.
  bool needs_residual() const { return way_ == Way::exact; }

  /// A binary64 number rounded.  random: see round().
  double operator()(double x, std::uint32_t random = 0) const {
    switch (way_) {
      case Way::binary64:
        return x;
      case Way::binary32:
        return static_cast<double>(static_cast<float>(x));
      case Way::grid:
        return on_grid(x);
      case Way::digits:
        return round_to_digits(x, rule_.format.digits);
      case Way::exact:
        break;
    }
    return round({x, 0}, rule_, random);
  }

 private:
  static Way way_for(const RoundingRule& rule) {
    const Format& f = rule.format;
    if (f.is_decimal()) return Way::digits;
    const bool plain = rule.mode == Rounding::nearest_even && !rule.saturate;
    if (plain && f.precision == 53) return Way::binary64;
    if (plain && f.precision == 24 && f.emin == -126 && f.emax == 127) return Way::binary32;
    return plain && f.precision <= 25 ? Way::grid : Way::exact;
  }

  /// Nearest-even with t <= 25 bits.  With 2^e <= |x| < 2^(e+1), x + 1.5 2^(e + 53 - t) is rounded to
  /// multiples of 2^(e - t + 1), the last place of x in the format (of the subnormals when e < emin);
  /// subtracting is exact.
  double on_grid(double x) const {
    const double magnitude = std::fabs(x);
    if (!(magnitude < 0x1p900) || magnitude < 0x1p-900) return round({x, 0}, rule_);
    const double binade = std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) >> 52 << 52);
    const double last = shift_ * (binade > smallest_normal_ ? binade : smallest_normal_);
    const double y = (magnitude + last) - last;
    if (y > rule_.format.max_finite || y == 0) return round({x, 0}, rule_);
    return std::copysign(y, x);
  }

  RoundingRule rule_;
  double smallest_normal_ = 0, shift_ = 0;
  Way way_;
};

}  // namespace halfulp
