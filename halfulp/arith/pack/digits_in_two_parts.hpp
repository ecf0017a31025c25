// Decimal rounding on packs where 10^|s| is no binary64 number: the steps of by_two_parts() in
// round_digits.cpp, where the bounds are.
#pragma once

#include "halfulp/arith/pack/pack.hpp"
#include "halfulp/arith/powers_of_ten.hpp"

namespace halfulp::HALFULP_TARGET {

#if defined(HWY_NATIVE_FMA) && HWY_NATIVE_FMA

/// G: the last place of its binade is 1, and its low bits are 0, so that the low bits of G + s are those of
/// s.
inline constexpr double grid = 0x1.8p52;

/// table[index] in every lane.
HWY_INLINE Pack<double> looked_up(const double* table, Pack<std::uint64_t> index) {
#if HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2
  alignas(32) std::uint64_t i[4];  // single loads take a third of the time of a gather
  index.store(i);
  return Pack<double>(
      hn::Vec<Pack<double>::Tag>{_mm256_set_pd(table[i[3]], table[i[2]], table[i[1]], table[i[0]])});
#else
  return Pack<double>(hn::GatherIndex(Pack<double>::Tag(), table, bits_as<std::int64_t>(index).v));
#endif
}

struct Decided {
  Pack<double> value;
  Mask<double> decided;  // elsewhere the value is too close to call
};

/// x > 0 rounded, x and the result normal;  s is G + s with top / 10 <= x 10^s < 10 top, top = 10^p, p <= 15.
HWY_INLINE Decided in_two_parts(Pack<double> x, Pack<double> s, Pack<double> top) {
  using P = Pack<double>;
  using U = Pack<std::uint64_t>;
  const P g(grid);
  const auto entry = [&](const double* table, P e) HALFULP_INLINE {
    return looked_up(table, bits_as<std::uint64_t>(e) - bits_as<std::uint64_t>(g) + U(PowersOfTen::largest));
  };
  // floor(e log2 10) 2^52, to nearest after 0.4996 is taken off: for |e| <= 340 no fraction is above 0.9985.
  const auto exponent_field = [&](P e) HALFULP_INLINE {
    return shift_left<52>(bits_as<std::uint64_t>(fma(e - g - P(0.1504), P(3.3219280948873623), g)));
  };
  const auto& table = powers_of_ten_in_two;
  P y = bits_as<double>(bits_as<std::uint64_t>(x) + exponent_field(s)) * entry(table.high, s);
  const auto too_large = top <= y;
  y = select(too_large, y * P(0.1), y);
  const P back = P(2 * grid) - select(too_large, s - P(1.0), s);  // G - s
  const U t = exponent_field(back);
  const P h = entry(table.high, back), l = entry(table.low, back);

  P n = (y + g) - g;
  const P rest = negative_fma(n, l, negative_fma(n, h, bits_as<double>(bits_as<std::uint64_t>(x) - t)));
  const P beyond = abs(rest) - h * P(0.5);
  // Ties are exact, as the power is where there are any (l = 0), and half a step then goes to the even
  // number.
  const P step = select(P(0.0) < beyond, P(1.0), select(beyond == P(0.0), P(0.5), P(0.0)));
  n = ((n + (step | with_bits_of(rest, sign_bit<double>))) + g) - g;

  const P product = n * h;
  const P low = fma(n, l, fma_minus(n, h, product)), margin = product * P(0x1p-102);
  const P rounded = product + (low + margin);
  const auto decided = ((P(0x1p-50) <= abs(beyond)) | (l == P(0.0))) & (rounded == product + (low - margin));
  return {bits_as<double>(bits_as<std::uint64_t>(rounded) + t), decided};
}

#endif

}  // namespace halfulp::HALFULP_TARGET
