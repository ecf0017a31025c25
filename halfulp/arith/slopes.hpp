// Binary64 with derivatives in k directions at once:  f(x + eps_1 v_1 + ... + eps_k v_k), eps_p eps_q = 0.
// The values, and what the derivatives share (the slopes of exp, tanh, erf), are computed once for all
// directions.  The rules are those of Dual (dual.hpp); here are the sums and multiples that they ask for.
#pragma once

#include <array>

#include "halfulp/arith/dual.hpp"
#include "halfulp/arith/native.hpp"

namespace halfulp {

/// Derivatives of one number along k directions.
template <std::size_t k>
struct Slopes {
  std::array<double, k> along{};
};

/// Native, and the same operations on slopes.
template <std::size_t k>
struct NativeWithSlopes : Native {
  using Native::add, Native::sub, Native::mul, Native::div, Native::neg, Native::mul_root, Native::div_root;
  using S = Slopes<k>;

  S add(const S& a, const S& b) const {
    return of([&](std::size_t p) { return a.along[p] + b.along[p]; });
  }
  S sub(const S& a, const S& b) const {
    return of([&](std::size_t p) { return a.along[p] - b.along[p]; });
  }
  S mul(double a, const S& b) const {
    return of([&](std::size_t p) { return a * b.along[p]; });
  }
  S mul(const S& a, double b) const { return mul(b, a); }
  S div(const S& a, double b) const {
    return of([&](std::size_t p) { return a.along[p] / b; });
  }
  S neg(const S& a) const {
    return of([&](std::size_t p) { return -a.along[p]; });
  }
  S mul_root(const S& a, double d) const { return mul(Native::mul_root(1, d), a); }
  S div_root(const S& a, double d) const { return div(a, Native::mul_root(1, d)); }

 private:
  template <class F>
  static S of(F f) {
    S y;
    for (std::size_t p = 0; p < k; ++p) y.along[p] = f(p);
    return y;
  }
};

template <std::size_t k>
using NumberAlong = DualNumber<double, Slopes<k>>;

/// The arithmetic: values as Native has them, bit for bit.
template <std::size_t k>
using DualAlong = Dual<NativeWithSlopes<k>, Slopes<k>>;

}  // namespace halfulp
