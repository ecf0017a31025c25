// Packs of binary64 rounded to p <= 15 significant decimal digits; the scalar twin is round_to_digits().
//
// n = RN(x 10^s) with s such that n has p digits, then n / 10^s.  For 0 <= s <= 21 the power is exact, and
// each step is one rounding:
//   n = RN(x 10^s + G) - G,  G = 1.5 2^52: the fused sum has its last place at 1, the difference is exact.
//   n / 10^s = RN(q + r (n - q 10^s)),  r near 10^-s, q = RN(n r), both sums fused (Markstein 1990).
//     r is RN(10^-s), wrong by at most 2^-53 of itself, so q by at most 2 places and its rest is exact (a
//     multiple of 2^s half places, and 4 5^21 < 2^51): what is rounded last differs from n / 10^s by at most
//     2^-52 places.  A midpoint m is farther away: n - m 10^s is a multiple of 2^s half places, and not 0 (no
//     finite quotient of n < 2^53 has 54 bits), so |n / 10^s - m| >= 5^-21 / 2 > 2^-49.8 places.
// Registers of AVX-512 hold 16 of the powers: s = lowest .. lowest + 15, x = 10^-10 .. 10^6 for 6 to 12
// digits. For other s see digits_in_two_parts.hpp; what that leaves undecided goes to round_to_digits().
#pragma once

#include "halfulp/arith/pack/digits_in_two_parts.hpp"
#include "halfulp/arith/rounding_constants.hpp"

namespace halfulp {
double round_to_digits(double x, int digits);  // as in round.hpp, which a target does not include
}

namespace halfulp::HALFULP_TARGET {

alignas(64) inline constexpr double powers_of_ten[32] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
alignas(64) inline constexpr double inverse_powers_of_ten[32] = {
    1e0,   1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,  1e-7,  1e-8,  1e-9,  1e-10, 1e-11,
    1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17, 1e-18, 1e-19, 1e-20, 1e-21, 1e-22};
inline constexpr double descending_powers_of_ten[24] = {1e9,  1e8,  1e7,  1e6,   1e5,   1e4,   1e3,   1e2,
                                                        1e1,  1e0,  1e-1, 1e-2,  1e-3,  1e-4,  1e-5,  1e-6,
                                                        1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14};

#if defined(HWY_NATIVE_FMA) && HWY_NATIVE_FMA

struct Digits {
  using Lane = double;
  using P = Pack<double>;

  int digits;

  HWY_INLINE explicit Digits(const RoundingConstants<double>& c) : Digits(c.digits) {}

  HWY_INLINE P operator()(P x) const {
    P z[1] = {x};
    together(z);
    return z[0];
  }

  /// Every z rounded, step by step side by side: a step waits for the one before it, not for its neighbours.
  template <std::size_t count>
  HWY_INLINE void together(P (&z)[count]) const {
    Scale scale[count];
    P y[count];
    unroll<count>([&](auto i) HALFULP_INLINE { scale[i.value] = scale_of(z[i.value]); });
    unroll<count>([&](auto i) HALFULP_INLINE {
      constexpr std::size_t e = decltype(i)::value;
      const P n = fma(z[e], scale[e].power, P(grid)) - P(grid);
      y[e] = quotient(n, scale[e]);
    });
    if (HWY_LIKELY(all_usual(scale))) {
      unroll<count>([&](auto i) HALFULP_INLINE { z[i.value] = y[i.value]; });
      return;
    }
    unroll<count>([&](auto i) HALFULP_INLINE {
      constexpr std::size_t e = decltype(i)::value;
      const auto own = is_usual(scale[e].s), settled = own | (z[e] == P(0.0));
      y[e] = select(own, y[e], z[e]);
      z[e] = all(settled) ? y[e] : others(digits, z[e], y[e], settled);
    });
  }

 private:
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  static constexpr int lowest_of(int p) { return p < 6 ? 0 : p < 12 ? p - 6 : 6; }

  HWY_INLINE explicit Digits(int p)
      : digits(p),
        most(grid + (p - 1 - lowest_of(p))),
        limits(descending_powers_of_ten + (9 - (p - lowest_of(p)))),
        powers(powers_of_ten + lowest_of(p)),
        inverses(inverse_powers_of_ten + lowest_of(p)) {}

  /// G + s - lowest, 10^s and 10^-s rounded; anything where s is not lowest .. lowest + 15.
  struct Scale {
    P s, power, inverse;
  };

  /// 10^(p-1) <= |x| 10^s < 10^p.  Next to 10^(p-s) the limit may be wrong by its own rounding: then either s
  /// gives 10^(p-s).  Zeros come out as +0, from s = infinity, whose low bits are those of G.
  HWY_INLINE Scale scale_of(P x) const {
    const P first = upper_shift_of(x);
    const auto too_large = permuted(limits, first) <= abs(x);
    const P s = select(too_large, first - P(1.0), first);
    return {s, permuted(powers, s), permuted(inverses, s)};
  }

  /// G + s - lowest with 10^(p-1) <= |x| 10^s < 10^(p+1), for normal x:  s = p - 1 - k, k = floor(e log10 2),
  /// |x| >= 2^e, or one less.
  HWY_INLINE P upper_shift_of(P x) const {
    const P log10_of_2(0.30102999566398120);
    const __m512d e = _mm512_maskz_getexp_pd(0xff, x.v.raw);  // GCC 12 warns of the plain one
    return P(decltype(x.v){
        _mm512_fnmadd_round_pd(e, log10_of_2.v.raw, most.v.raw, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)});
  }

  /// Lanes with s = lowest .. lowest + 15, zeros and, for all that matters, NaN: the bits of G + 0 .. 15 and
  /// of +infinity are 0 here.  Other finite x have |s| < 2^10, and infinite ones s = -infinity.
  static HWY_INLINE Mask<double> is_usual(P s) {
    return {hn::Mask<P::Tag>{_mm512_testn_epi64_mask(_mm512_castpd_si512(s.v.raw),
                                                     _mm512_set1_epi64(static_cast<std::int64_t>(outside)))}};
  }
  template <std::size_t count>
  static HWY_INLINE bool all_usual(const Scale (&scale)[count]) {
    static_assert(count % 2 == 1);
    P bits = scale[0].s;
    unroll<(count - 1) / 2>([&](auto i) HALFULP_INLINE {
      bits = P(hn::Or3(bits.v, scale[2 * i.value + 1].s.v, scale[2 * i.value + 2].s.v));
    });
    return all(is_usual(bits));
  }
  static constexpr std::uint64_t outside = sign_bit<double> | 0x0007fffffffffff0u;

  /// 16 numbers, of which the low bits of s choose.
  struct Sixteen {
    P low, high;
    HWY_INLINE explicit Sixteen(const double* table) : low(P::load(table)), high(P::load(table + 8)) {}
  };
  static HWY_INLINE P permuted(const Sixteen& table, P s) {
    return P(decltype(s.v){
        _mm512_permutex2var_pd(table.low.v.raw, _mm512_castpd_si512(s.v.raw), table.high.v.raw)});
  }

  /// n / 10^s, rounded once.
  static HWY_INLINE P quotient(P n, const Scale& scale) {
    const P q = n * scale.inverse;
    return fma(negative_fma(q, scale.power, n), scale.inverse, q);
  }

  HWY_INLINE P shift_of(P x) const { return upper_shift_of(x) + P(static_cast<double>(lowest_of(digits))); }
#else
  HWY_INLINE explicit Digits(int p) : digits(p), most(grid + (p - 1)), top(powers_of_ten[p]) {}

  /// G + s and 10^s; anything where s is not 0 .. 23.
  struct Scale {
    P s, power;
  };

  HWY_INLINE Scale scale_of(P x) const {
    const P s = shift_of(x);
    const P power = looked_up(powers_of_ten, bits_as<std::uint64_t>(s) & Pack<std::uint64_t>(31));
    const auto too_large = top <= abs(x * power);  // next to top, both choices give 10^p / 10^s
    return {select(too_large, s - P(1.0), s), select(too_large, power * P(0.1), power)};  // exact
  }

  /// G + s with 10^(p-1) <= |x| 10^s < 10^(p+1), for normal x.
  HWY_INLINE P shift_of(P x) const {
    const P log10_of_2(0.30102999566398120);
    const auto biased = shift_right<52>(bits_as<std::uint64_t>(abs(x))) | bits_as<std::uint64_t>(P(0x1p52));
    // To nearest, from 2^(e-2):  k <= e log10 2 - 0.602 + 0.5  and  k >= e log10 2 - 1.102, which is enough.
    return negative_fma(bits_as<double>(biased) - P(0x1p52 + 1025), log10_of_2, most);
  }

  /// 0 <= s <= 21, of G + s.
  static HWY_INLINE Mask<double> is_usual(P s) { return (P(grid) <= s) & (s <= P(grid + 21)); }
  template <std::size_t count>
  static HWY_INLINE bool all_usual(const Scale (&scale)[count]) {
    auto usual = is_usual(scale[0].s);
    unroll<count - 1>([&](auto i) HALFULP_INLINE { usual = usual & is_usual(scale[i.value + 1].s); });
    return all(usual);
  }

  /// n / 10^s, rounded once.  No dearer than looking up the inverse.
  static HWY_INLINE P quotient(P n, const Scale& scale) { return n / scale.power; }
#endif

  /// The pack with the lanes that are not settled made right.  Not inlined, nor a member with *this in
  /// memory: kernels keep their constants in registers.
  static HWY_NOINLINE P others(int digits, P x, P y, Mask<double> settled) {
    const Digits own(digits);
    const P size = abs(x);
    const auto is_normal = (P(0x1p-1018) <= size) & (size < P(0x1p1019));  // and the result, too
    const P safe = select(is_normal, size, P(1.0));
    const auto [magnitude, decided] = in_two_parts(safe, own.shift_of(safe), P(powers_of_ten[digits]));
    y = select(settled, y, magnitude | with_bits_of(x, sign_bit<double>));
    settled = settled | (is_normal & decided);
    if (all(settled)) return y;
    alignas(64) double from[P::lanes], to[P::lanes], done[P::lanes];
    x.store(from);
    y.store(to);
    select(settled, P(1.0), P(0.0)).store(done);
    for (std::size_t l = 0; l < P::lanes; ++l)
      if (done[l] == 0) to[l] = round_to_digits(from[l], digits);
    return P::load(to);
  }

  /// RN(0.1) is wrong by 2^-54 of itself: less than half a place of the product.
  static_assert([] {
    for (int s = 1; s <= 22; ++s)
      if (powers_of_ten[s] * 0.1 != powers_of_ten[s - 1]) return false;
    return true;
  }());

  P most;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  Sixteen limits, powers, inverses;
#else
  P top;
#endif
};

#endif

}  // namespace halfulp::HALFULP_TARGET
