// Running error analysis: a binary64 value and, beside it, a bound on its distance from the exact result.
//
// Each operation returns x, the same bits as Native, and e with |x - exact| <= e, where exact is the result
// of the exact operations on the exact inputs.  From the computed result: |fl(z) - z| <= u |fl(z)|, u =
// 2^-53. The bounds are sums and products of non-negative numbers in binary64, at most 16 operations each, so
// one factor 1 + 2^-48 covers their own rounding and 2^-1060 every underflow. Source: Wilkinson 1963; Higham,
// Accuracy and Stability, section 3.3; docs/theory.md, 5.
#pragma once

#include <cmath>
#include <limits>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/summation.hpp"

namespace halfulp {

/// The exact number lies in [x - e, x + e].  e = inf is a legal bound: no statement.
struct Bounded {
  double x = 0;
  double e = 0;
};

struct RunningError {
  using Value = Bounded;

  Summation summation() const { return {Order::recursive, 0, true}; }
  Bounded lift(double x) const { return {x, 0}; }
  Bounded lift(DoubleDouble x) const { return {x.hi, up(std::fabs(x.lo) + 0x1p-84 * std::fabs(x.hi))}; }
  Bounded exactly(double x) const { return {x, 0}; }
  Bounded load(Bounded a) const { return a; }
  Bounded store(Bounded a) const { return a; }

  Bounded add(Bounded a, Bounded b) const { return rounded(a.x + b.x, a.e + b.e); }
  Bounded sub(Bounded a, Bounded b) const { return rounded(a.x - b.x, a.e + b.e); }
  Bounded mul(Bounded a, Bounded b) const { return rounded(a.x * b.x, product(a, b)); }
  Bounded fma(Bounded a, Bounded b, Bounded c) const {
    return rounded(std::fma(a.x, b.x, c.x), product(a, b) + c.e);
  }
  /// |a/b - x| <= (e_a + |x| e_b) / (|b| - e_b), x exact; infinite when b may be zero.  A quotient that
  /// underflows differs from x by 2^-1075; e_b is divided first, because e_b |x| may underflow.
  Bounded div(Bounded a, Bounded b) const {
    const double x = a.x / b.x;
    const double least = (std::fabs(b.x) - b.e) * (1 - 0x1p-50);  // rounded, so shrunk
    return rounded(x, least > 0 ? a.e / least + (std::fabs(x) + 0x1p-1074) * (b.e / least) : infinite());
  }
  /// |sqrt(x) - sqrt(exact)| <= e / (sqrt(x) + sqrt(max(x - e, 0))).
  Bounded sqrt(Bounded a) const {
    const double x = std::sqrt(a.x), least = a.x - a.e;
    if (a.e == 0) return rounded(x, 0);
    return rounded(x, least >= 0 ? a.e / (x * (1 - 0x1p-50)) : std::sqrt(a.e) * (1 + 0x1p-50));
  }
  Bounded mul_root(Bounded a, double d) const { return rounded(a.x * std::sqrt(d), a.e * std::sqrt(d), 2); }
  Bounded div_root(Bounded a, double d) const { return rounded(a.x / std::sqrt(d), a.e / std::sqrt(d), 2); }
  Bounded exp(Bounded a) const { return exponential(halfulp::exp(a.x), a.e); }
  /// From x = exp(a):  exp(a + e) - exp(a) = exp(a) (exp(e) - 1) <= exp(a) e (1 + e) for e <= 1.
  static Bounded exponential(double x, double e) {
    return rounded(x, e <= 1 ? x * e * (1 + e) : infinite(), 2);
  }
  /// |tanh'| <= 1, |erf'| <= 2/sqrt(pi) < 1.1284, |sin'|, |cos'| <= 1.
  Bounded tanh(Bounded a) const { return rounded(halfulp::tanh(a.x), a.e, 2); }
  Bounded erf(Bounded a) const { return rounded(halfulp::erf(a.x), 1.1284 * a.e, 2); }
  Bounded sin(Bounded a) const { return rounded(halfulp::sin(a.x), a.e, 2); }
  Bounded cos(Bounded a) const { return rounded(halfulp::cos(a.x), a.e, 2); }
  Bounded neg(Bounded a) const { return {-a.x, a.e}; }
  /// |max(a, b) - max(a', b')| <= max(|a - a'|, |b - b'|).
  Bounded max(Bounded a, Bounded b) const { return {a.x < b.x ? b.x : a.x, a.e < b.e ? b.e : a.e}; }

  /// A sum of at most 16 non-negative numbers enlarged beyond its own rounding errors; NaN becomes "no
  /// statement".
  static double up(double e) { return e >= 0 ? e * (1 + 0x1p-48) + 0x1p-1060 : infinite(); }

 private:
  static double infinite() { return std::numeric_limits<double>::infinity(); }
  static double product(Bounded a, Bounded b) {
    return std::fabs(a.x) * b.e + std::fabs(b.x) * a.e + a.e * b.e;
  }
  /// A result whose operation errs by at most `half_ulps` u |x|, beside what came in.
  static Bounded rounded(double x, double e, double half_ulps = 1) {
    return {x, up(e + half_ulps * 0x1p-53 * std::fabs(x))};
  }
};

}  // namespace halfulp
