// Packs rounded at random, as round() defines for formats of t <= 11 bits: the carrier has rounded the exact
// value to 24 bits, the top r bits of the random word are added below the last place kept, and the rest is
// dropped.
#pragma once

#include "halfulp/arith/pack/random.hpp"
#include "halfulp/arith/rounding_constants.hpp"

namespace halfulp::HALFULP_TARGET {

/// On the bits: right for formats with binary32's exponents, and for unbounded ones while z is normal.
struct StochasticBits {
  HWY_INLINE explicit StochasticBits(const RoundingConstants<float>& c)
      : to_fraction(32 - c.dropped),
        random(((std::uint32_t{1} << c.random_bits) - 1) << (c.dropped - c.random_bits)),
        kept(~std::uint32_t{0} << c.dropped) {}

  /// NaN must be quiet.
  HWY_INLINE Pack<float> operator()(Pack<float> z, Pack<std::uint32_t> word) const {
    const auto up = shift_right(word, to_fraction) & random;
    return bits_as<float>((bits_as<std::uint32_t>(z) + up) & kept);  // carries run as they should
  }

  int to_fraction;
  Pack<std::uint32_t> random, kept;
};

/// z + g for g = 0 or for g with the sign of z and |z| < |g|, a power of two: rounded toward zero.
HWY_INLINE Pack<float> add_toward_zero(Pack<float> z, Pack<float> g) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  return Pack<float>(
      decltype(z.v){_mm512_add_round_ps(z.v.raw, g.v.raw, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)});
#else
  const Pack<float> sum = z + g;
  const auto one = select(abs(sum - g) > abs(z), bits_as<float>(Pack<std::uint32_t>(1)), Pack<float>(0.0f));
  return bits_as<float>(bits_as<std::uint32_t>(sum) - bits_as<std::uint32_t>(one));
#endif
}

/// The same for formats with subnormals and overflow inside binary32.  Below 2^emin the rounding is done at
/// z +- 2^emin, whose last place in the format is that of the subnormals; the bits that the sum loses, cut
/// off, are below the r that count.
struct StochasticGrid {
  HWY_INLINE explicit StochasticGrid(const RoundingConstants<float>& c)
      : bits(c),
        smallest_normal(c.smallest_normal),
        max_finite(c.max_finite),
        beyond(c.beyond),
        zero_sign(c.signed_zero ? sign_bit<float> : 0) {}

  HWY_INLINE Pack<float> operator()(Pack<float> z, Pack<std::uint32_t> word) const {
    const Pack<float> sign = with_bits_of(z, sign_bit<float>);
    const Pack<float> g = select(abs(z) < smallest_normal, smallest_normal | sign, Pack<float>(0.0f));
    const Pack<float> y = bits(add_toward_zero(z, g), word) - g;
    const Pack<float> signed_y = y | bits_as<float>(bits_as<std::uint32_t>(sign) & zero_sign);
    return select(abs(y) > max_finite, beyond | sign, signed_y);
  }

  StochasticBits bits;
  Pack<float> smallest_normal, max_finite, beyond;
  Pack<std::uint32_t> zero_sign;
};

}  // namespace halfulp::HALFULP_TARGET
