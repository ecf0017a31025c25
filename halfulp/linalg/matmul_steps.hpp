// The ways a product joins its sum, on packs (kernels.hpp, ProductStep).  A step states what its two
// broadcast numbers are and does accumulate(s, a, scaled, b); mul and add are for orders that need them
// apart.
#pragma once

#include "halfulp/arith/pack/packed.hpp"
#include "halfulp/linalg/kernels.hpp"

namespace halfulp::HALFULP_TARGET {

/// Any packed arithmetic: one rounding per operation.
template <class Round>
struct PackedStep : Packed<Round> {
  using Packed<Round>::Packed;
  using P = typename Packed<Round>::Value;
  static constexpr bool uses_scaled = false, watches = false, has_mul = true;
  HWY_INLINE P accumulate(P s, P a, P, P b, P&) const { return this->add(s, this->mul(a, b)); }
};

template <class T>
struct FusedStep {
  using Lane = T;
  using P = Pack<T>;
  static constexpr bool uses_scaled = false, watches = false, has_mul = false;
  HWY_INLINE explicit FusedStep(const RoundingConstants<T>&) {}
  HWY_INLINE P add(P a, P b) const { return a + b; }
  HWY_INLINE P accumulate(P s, P a, P, P b, P&) const {
    if constexpr (has_fma)
      return fma(a, b, s);
    else
      return s + a * b;  // chosen for exact products only: the same
  }
};

/// a is (2^s - 1) a and scaled 2^s a, exactly (a has at most t bits): the product's c z is one
/// multiplication.
template <class T>
struct SplitStep {
  using Lane = T;
  using P = Pack<T>;
  static constexpr bool uses_scaled = true, watches = false, has_mul = false;
  HWY_INLINE explicit SplitStep(const RoundingConstants<T>& c) : round(c) {}
  HWY_INLINE P add(P a, P b) const { return round(a + b); }
  HWY_INLINE P accumulate(P s, P a, P scaled, P b, P&) const {
    P p;
    if constexpr (has_fma)
      p = fma_minus(scaled, b, a * b);
    else
      p = scaled * b - a * b;
    return add(s, p);
  }
  Split<T> round;
};

/// G = 2^s a b, at least 1.5 2^(emin + s).  Sums of numbers of the format are multiples of its smallest
/// subnormal, so they need no such care; only overflow can happen to them.
template <class T, bool watch>
struct FlooredStep {
  using Lane = T;
  using P = Pack<T>;
  static constexpr bool uses_scaled = true, watches = watch, has_mul = false;
  HWY_INLINE explicit FlooredStep(const RoundingConstants<T>& c) : round(c), floor(c.floor) {}
  HWY_INLINE P add(P a, P b) const { return round(a + b); }
  HWY_INLINE P accumulate(P s, P a, P scaled, P b, P& largest) const {
    const P g = at_least(scaled * b, floor);
    P p;
    if constexpr (has_fma)
      p = g - negative_fma(a, b, g);
    else
      p = g - (g - a * b);
    const P sum = add(s, p);
    if constexpr (watch) largest = larger_magnitude(sum, largest);
    return sum;
  }
  Split<T> round;
  P floor;
};

template <class T>
struct SignedSplitStep {
  using Lane = T;
  using P = Pack<T>;
  static constexpr bool uses_scaled = false, watches = false, has_mul = true;
  HWY_INLINE explicit SignedSplitStep(const RoundingConstants<T>& c) : round(c) {}
  HWY_INLINE P signed_round(P z) const { return round(z) | with_bits_of(z, sign_bit<T>); }
  HWY_INLINE P mul(P a, P b) const { return signed_round(a * b); }
  HWY_INLINE P add(P a, P b) const { return signed_round(a + b); }
  HWY_INLINE P accumulate(P s, P a, P, P b, P&) const { return add(s, mul(a, b)); }
  Split<T> round;
};

}  // namespace halfulp::HALFULP_TARGET
