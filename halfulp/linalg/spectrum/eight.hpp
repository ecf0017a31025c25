// Eight numbers in the registers that a target has: sums along a row have the same order, and the same bits,
// with registers of one lane and of eight.  Include from *_target.cpp only.
#pragma once

#include "halfulp/arith/pack/pack.hpp"

namespace halfulp::HALFULP_TARGET {

/// a b + c, rounded once, with or without the instruction.
template <class T>
HWY_INLINE Pack<T> fused(Pack<T> a, Pack<T> b, Pack<T> c) {
  if constexpr (has_fma) {
    return fma(a, b, c);
  } else {
    constexpr std::size_t lanes = Pack<T>::lanes;
    T x[lanes], y[lanes], z[lanes];
    a.store(x);
    b.store(y);
    c.store(z);
    for (std::size_t l = 0; l < lanes; ++l) z[l] = __builtin_fma(x[l], y[l], z[l]);
    return Pack<T>::load(z);
  }
}

struct Eight {
  using P = Pack<double>;
  static constexpr std::size_t parts = 8 / P::lanes;
  static_assert(8 % P::lanes == 0);

  P v[parts];

  Eight() = default;
  HWY_INLINE Eight(double x) {
    for (std::size_t p = 0; p < parts; ++p) v[p] = P(x);
  }
  static HWY_INLINE Eight load(const double* from) {
    Eight a;
    for (std::size_t p = 0; p < parts; ++p) a.v[p] = P::load(from + p * P::lanes);
    return a;
  }
  HWY_INLINE void store(double* to) const {
    for (std::size_t p = 0; p < parts; ++p) v[p].store(to + p * P::lanes);
  }
};

HWY_INLINE Eight operator+(Eight a, Eight b) {
  for (std::size_t p = 0; p < Eight::parts; ++p) a.v[p] = a.v[p] + b.v[p];
  return a;
}
HWY_INLINE Eight operator*(Eight a, Eight b) {
  for (std::size_t p = 0; p < Eight::parts; ++p) a.v[p] = a.v[p] * b.v[p];
  return a;
}
HWY_INLINE Eight operator/(Eight a, Eight b) {
  for (std::size_t p = 0; p < Eight::parts; ++p) a.v[p] = a.v[p] / b.v[p];
  return a;
}
HWY_INLINE Eight abs(Eight a) {
  for (std::size_t p = 0; p < Eight::parts; ++p) a.v[p] = abs(a.v[p]);
  return a;
}
/// a b + c, rounded once.
HWY_INLINE Eight fused(Eight a, Eight b, Eight c) {
  for (std::size_t p = 0; p < Eight::parts; ++p) c.v[p] = fused(a.v[p], b.v[p], c.v[p]);
  return c;
}
/// By halves: ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)).
HWY_INLINE double sum(Eight a) {
  double x[8];
  a.store(x);
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

}  // namespace halfulp::HALFULP_TARGET
