// Packs of binary64 rounded to p <= 15 significant decimal digits: the steps of round_to_digits(), lane for
// lane; lanes whose 10^|s| is beyond 10^22 are handed to it.
#pragma once

#include "halfulp/arith/pack/pack.hpp"
#include "halfulp/arith/rounding_constants.hpp"

namespace halfulp {
double round_to_digits(double x, int digits);  // as in round.hpp, which a target does not include
}

namespace halfulp::HALFULP_TARGET {

alignas(64) inline constexpr double powers_of_ten[24] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 0};

#if defined(HWY_NATIVE_FMA) && HWY_NATIVE_FMA  // the rests of products and quotients need it

struct Digits {
  using Lane = double;
  using P = Pack<double>;

  HWY_INLINE explicit Digits(const RoundingConstants<double>& c)
      : digits(c.digits), most(static_cast<double>(c.digits - 1)), top(powers_of_ten[c.digits]) {}

  HWY_INLINE P operator()(P x) const {
    const P size = abs(x);
    const auto biased = shift_right<52>(bits_as<std::uint64_t>(size)) | bits_as<std::uint64_t>(P(0x1p52));
    const P e = bits_as<double>(biased) - P(0x1p52 + 1023);
    const P s =
        most - P(hn::Floor((e * P(0.30102999566398120)).v));  // digits - 1 - k, k as in round_to_digits
    const auto usual = (s <= P(22.0)) & (P(-21.0) <= s) & (P(-1022.0) <= e);
    const P safe_x = select(usual, x, P(1.0)), safe_s = select(usual, s, most);
    P y = HWY_LIKELY(all(P(1.0) <= safe_s)) ? rounded<false>(safe_x, safe_s) : rounded<true>(safe_x, safe_s);
    const auto is_zero = x == P(0.0);
    y = select(is_zero, x, y);
    if (HWY_UNLIKELY(!all(usual | is_zero))) {
      alignas(64) double from[P::lanes], to[P::lanes], done[P::lanes];
      x.store(from);
      y.store(to);
      select(usual | is_zero, P(1.0), P(0.0)).store(done);
      for (std::size_t l = 0; l < P::lanes; ++l)
        if (done[l] == 0) to[l] = round_to_digits(from[l], digits);
      y = P::load(to);
    }
    return y;
  }

  /// 10^s for an integer s = 0 .. 22.
  static HWY_INLINE P power(P s) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
    const __m512i index = _mm512_castpd_si512((s + P(0x1p52)).v.raw);  // the low bits
    const double* const t = powers_of_ten;
    const __m512d low = _mm512_permutex2var_pd(_mm512_load_pd(t), index, _mm512_load_pd(t + 8));
    const __m512d high = _mm512_permutexvar_pd(index, _mm512_load_pd(t + 16));
    return P(decltype(s.v){
        _mm512_mask_blend_pd(_mm512_cmp_pd_mask(s.v.raw, P(16.0).v.raw, _CMP_GE_OQ), low, high)});
#else
    const auto index = bits_as<std::int64_t>(s + P(0x1p52)) & Pack<std::int64_t>(31);
    return P(hn::GatherIndex(hn::ScalableTag<double>(), powers_of_ten, index.v));
#endif
  }

  struct Scaled {
    P y, rest;  // x 10^s = y + rest
    P up, down;
  };
  /// either: s may be negative in some lanes; else it is not.
  template <bool either>
  static HWY_INLINE Scaled scaled(P x, P s) {
    const P zero(0.0);
    Scaled r;
    if constexpr (either) {
      r.up = power(max(s, zero));
      r.down = power(max(zero - s, zero));
      r.y = x * r.up / r.down;  // one of the powers is 1
      r.rest = select(s < zero, negative_fma(r.y, r.down, x), fma_minus(x, r.up, r.y));
    } else {
      r.up = r.down = power(s);
      r.y = x * r.up;
      r.rest = fma_minus(x, r.up, r.y);
    }
    return r;
  }

  template <bool either>
  HWY_INLINE P rounded(P x, P s) const {
    const P zero(0.0);
    const Scaled first = scaled<either>(x, s);
    const P outward = first.rest ^ with_bits_of(x, sign_bit<double>);  // negative: |y + rest| < |y|
    const P size = abs(first.y);
    const auto below_top = (size < top) | ((size == top) & (outward < zero));
    const Scaled second = scaled<either>(x, s - P(1.0));
    const P y = select(below_top, first.y, second.y), rest = select(below_top, first.rest, second.rest);
    const P n(hn::Round(y.v)), part = y - n;  // exact, at most 1/2
    const auto broken_tie = (abs(part) == P(0.5)) & (rest != zero);
    const P integer = select(broken_tie, y + select(zero < rest, P(0.5), P(-0.5)), n);
    const P up = select(below_top, first.up, second.up);
    if constexpr (either)
      return integer / up * select(below_top, first.down, second.down);
    else
      return integer / up;
  }

  int digits;
  P most, top;
};

#endif

}  // namespace halfulp::HALFULP_TARGET
