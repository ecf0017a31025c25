// The whole arithmetic of packs (arithmetic.hpp): what a room needs to run on many trials at once.  Model 4.1
// of the paper: every operation is rounded by Round, operands are taken as they come (load and store do
// nothing), so that a site in higher precision hands its digits on.
//
// Bit for bit what Simulated computes for numbers that binary64 holds with room to spare: operands of t bits
// with p_1 + p_2 <= 53, t <= 25, normal results; only signs of zeros may differ for unbounded formats.
#pragma once

#include "halfulp/arith/pack/digits.hpp"
#include "halfulp/arith/pack/functions.hpp"
#include "halfulp/arith/pack/packed.hpp"
#include "halfulp/arith/summation.hpp"

namespace halfulp::HALFULP_TARGET {

/// Decimal digits where packs have none of their own (no fused multiply-add): lane by lane.
struct DigitsByLane {
  using Lane = double;
  HWY_INLINE explicit DigitsByLane(const RoundingConstants<double>& c) : digits(c.digits) {}
  HWY_INLINE PackD operator()(PackD x) const {
    return in_lanes(x == x, x, x, x,
                    [this](double a, double) HALFULP_INLINE { return round_to_digits(a, digits); });
  }
  int digits;
};
#if defined(HWY_NATIVE_FMA) && HWY_NATIVE_FMA
using DecimalDigits = Digits;
#else
using DecimalDigits = DigitsByLane;
#endif

/// Whether functions are rounded to odd before Round, as Simulated does for formats of at most 51 bits.
template <class Round>
inline constexpr bool rounds_bits = true;
template <>
inline constexpr bool rounds_bits<DecimalDigits> = false;
template <>
inline constexpr bool rounds_bits<Native<double>> = false;

/// The radix of formats with unbounded exponents, 0 for others.
template <class Round>
inline constexpr int unbounded_radix = 2;
template <>
inline constexpr int unbounded_radix<DecimalDigits> = 10;
template <>
inline constexpr int unbounded_radix<Grid<double>> = 0;

template <class Round>
struct PackedArithmetic : Packed<Round> {
  using Value = PackD;
  using Packed<Round>::round;

  explicit PackedArithmetic(const RoundingConstants<double>& c, Summation order = {})
      : Packed<Round>(c), order_(order) {}

  const Summation& summation() const { return order_; }
  Value lift(double x) const { return round(Value(x)); }
  Value lift(DoubleDouble x) const { return round(odd_if_bits({Value(x.hi), Value(x.lo)})); }
  HWY_INLINE Value exactly(double x) const { return Value(x); }
  HWY_INLINE Value load(Value x) const { return x; }
  HWY_INLINE Value store(Value x) const { return x; }
  HWY_INLINE Value fma(Value a, Value b, Value c) const {
    return round(odd_if_bits(product_and_sum(a, b, c)));
  }
  HWY_INLINE Value mul_root(Value a, double d) { return round(odd_if_bits(times_root(a, root_of(d)))); }
  HWY_INLINE Value div_root(Value a, double d) { return round(odd_if_bits(over_root(a, root_of(d)))); }
  HWY_INLINE Value exp(Value a) const { return round(exponential<rounds_bits<Round>>(a)); }
  /// exp(a) in a scale that depends on m only: exponents have no bounds in the format, but they have in the
  /// carrier.  Lanes with |m| <= 600 are left alone.
  HWY_INLINE Value exp_scaled(Value a, Value m) const requires(unbounded_radix<Round> != 0) {
    const auto far = Value(600.0) < abs(m);
    if (HWY_LIKELY(!any(far))) return exp(a);
    const Value e = exponential<rounds_bits<Round>>(a);
    return round(in_lanes(far, e, a, m, [](double x, double scale) HALFULP_INLINE {
      return exp_in_scale_of(x, scale, unbounded_radix<Round>);
    }));
  }
  Value tanh(Value a) const {
    return round(in_lanes(a == a, a, a, a, [](double x, double) HALFULP_INLINE {
      return rounds_bits<Round> ? tanh_odd(x) : halfulp::tanh(x);
    }));
  }
  Value erf(Value a) const {
    return round(in_lanes(a == a, a, a, a, [](double x, double) HALFULP_INLINE {
      return rounds_bits<Round> ? erf_odd(x) : halfulp::erf(x);
    }));
  }

 private:
  static HWY_INLINE Value odd_if_bits(Exact x) {
    if constexpr (rounds_bits<Round>)
      return to_odd(x);
    else
      return x.y;
  }
  HWY_INLINE const double* root_of(double d) {
    if (d != rooted_) root_parts(rooted_ = d, root_);
    return root_;
  }

  Summation order_;
  double rooted_ = -1, root_[2] = {0, 0};
};

}  // namespace halfulp::HALFULP_TARGET
