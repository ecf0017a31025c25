// A pack of numbers, one per lane of a vector register, with the operations of one number.
//
// A thin value type over Google Highway (static dispatch): the file that includes this is compiled once per
// instruction set, with HALFULP_TARGET naming the namespace that everything here lives in, so that code for
// different processors never shares a symbol.  Include it from *_target.cpp only.  Every operation is the
// IEEE 754 one in every lane; fma() is fused or does not exist (has_fma).
#pragma once

#ifndef HALFULP_TARGET
#define HALFULP_TARGET baseline
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

namespace halfulp::HALFULP_TARGET {

namespace hn = hwy::HWY_NAMESPACE;

#if defined(HWY_NATIVE_FMA) && HWY_NATIVE_FMA
inline constexpr bool has_fma = true;
#else
inline constexpr bool has_fma = false;
#endif

template <class T>
struct Mask {
  hn::Mask<hn::ScalableTag<T>> v;
};

template <class T>
struct Pack {
  using Lane = T;
  using Tag = hn::ScalableTag<T>;
  static constexpr std::size_t lanes = hn::MaxLanes(Tag());

  hn::Vec<Tag> v;

  Pack() = default;
  HWY_INLINE explicit Pack(hn::Vec<Tag> vector) : v(vector) {}
  /// The same number in every lane.
  HWY_INLINE Pack(T x) : v(hn::Set(Tag(), x)) {}

  static HWY_INLINE Pack load(const T* p) { return Pack(hn::LoadU(Tag(), p)); }
  HWY_INLINE void store(T* p) const { hn::StoreU(v, Tag(), p); }
  /// p aligned to the size of the pack; the line does not enter the caches.
  HWY_INLINE void stream(T* p) const { hn::Stream(v, Tag(), p); }
};

template <class T>
HWY_INLINE Pack<T> operator+(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::Add(a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> operator-(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::Sub(a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> operator*(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::Mul(a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> operator/(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::Div(a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> operator&(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::And(a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> operator|(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::Or(a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> operator^(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::Xor(a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> sqrt(Pack<T> a) {
  return Pack<T>(hn::Sqrt(a.v));
}
template <class T>
HWY_INLINE Pack<T> abs(Pack<T> a) {
  return Pack<T>(hn::Abs(a.v));
}
template <class T>
HWY_INLINE Pack<T> operator-(Pack<T> a) {
  return Pack<T>(hn::Neg(a.v));
}

/// a b + c, a b - c and c - a b, rounded once; only where has_fma.
template <class T>
requires has_fma HWY_INLINE Pack<T> fma(Pack<T> a, Pack<T> b, Pack<T> c) {
  return Pack<T>(hn::MulAdd(a.v, b.v, c.v));
}
template <class T>
requires has_fma HWY_INLINE Pack<T> fma_minus(Pack<T> a, Pack<T> b, Pack<T> c) {
  return Pack<T>(hn::MulSub(a.v, b.v, c.v));
}
template <class T>
requires has_fma HWY_INLINE Pack<T> negative_fma(Pack<T> a, Pack<T> b, Pack<T> c) {
  return Pack<T>(hn::NegMulAdd(a.v, b.v, c.v));
}

template <int bits, class T>
HWY_INLINE Pack<T> shift_left(Pack<T> a) {
  return Pack<T>(hn::ShiftLeft<bits>(a.v));
}
template <int bits, class T>
HWY_INLINE Pack<T> shift_right(Pack<T> a) {
  return Pack<T>(hn::ShiftRight<bits>(a.v));
}
/// Every lane by the same number of bits, known at run time.
template <class T>
HWY_INLINE Pack<T> shift_left(Pack<T> a, int bits) {
  return Pack<T>(hn::ShiftLeftSame(a.v, bits));
}
template <class T>
HWY_INLINE Pack<T> shift_right(Pack<T> a, int bits) {
  return Pack<T>(hn::ShiftRightSame(a.v, bits));
}

template <class T>
HWY_INLINE Mask<T> operator<(Pack<T> a, Pack<T> b) {
  return {hn::Lt(a.v, b.v)};
}
template <class T>
HWY_INLINE Mask<T> operator<=(Pack<T> a, Pack<T> b) {
  return {hn::Le(a.v, b.v)};
}
template <class T>
HWY_INLINE Mask<T> operator>(Pack<T> a, Pack<T> b) {
  return {hn::Gt(a.v, b.v)};
}
template <class T>
HWY_INLINE Mask<T> operator==(Pack<T> a, Pack<T> b) {
  return {hn::Eq(a.v, b.v)};
}
/// True where either is NaN, as of numbers (Highway's Ne is not, on x86).
template <class T>
HWY_INLINE Mask<T> operator!=(Pack<T> a, Pack<T> b) {
  return {hn::Not(hn::Eq(a.v, b.v))};
}
template <class T>
HWY_INLINE Mask<T> operator&(Mask<T> a, Mask<T> b) {
  return {hn::And(a.v, b.v)};
}
template <class T>
HWY_INLINE Mask<T> operator|(Mask<T> a, Mask<T> b) {
  return {hn::Or(a.v, b.v)};
}
template <class T>
HWY_INLINE Mask<T> operator!(Mask<T> a) {
  return {hn::Not(a.v)};
}
template <class T>
HWY_INLINE bool all(Mask<T> m) {
  return hn::AllTrue(hn::ScalableTag<T>(), m.v);
}
template <class T>
HWY_INLINE bool any(Mask<T> m) {
  return !hn::AllFalse(hn::ScalableTag<T>(), m.v);
}
template <class T>
HWY_INLINE Pack<T> select(Mask<T> which, Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::IfThenElse(which.v, a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> max(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::Max(a.v, b.v));
}
template <class T>
HWY_INLINE Pack<T> min(Pack<T> a, Pack<T> b) {
  return Pack<T>(hn::Min(a.v, b.v));
}

/// The bits of every lane as another type of the same size.
template <class To, class T>
HWY_INLINE Pack<To> bits_as(Pack<T> a) {
  static_assert(sizeof(To) == sizeof(T));
  return Pack<To>(hn::BitCast(hn::ScalableTag<To>(), a.v));
}

template <class T>
struct UnsignedOf;
template <>
struct UnsignedOf<float> {
  using type = std::uint32_t;
};
template <>
struct UnsignedOf<double> {
  using type = std::uint64_t;
};
/// The unsigned integer as wide as T.
template <class T>
using Bits = typename UnsignedOf<T>::type;

template <class T>
inline constexpr Bits<T> sign_bit = Bits<T>{1} << (8 * sizeof(T) - 1);
template <class T>
inline constexpr int fraction_bits = sizeof(T) == 4 ? 23 : 52;

template <class T>
HWY_INLINE Pack<T> with_bits_of(Pack<T> a, Bits<T> mask) {
  return bits_as<T>(bits_as<Bits<T>>(a) & Pack<Bits<T>>(mask));
}
/// +-2^e with 2^e <= |a| < 2^(e+1) and the sign of a; +-0 for zeros and subnormals, +-infinity for NaN.
template <class T>
HWY_INLINE Pack<T> binade(Pack<T> a) {
  return with_bits_of(a, static_cast<Bits<T>>(~Bits<T>{0} << fraction_bits<T>));
}

/// max(|a|, b) and min(|a|, b) with the sign of a, for b > 0; unspecified where a is NaN.
template <class T>
HWY_INLINE Pack<T> at_least(Pack<T> a, Pack<T> b) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (sizeof(T) == 4)
    return Pack<T>(decltype(a.v){_mm512_range_ps(a.v.raw, b.v.raw, 3)});
  else
    return Pack<T>(decltype(a.v){_mm512_range_pd(a.v.raw, b.v.raw, 3)});
#else
  return max(abs(a), b) | with_bits_of(a, sign_bit<T>);
#endif
}
template <class T>
HWY_INLINE Pack<T> at_most(Pack<T> a, Pack<T> b) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (sizeof(T) == 4)
    return Pack<T>(decltype(a.v){_mm512_range_ps(a.v.raw, b.v.raw, 2)});
  else
    return Pack<T>(decltype(a.v){_mm512_range_pd(a.v.raw, b.v.raw, 2)});
#else
  return min(abs(a), b) | with_bits_of(a, sign_bit<T>);
#endif
}

/// max(|a|, b) for b >= 0; unspecified where a or b is NaN.
template <class T>
HWY_INLINE Pack<T> larger_magnitude(Pack<T> a, Pack<T> b) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (sizeof(T) == 4)
    return Pack<T>(decltype(a.v){_mm512_range_ps(a.v.raw, b.v.raw, 11)});
  else
    return Pack<T>(decltype(a.v){_mm512_range_pd(a.v.raw, b.v.raw, 11)});
#else
  return max(abs(a), b);
#endif
}

template <std::size_t i>
struct Index {
  static constexpr std::size_t value = i;
};

/// On a lambda of a kernel: part of its caller, whatever the compiler thinks of the size.
#define HALFULP_INLINE __attribute__((always_inline))

/// body(Index<0>), body(Index<1>), ... body(Index<count - 1>), unrolled.
template <std::size_t count, std::size_t first = 0, class Body>
HWY_INLINE void unroll(const Body& body) {
  if constexpr (first < count) {
    body(Index<first>{});
    unroll<count, first + 1>(body);
  }
}

}  // namespace halfulp::HALFULP_TARGET
