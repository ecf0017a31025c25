// Standard normal and uniform numbers on packs, the lanes being streams of their own.  Only + - * / sqrt and
// integer operations, none fused, so that a lane has the same bits on every instruction set.
#pragma once

#include "halfulp/arith/pack/random.hpp"
#include "halfulp/arith/pack/rounding.hpp"

namespace halfulp::HALFULP_TARGET {

/// (w + 1/2) 2^-32 for the low half w of each lane: uniform in (0, 1), exact.
HWY_INLINE Pack<double> uniform_of(Pack<std::uint64_t> word) {
  const auto w = (word & Pack<std::uint64_t>(0xffffffffu)) | bits_as<std::uint64_t>(Pack<double>(0x1p52));
  return (bits_as<double>(w) - Pack<double>(0x1p52 - 0.5)) * Pack<double>(0x1p-32);
}

/// log(u) for 2^-40 < u < 1, relative error below 2^-40: u = 2^e m, log m = 2 atanh((m - 1) / (m + 1)).
HWY_INLINE Pack<double> log_of_uniform(Pack<double> u) {
  using P = Pack<double>;
  using U = Pack<std::uint64_t>;
  const U bits = bits_as<std::uint64_t>(u);
  const P e = bits_as<double>(shift_right<52>(bits) | bits_as<std::uint64_t>(P(0x1p52))) - P(0x1p52 + 1023);
  const P m = bits_as<double>((bits & U((std::uint64_t{1} << 52) - 1)) | bits_as<std::uint64_t>(P(1.0)));
  const auto high = P(1.4142135623730951) < m;
  const P centred = select(high, m * P(0.5), m), exponent = select(high, e + P(1.0), e);
  const P f = (centred - P(1.0)) / (centred + P(1.0)), z = f * f;
  P series(2.0 / 19);
  for (int k = 17; k >= 1; k -= 2) series = series * z + P(2.0 / k);
  return exponent * P(0.6931471805599453) + f * series;
}

struct TwoNormals {
  Pack<double> x, y;
};

/// Box, Muller 1958:  sqrt(-2 log u) (cos, sin)(2 pi v), each within 2^-38 of its exact value.
HWY_INLINE TwoNormals box_muller(Pack<double> u, Pack<double> v) {
  using P = Pack<double>;
  const P radius = sqrt(P(-2.0) * log_of_uniform(u));
  const P quarters = v * P(4.0), shifted = quarters + P(0x1.8p52), q = shifted - P(0x1.8p52);
  const P t = (quarters - q) * P(1.5707963267948966), z = t * t;  // |t| <= pi / 4
  const P sine =
      t * (P(1.0) + z * (P(-1.0 / 6) +
                         z * (P(1.0 / 120) + z * (P(-1.0 / 5040) +
                                                  z * (P(1.0 / 362880) + z * (P(-1.0 / 39916800) +
                                                                              z * P(1.0 / 6227020800.0)))))));
  const P cosine =
      P(1.0) +
      z * (P(-0.5) +
           z * (P(1.0 / 24) + z * (P(-1.0 / 720) +
                                   z * (P(1.0 / 40320) + z * (P(-1.0 / 3628800) + z * P(1.0 / 479001600))))));
  const auto quadrant = bits_as<std::uint64_t>(shifted);
  const auto odd = (quadrant & Pack<std::uint64_t>(1)) == Pack<std::uint64_t>(1);
  const Mask<double> swapped{hn::RebindMask(hn::ScalableTag<double>(), odd.v)};
  const P c = select(swapped, sine, cosine), s = select(swapped, cosine, sine);
  // cos changes its sign in quadrants 1 and 2, sin in 2 and 3.
  const auto sign = [](Pack<std::uint64_t> bit) HALFULP_INLINE {
    return bits_as<double>(shift_left<62>(bit & Pack<std::uint64_t>(2)));
  };
  return {radius * (c ^ sign(quadrant + Pack<std::uint64_t>(1))), radius * (s ^ sign(quadrant))};
}

}  // namespace halfulp::HALFULP_TARGET
