// Packs rounded to a format of fewer bits, nearest-even; the scalar twin is round().
//
// In a carrier of p bits, let s = p - t and let G be an even multiple of the place 2^(e - t + 1) where z,
// 2^e <= |z| < 2^(e+1), is to be rounded.  If z + G or G - z has its last place there, then (z + G) - G, or
// G - (G - z), is z rounded to nearest-even: the first operation rounds to that place, the second is exact.
// The ways differ in how they find G.
#pragma once

#include "halfulp/arith/pack/pack.hpp"
#include "halfulp/arith/rounding_constants.hpp"

namespace halfulp::HALFULP_TARGET {

/// G = 2^s z, after Veltkamp (Dekker 1971), but with the factor 2^s - 1:  2^s z - RN((2^s - 1) z), two
/// operations with fma.  G - z has its last place where it should, except for |z| < 2^e (1 + 1 / (2^s - 1)),
/// where it is one bit lower: the distance to 2^e is then below a quarter of a place if s >= t + 2, and both
/// grids give 2^e.  (With 2^s + 1 the exception is at the upper end, where 2^s z may be an odd multiple of
/// the place, and the result is wrong by one place.) Right when t <= 11 (p = 24) or t <= 25 (p = 53), z is
/// normal or 0 and 2^s z does not overflow; no limits of the format are looked at; -0 becomes +0.
template <class T>
struct Split {
  using Lane = T;
  HWY_INLINE explicit Split(const RoundingConstants<T>& c) : two_to_s(c.split), factor(c.split_minus_1) {}

  HWY_INLINE Pack<T> operator()(Pack<T> z) const {
    if constexpr (has_fma) {
      return fma_minus(z, two_to_s, z * factor);
    } else {
      const Pack<T> g = z * two_to_s;
      return g - (g - z);
    }
  }

  Pack<T> two_to_s, factor;
};

/// G = 2^s 2^e with the sign of z, at least 1.5 2^(emin + s): right for every z, also subnormal, infinite,
/// NaN and beyond the range, for every format with fits_grid() (bounded above so that z + G stays finite
/// where it matters).
template <class T>
struct Grid {
  using Lane = T;
  HWY_INLINE explicit Grid(const RoundingConstants<T>& c)
      : two_to_s(c.split),
        floor(c.floor),
        ceiling(c.ceiling),
        max_finite(c.max_finite),
        beyond(c.beyond),
        zero_sign(c.signed_zero ? sign_bit<T> : Bits<T>{0}) {}

  HWY_INLINE Pack<T> operator()(Pack<T> z) const {
    const Pack<T> g = at_most(at_least(binade(z) * two_to_s, floor), ceiling);
    const Pack<T> y = (z + g) - g;  // NaN stays NaN, infinity stays infinity
    const Pack<T> sign = with_bits_of(z, sign_bit<T>);
    const Pack<T> signed_y = y | bits_as<T>(bits_as<Bits<T>>(sign) & zero_sign);
    return select(abs(y) > max_finite, beyond | sign, signed_y);
  }

  Pack<T> two_to_s, floor, ceiling, max_finite, beyond;
  Pack<Bits<T>> zero_sign;
};

/// For formats with fits_bits(): half of the last place, less one where the kept part is even, is added to
/// the bits, and carries run through subnormals, binades and into infinity as they should.  NaN must be
/// quiet.
struct IntegerBits {
  using Lane = float;
  HWY_INLINE explicit IntegerBits(const RoundingConstants<float>& c)
      : dropped(c.dropped),
        below_half((std::uint32_t{1} << (c.dropped - 1)) - 1),
        kept(~std::uint32_t{0} << c.dropped) {}

  HWY_INLINE Pack<float> operator()(Pack<float> z) const {
    const auto u = bits_as<std::uint32_t>(z);
    const auto odd = shift_right(u, dropped) & Pack<std::uint32_t>(1);
    return bits_as<float>((u + below_half + odd) & kept);
  }

  int dropped;
  Pack<std::uint32_t> below_half, kept;
};

/// Decimal digits, directed and random rounding are elsewhere; this leaves the carrier's own rounding.
template <class T>
struct Native {
  using Lane = T;
  HWY_INLINE explicit Native(const RoundingConstants<T>&) {}
  HWY_INLINE Pack<T> operator()(Pack<T> z) const { return z; }
};

}  // namespace halfulp::HALFULP_TARGET
