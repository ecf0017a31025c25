// Non-negative numbers whose operations never round down: bounds are computed in them, so that a bound is
// never too small by our own rounding.  +inf is a legal bound and means "no statement".
//
// Each operation takes the nearest binary64 result to a neighbour above it: relative excess at most 2^-51 an
// operation, beside 2^-1074.  Conventions of relative errors, written once: 0 inf = 0, 0/0 = 0, x/0 = inf
// (arXiv:2503.10251, section 3.1).
#pragma once

#include <cmath>
#include <limits>

#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {

/// A binary64 number above x >= 0 (x itself where x is inf); NaN gives inf.
inline double next_above(double x) {
  const double above = x * (1 + 0x1p-52) + 0x1p-1074;
  return above == above ? above : std::numeric_limits<double>::infinity();
}
/// A binary64 number below x >= 0, but not below 0.
inline double next_below(double x) {
  if (x > std::numeric_limits<double>::max()) return std::numeric_limits<double>::max();
  const double below = x * (1 - 0x1p-52) - 0x1p-1074;
  return below > 0 ? below : 0;
}

class Upper {
 public:
  constexpr Upper() = default;
  /// x itself; inf where x is NaN or negative: what is no bound makes no statement.
  constexpr Upper(double x) : x_(x >= 0 ? x : std::numeric_limits<double>::infinity()) {}

  constexpr double value() const { return x_; }
  static constexpr Upper no_statement() { return std::numeric_limits<double>::infinity(); }

  friend Upper operator+(Upper a, Upper b) {
    if (a.x_ == 0) return b;
    if (b.x_ == 0) return a;
    return next_above(a.x_ + b.x_);
  }
  friend Upper operator*(Upper a, Upper b) {
    if (a.x_ == 0 || b.x_ == 0) return {};
    return next_above(a.x_ * b.x_);
  }
  /// a / b, b a lower bound of the divisor: 0/0 = 0, x/0 = inf.
  friend Upper operator/(Upper a, double b) {
    if (a.x_ == 0) return {};
    if (!(b > 0)) return no_statement();
    return next_above(a.x_ / b);
  }
  Upper& operator+=(Upper b) { return *this = *this + b; }
  Upper& operator*=(Upper b) { return *this = *this * b; }
  friend bool operator<(Upper a, Upper b) { return a.x_ < b.x_; }
  friend bool operator<=(Upper a, Upper b) { return a.x_ <= b.x_; }
  friend bool operator==(Upper a, Upper b) { return a.x_ == b.x_; }
  friend Upper max(Upper a, Upper b) { return a.x_ < b.x_ ? b : a; }
  friend Upper min(Upper a, Upper b) { return a.x_ < b.x_ ? a : b; }
  friend Upper sqrt(Upper a) { return a.x_ == 0 ? Upper{} : Upper(next_above(std::sqrt(a.x_))); }
  /// exp is within 0.501 ulp: two neighbours up.
  friend Upper exp(Upper a) {
    return a.x_ == 0 ? Upper(1) : Upper(next_above(next_above(halfulp::exp(a.x_))));
  }
  /// e^a - 1, accurate for small a.
  friend Upper expm1(Upper a) {
    if (a.x_ == 0) return {};
    return next_above(next_above(halfulp::expm1(DoubleDouble{a.x_}).hi));
  }

 private:
  double x_ = 0;
};

}  // namespace halfulp
