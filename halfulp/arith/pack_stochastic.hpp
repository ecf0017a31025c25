// Packs rounded at random, as round() defines for formats of t <= 11 bits: the carrier has rounded the exact
// value to 24 bits, the top r bits of the random word are added below the last place kept, and the rest is
// dropped.
#pragma once

#include "halfulp/arith/pack_random.hpp"
#include "halfulp/arith/rounding_constants.hpp"

namespace halfulp::HALFULP_TARGET {

/// On the bits: right for formats with binary32's exponents, and for unbounded ones while z is normal.
struct StochasticBits {
  HWY_INLINE explicit StochasticBits(const RoundingConstants<float>& c)
      : to_fraction(32 - c.dropped),
        random(((std::uint32_t{1} << c.random_bits) - 1) << (c.dropped - c.random_bits)),
        kept(~std::uint32_t{0} << c.dropped) {}

  HWY_INLINE Pack<float> operator()(Pack<float> z, Pack<std::uint32_t> word) const {
    const auto up = shift_right(word, to_fraction) & random;
    const auto rounded =
        bits_as<float>((bits_as<std::uint32_t>(z) + up) & kept);  // carries run as they should
    return select(z != z, z, rounded);
  }

  int to_fraction;
  Pack<std::uint32_t> random, kept;
};

/// The same for formats with subnormals and overflow inside binary32.  Below 2^emin the fraction of the
/// smallest subnormal is taken to r bits as an integer.
struct StochasticGrid {
  HWY_INLINE explicit StochasticGrid(const RoundingConstants<float>& c)
      : bits(c),
        to_integer(32 - c.random_bits),
        random_bits(c.random_bits),
        smallest_normal(c.smallest_normal),
        scale(c.subnormal_scale),
        spacing(c.subnormal_spacing),
        max_finite(c.max_finite),
        beyond(c.beyond),
        zero_sign(c.signed_zero ? sign_bit<float> : 0) {}

  HWY_INLINE Pack<float> operator()(Pack<float> z, Pack<std::uint32_t> word) const {
    using Int = Pack<std::int32_t>;
    const hn::ScalableTag<std::int32_t> ints;
    const hn::ScalableTag<float> floats;
    const Pack<float> magnitude = abs(z), sign = with_bits_of(z, sign_bit<float>);
    const Pack<float> normal = bits(z, word);
    const Mask<float> tiny = magnitude < smallest_normal;
    const Pack<float> small_one = select(tiny, magnitude, Pack<float>(0.0f)) * scale;
    const Int whole =
        Int(hn::ConvertTo(ints, small_one.v)) + bits_as<std::int32_t>(shift_right(word, to_integer));
    const Pack<float> subnormal =
        Pack<float>(hn::ConvertTo(floats, shift_right(whole, random_bits).v)) * spacing;
    const Pack<float> signed_subnormal = subnormal |
                                         bits_as<float>(bits_as<std::uint32_t>(sign) & zero_sign) |
                                         select(subnormal > Pack<float>(0.0f), sign, Pack<float>(0.0f));
    const Pack<float> y = select(tiny, signed_subnormal, normal);
    return select(abs(y) > max_finite, beyond | sign, y);
  }

  StochasticBits bits;
  int to_integer, random_bits;
  Pack<float> smallest_normal, scale, spacing, max_finite, beyond;
  Pack<std::uint32_t> zero_sign;
};

}  // namespace halfulp::HALFULP_TARGET
