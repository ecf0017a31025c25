// Conversions and range statistics of arrays: what packing an operand needs.
#include "halfulp/arith/pack/pack.hpp"
#include "halfulp/linalg/target_tables.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

/// body(i, lanes) over packs; the rest, if any, goes through `tail`, one number at a time.
template <std::size_t lanes, class Body, class Tail>
HWY_INLINE void for_packs(std::size_t n, const Body& body, const Tail& tail) {
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) body(i);
  for (; i < n; ++i) tail(i);
}

template <class To, class From>
HWY_INLINE To value_of_bits(From bits) {
  static_assert(sizeof(To) == sizeof(From));
  To value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}
template <class T>
HWY_INLINE T number_at(const std::byte* p) {
  T value;
  __builtin_memcpy(&value, p, sizeof value);
  return value;
}

HWY_INLINE float canonical(float x) { return x == x ? x : __builtin_nanf(""); }
HWY_INLINE Pack<float> canonical(Pack<float> x) { return select(x == x, x, Pack<float>(__builtin_nanf(""))); }

HWY_INLINE float fp16_value(std::uint32_t b) {
  const std::uint32_t sign = (b & 0x8000) << 16, exponent = (b >> 10) & 0x1f, fraction = b & 0x3ff;
  const float subnormal = static_cast<float>(fraction) * 0x1p-24f;
  if (exponent == 0) return value_of_bits<float>(value_of_bits<std::uint32_t>(subnormal) | sign);
  return value_of_bits<float>(sign | (exponent == 31 ? 255u << 23 : (exponent + 112) << 23) | fraction << 13);
}

template <class T>
HWY_INLINE void range_of(const T* in, std::size_t n, BitRange& range) {
  using U = Bits<T>;
  using P = Pack<U>;
  constexpr U infinity = (~U{0} << fraction_bits<T>)&~sign_bit<T>;
  U largest = 0, smallest = ~U{0}, fractions = 0;
  bool finite = true;
  const auto one = [&](std::size_t i) HALFULP_INLINE {
    const U u = value_of_bits<U>(in[i]) & ~sign_bit<T>;
    if (u >= infinity) {
      finite = false;
    } else {
      largest = u > largest ? u : largest;
      smallest = u != 0 && u < smallest ? u : smallest;
      fractions |= u;
    }
  };
  constexpr std::size_t L = P::lanes;
  std::size_t i = 0;
  if constexpr (L > 1) {
    P most(U{0}), least(~U{0} & ~sign_bit<T>), any_bits(U{0});
    for (; i + L <= n; i += L) {
      const P u = bits_as<U>(Pack<T>::load(in + i)) & P(~sign_bit<T>);
      most = max(most, u);
      least = min(least, select(u == P(U{0}), least, u));
      any_bits = any_bits | u;
    }
    alignas(64) U mosts[L], leasts[L], bits[L];
    most.store(mosts);
    least.store(leasts);
    any_bits.store(bits);
    bool plain = true;
    for (std::size_t l = 0; l < L; ++l) plain = plain && mosts[l] < infinity;
    if (!plain) {
      i = 0;  // one by one: infinities and NaN do not count
    } else {
      for (std::size_t l = 0; l < L; ++l) {
        largest = mosts[l] > largest ? mosts[l] : largest;
        smallest = leasts[l] < smallest ? leasts[l] : smallest;
        fractions |= bits[l];
      }
    }
  }
  for (; i < n; ++i) one(i);
  range.largest = largest > range.largest ? largest : range.largest;
  range.smallest = smallest < range.smallest ? smallest : range.smallest;
  range.fractions |= fractions & ((U{1} << fraction_bits<T>)-1);
  range.finite = range.finite && finite;
}

}  // namespace

bool narrow(const double* in, std::size_t n, float* out) {
  constexpr std::size_t L = Pack<double>::lanes;
  const hn::Rebind<float, hn::ScalableTag<double>> half;
  bool fits = true;
  Mask<double> same = Pack<double>(0.0) == Pack<double>(0.0);
  for_packs<L>(
      n,
      [&](std::size_t i) HALFULP_INLINE {
        const auto x = Pack<double>::load(in + i);
        const auto y = hn::DemoteTo(half, x.v);
        const Pack<double> back(hn::PromoteTo(hn::ScalableTag<double>(), y));
        same = same & ((back == x) | (x != x));
        const auto nan = hn::Set(half, __builtin_nanf(""));
        hn::StoreU(hn::IfThenElse(hn::Eq(y, y), y, nan), half, out + i);
      },
      [&](std::size_t i) HALFULP_INLINE {
        out[i] = canonical(static_cast<float>(in[i]));
        fits = fits && (static_cast<double>(out[i]) == in[i] || in[i] != in[i]);
      });
  return fits && all(same);
}

bool widen(const float* before, const float* in, std::size_t n, double* out) {
  const hn::Rebind<float, hn::ScalableTag<double>> half;
  bool odd = false;
  Mask<double> odds = Pack<double>(0.0) != Pack<double>(0.0);
  for_packs<Pack<double>::lanes>(
      n,
      [&](std::size_t i) HALFULP_INLINE {
        const Pack<double> x(hn::PromoteTo(hn::ScalableTag<double>(), hn::LoadU(half, in + i)));
        const Pack<double> s(hn::PromoteTo(hn::ScalableTag<double>(), hn::LoadU(half, before + i)));
        const Pack<double> zero(0.0);
        odds = odds | ((x == zero) & (s != zero)) | (x - x != zero);
        x.store(out + i);
      },
      [&](std::size_t i) HALFULP_INLINE {
        out[i] = in[i];
        odd = odd || (in[i] == 0 && before[i] != 0) || in[i] - in[i] != 0;
      });
  return odd || any(odds);
}

void from_bf16(const std::byte* in, std::size_t n, float* out) {
  const hn::Rebind<std::uint16_t, hn::ScalableTag<std::uint32_t>> half;
  for_packs<Pack<float>::lanes>(
      n,
      [&](std::size_t i) HALFULP_INLINE {
        std::uint16_t bits[Pack<float>::lanes];
        __builtin_memcpy(bits, in + 2 * i, sizeof bits);
        const Pack<std::uint32_t> u(hn::PromoteTo(hn::ScalableTag<std::uint32_t>(), hn::LoadU(half, bits)));
        canonical(bits_as<float>(shift_left<16>(u))).store(out + i);
      },
      [&](std::size_t i) HALFULP_INLINE {
        const std::uint32_t bits = number_at<std::uint16_t>(in + 2 * i);
        out[i] = canonical(value_of_bits<float>(bits << 16));
      });
}

void from_fp16(const std::byte* in, std::size_t n, float* out) {
  std::size_t i = 0;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2  // has the conversion; elsewhere Highway's own need not be exact
  constexpr std::size_t L = Pack<float>::lanes;
  const hn::Rebind<hwy::float16_t, hn::ScalableTag<float>> half;
  for (; i + L <= n; i += L) {
    hwy::float16_t bits[L];
    __builtin_memcpy(bits, in + 2 * i, sizeof bits);
    canonical(Pack<float>(hn::PromoteTo(hn::ScalableTag<float>(), hn::LoadU(half, bits)))).store(out + i);
  }
#endif
  for (; i < n; ++i) out[i] = canonical(fp16_value(number_at<std::uint16_t>(in + 2 * i)));
}

void from_fp32(const std::byte* in, std::size_t n, float* out) {
  for_packs<Pack<float>::lanes>(
      n,
      [&](std::size_t i) HALFULP_INLINE {
        float x[Pack<float>::lanes];
        __builtin_memcpy(x, in + 4 * i, sizeof x);
        canonical(Pack<float>::load(x)).store(out + i);
      },
      [&](std::size_t i) HALFULP_INLINE { out[i] = canonical(number_at<float>(in + 4 * i)); });
}

void range_float(const float* in, std::size_t n, BitRange& range) { range_of(in, n, range); }
void range_double(const double* in, std::size_t n, BitRange& range) { range_of(in, n, range); }

void scale_float(const float* in, std::size_t n, float factor, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = in[i] * factor;
}
void scale_double(const double* in, std::size_t n, double factor, double* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = in[i] * factor;
}
void add_float(float* s, const float* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) s[i] += b[i];
}

}  // namespace halfulp::HALFULP_TARGET
