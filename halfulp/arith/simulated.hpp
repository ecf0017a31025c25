// Simulated arithmetic: every elementary operation is the exact one, rounded once to a stated format.
//
// Values are bare binary64 numbers that happen to lie in the format.  Three roundings make a step of a
// computation: load() rounds an operand as it is read (a cast before a matrix product), the operations round
// to the accumulator's format, store() rounds the result as it is written.  Model 4.1 of the paper has all
// three the same.
#pragma once

#include <cmath>
#include <cstdint>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/random_stream.hpp"
#include "halfulp/arith/rounder.hpp"
#include "halfulp/arith/scaled_exponential.hpp"
#include "halfulp/arith/summation.hpp"

namespace halfulp {

/// What roundings did.  overflow: a finite exact result beyond the largest finite number of the format,
/// whatever became of it (infinity, NaN or saturated; a division by zero is not an overflow).  underflow: a
/// non-zero exact result became zero.  nan: the result is NaN, made here or passed on.
struct Events {
  std::uint64_t overflow = 0, underflow = 0, nan = 0;
  Events& operator+=(const Events& other) {
    overflow += other.overflow;
    underflow += other.underflow;
    nan += other.nan;
    return *this;
  }
};

/// The formats of one step: operands, accumulator (every elementary operation), result.
struct StepFormats {
  RoundingRule in, acc, out;
  bool operator==(const StepFormats&) const = default;
};

class Simulated {
 public:
  using Value = double;

  Simulated() = default;
  explicit Simulated(const StepFormats& formats, Summation summation = {},
                     RandomStream random = RandomStream())
      : in_(formats.in), acc_(formats.acc), out_(formats.out), summation_(summation), random_(random) {}
  /// Model 4.1: everything in one format.
  explicit Simulated(const RoundingRule& rule) : Simulated(StepFormats{rule, rule, rule}) {}

  const Summation& summation() const { return summation_; }
  const Rounder& in() const { return in_; }
  const Rounder& acc() const { return acc_; }
  const Rounder& out() const { return out_; }
  const RandomStream& random() const { return random_; }
  const Events& events() const { return events_; }
  void count(const Events& events) { events_ += events; }
  void clear_events() { events_ = {}; }
  /// Stochastic roundings from here on draw from the stream of entry (row, column) of the result.
  void begin_entry(std::size_t row, std::size_t column) {
    random_ = random_.at(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column));
  }

  /// A constant of the algorithm, rounded to the accumulator's format.
  double lift(double x) { return rounded(acc_, {x, 0}); }
  double lift(DoubleDouble x) { return constant(x); }
  /// A number that the format need not hold (sqrt(d) "exact", a position); its first operation rounds it.
  double exactly(double x) const { return x; }
  double load(double x) { return rounded(in_, {x, 0}); }
  double store(double x) { return rounded(out_, {x, 0}); }

  double add(double a, double b) {
    if (acc_.needs_residual()) return rounded(acc_, with_zero_sign(exact_add(a, b), a, b));
    return fast(a + b, [=] { return exact_add(a, b); });
  }
  double sub(double a, double b) { return add(a, -b); }
  double mul(double a, double b) {
    if (acc_.needs_residual()) return rounded(acc_, exact_mul(a, b));
    return fast(a * b, [=] { return exact_mul(a, b); });
  }
  double div(double a, double b) {
    if (acc_.needs_residual()) return rounded(acc_, exact_div(a, b));
    return fast(a / b, [=] { return exact_div(a, b); });
  }
  double sqrt(double a) {
    if (acc_.needs_residual()) return rounded(acc_, exact_sqrt(a));
    return fast(std::sqrt(a), [=] { return exact_sqrt(a); });
  }
  /// a b + c with one rounding.
  double fma(double a, double b, double c) {
    // Even at t <= 25 the binary64 result may hide which side of a midpoint the exact one lies on.
    const bool once = acc_.way() == Rounder::Way::binary64 || acc_.way() == Rounder::Way::digits;
    if (once) return fast(std::fma(a, b, c), [=] { return exact_fma(a, b, c); });
    return rounded_from(acc_, with_zero_sign(exact_fma(a, b, c), a * b, c));
  }
  /// a sqrt(d) and a / sqrt(d) with one rounding, sqrt(d) an exact constant.
  double mul_root(double a, double d) { return constant(halfulp::sqrt(DoubleDouble{d}) * a); }
  double div_root(double a, double d) { return constant(DoubleDouble{a} / halfulp::sqrt(DoubleDouble{d})); }
  double exp(double a) {
    // Below binary64's normal numbers the carrier, not an unbounded format, underflows.
    if (a < -708 && acc_.rule().format.is_unbounded() && std::isfinite(a)) ++events_.underflow;
    return elementary(a, exp_odd, [](auto x) { return halfulp::exp(x); });
  }
  /// exp(a), in a scale that depends on m only (scaled_exponential.hpp) where |m| > 600 and the format's
  /// exponents have no bounds, though the carrier's have.
  double exp_scaled(double a, double m) {
    const Format& f = acc_.rule().format;
    if (!f.is_unbounded() || !(std::fabs(m) > 600)) return exp(a);
    return rounded(acc_, {exp_in_scale_of(a, m, f.is_decimal() ? 10 : 2)});
  }
  double tanh(double a) {
    return elementary(a, tanh_odd, [](auto x) { return halfulp::tanh(x); });
  }
  double erf(double a) {
    return elementary(a, erf_odd, [](auto x) { return halfulp::erf(x); });
  }
  double sin(double a) {
    return elementary(a, sin_odd, [](auto x) { return halfulp::sin(x); });
  }
  double cos(double a) {
    return elementary(a, cos_odd, [](auto x) { return halfulp::cos(x); });
  }

  double neg(double a) const { return -a; }
  double max(double a, double b) const { return a < b ? b : a; }
  double select(bool which, double a, double b) const { return which ? a : b; }

 private:
  /// Rounds z, the operation in binary64, where that is one rounding; exact() is asked for only when the
  /// result is zero or at the end of the range.
  template <class Exact>
  double fast(double z, Exact exact) {
    const double y = acc_(z);
    if (may_be_event(acc_, y)) note(acc_, exact(), 0, y);
    return y;
  }
  /// z rounded by the rounder's own way.
  double rounded(const Rounder& rounder, Inexact z) {
    if (rounder.needs_residual()) return rounded_from(rounder, z);
    const double y = rounder(z.x);
    if (may_be_event(rounder, y)) note(rounder, z, 0, y);
    return y;
  }
  /// z rounded by round().
  double rounded_from(const Rounder& rounder, Inexact z) {
    const std::uint32_t random = draw(rounder);
    const double y = round(z, rounder.rule(), random);
    if (may_be_event(rounder, y)) note(rounder, z, random, y);
    return y;
  }
  /// IEEE 754, 6.3: an exact zero sum of numbers of opposite sign is -0 when rounding down, otherwise +0.
  Inexact with_zero_sign(Inexact sum, double a, double b) const {
    if (sum.x == 0 && sum.residual == 0 && acc_.rule().mode == Rounding::down &&
        (std::signbit(a) || std::signbit(b)))
      sum.x = -0.0;
    return sum;
  }
  /// Up to 51 bits by the value rounded to odd; 52 bits, and 53 in other modes than nearest-even, by the
  /// double-double value; binary64 and decimal digits of it by the function of binary64.
  template <class Odd, class Function>
  double elementary(double a, Odd odd, Function function) {
    if (acc_.rule().format.precision <= 51) return rounded(acc_, {odd(a)});
    const bool is_rounded = std::isfinite(a) && a != 0;
    if (!acc_.needs_residual()) return rounded(acc_, beyond_the_ends(function(a), is_rounded));
    const DoubleDouble z = function(DoubleDouble{a});
    return rounded(acc_, z.lo == 0 ? beyond_the_ends(z.hi, is_rounded) : Inexact{z.hi, z.lo});
  }
  double constant(DoubleDouble z) {
    if (acc_.rule().format.precision <= 51) return rounded(acc_, {round_to_odd(z)});
    return rounded(acc_, acc_.needs_residual() ? Inexact{z.hi, z.lo} : Inexact{z.hi});
  }
  /// A result that is zero, infinite, 1 or -1, of a function that is none of these there: all functions of
  /// this class are beyond 1 only where double-double says so.
  static Inexact beyond_the_ends(double y, bool is_rounded) {
    if (!is_rounded) return {y, 0};
    return {y, std::isinf(y) || std::fabs(y) == 1 ? -y : y == 0 ? 1.0 : 0.0};
  }
  std::uint32_t draw(const Rounder& rounder) {
    if (rounder.rule().mode != Rounding::stochastic) return 0;
    return rounder.rule().format.precision <= 11 ? random_.draw16() : random_.draw32();
  }
  static bool may_be_event(const Rounder& rounder, double y) {
    return y == 0 || !(std::fabs(y) < rounder.rule().format.max_finite);
  }
  void note(const Rounder& rounder, Inexact exact, std::uint32_t random, double y);

  Rounder in_, acc_, out_;
  Summation summation_;
  RandomStream random_;
  Events events_;
};

inline void Simulated::note(const Rounder& rounder, Inexact exact, std::uint32_t random, double y) {
  if (y == 0) {
    events_.underflow += exact.x != 0 || exact.residual != 0;
  } else {
    events_.nan += std::isnan(y);
    events_.overflow += overflows(exact, rounder.rule(), random);
  }
}

}  // namespace halfulp
