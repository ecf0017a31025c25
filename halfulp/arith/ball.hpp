// Balls:  a midpoint in double-double and a radius that only rounds up; the exact number lies within.
//
// Whatever a computation in balls returns, the same computation in exact arithmetic on the exact numbers lies
// within the ball returned.  Radii grow by what an operation loses (double_double.hpp, elementary.hpp; the
// error terms themselves for sums, so that exact sums and products of short numbers keep the radius 0) and by
// what came in.  A radius of +inf makes no statement; an infinite midpoint with radius 0 is the exact value
// +-inf (x/0 = inf of the paper).  Below 2^-900 an absolute radius covers what double-double loses there.
#pragma once

#include <optional>

#include "halfulp/arith/double_double.hpp"
#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/summation.hpp"
#include "halfulp/arith/upper.hpp"

namespace halfulp {

struct Ball {
  DoubleDouble mid;
  double rad = 0;

  Ball() = default;
  /// x itself; NaN is no number: nothing is known.
  Ball(double x) : mid{x == x ? x : 0.0, 0}, rad(x == x ? 0.0 : std::numeric_limits<double>::infinity()) {}
  Ball(DoubleDouble x, double radius = 0) : mid(x), rad(radius) {}

  /// Nothing is known.
  static Ball everything() { return {DoubleDouble{0, 0}, std::numeric_limits<double>::infinity()}; }
  bool is_exact() const { return rad == 0; }
  bool is_bounded() const { return rad < std::numeric_limits<double>::infinity(); }
};

/// The ends of a ball as binary64 numbers outside of it; exact where the ball is one number of 53 bits.
inline double upper_end(const Ball& a) {
  if (a.rad == 0 && a.mid.lo == 0) return a.mid.hi;
  if (!a.is_bounded()) return a.rad;
  constexpr double up = std::numeric_limits<double>::infinity();
  const WithError beside = two_sum(a.rad, a.mid.lo);
  // an error that is NaN comes from the end of the range
  const WithError end =
      two_sum(a.mid.hi, beside.error <= 0 ? beside.value : std::nextafter(beside.value, up));
  return end.error <= 0 ? end.value : std::nextafter(end.value, up);
}
inline double lower_end(const Ball& a) { return -upper_end(Ball(-a.mid, a.rad)); }
/// |a| from above, and from below.
inline double magnitude(const Ball& a) { return std::fmax(upper_end(a), -lower_end(a)); }
inline double mignitude(const Ball& a) {
  return std::fmax(0.0, std::signbit(a.mid.hi) ? -upper_end(a) : lower_end(a));
}
/// -1, 0, 1 where the ball is one number or lies on one side of zero.
inline std::optional<int> certain_sign(const Ball& a) {
  if (a.mid.hi == 0 && a.rad == 0) return 0;
  if (mignitude(a) > 0) return a.mid.hi > 0 ? 1 : -1;
  return std::nullopt;
}
/// Whether the exact number may be x.
inline bool contains(const Ball& a, DoubleDouble x) {
  if (!a.is_bounded()) return true;
  if (a.rad == 0) return a.mid == x;
  return std::fabs((a.mid - x).hi) <= next_above(a.rad);
}

namespace detail {

/// A result of an operation on midpoints that are not finite: exact infinities follow IEEE 754, the rest is
/// unknown.
inline Ball beyond_the_range(double result, bool exact) {
  return exact && std::isinf(result) ? Ball(result) : Ball::everything();
}
inline Ball made(DoubleDouble mid, Upper radius, bool exact_infinity) {
  if (!std::isfinite(mid.hi)) return beyond_the_range(mid.hi, exact_infinity);
  return {mid, radius.value()};
}
/// What a function of relative error at most `relative` may have lost.
inline Upper lost(DoubleDouble result, double relative) {
  return Upper(std::fabs(result.hi)) * relative + (std::fabs(result.hi) < 0x1p-900 ? 0x1p-1060 : 0.0);
}
/// exp(x) from above.
inline Upper exp_above(DoubleDouble x) {
  const double y = exp(x).hi;
  return Upper(y) * (1 + 0x1p-50) + (y < 0x1p-900 ? 0x1p-1070 : 0.0);
}

}  // namespace detail

inline Ball operator-(const Ball& a) { return {-a.mid, a.rad}; }

/// The four additions of the accurate double-double sum: two lose something, and how much is known exactly.
inline Ball operator+(const Ball& a, const Ball& b) {
  const bool finite = std::isfinite(a.mid.hi) && std::isfinite(b.mid.hi);
  if (!finite) return detail::beyond_the_range(a.mid.hi + b.mid.hi, a.is_exact() && b.is_exact());
  const WithError s = two_sum(a.mid.hi, b.mid.hi), t = two_sum(a.mid.lo, b.mid.lo);
  const WithError c = two_sum(s.error, t.value);
  const WithError v = fast_two_sum(s.value, c.value);
  const WithError w = two_sum(t.error, v.error);
  const WithError z = fast_two_sum(v.value, w.value);
  return detail::made({z.value, z.error},
                      Upper(a.rad) + b.rad + (Upper(std::fabs(c.error)) + std::fabs(w.error)), false);
}
inline Ball operator-(const Ball& a, const Ball& b) { return a + -b; }

inline Ball operator*(const Ball& a, const Ball& b) {
  const bool zero = (a.is_exact() && a.mid.hi == 0) || (b.is_exact() && b.mid.hi == 0);
  if (zero) return {};
  if (!std::isfinite(a.mid.hi) || !std::isfinite(b.mid.hi))
    return detail::beyond_the_range(a.mid.hi * b.mid.hi, certain_sign(a) && certain_sign(b));
  const DoubleDouble z = a.mid * b.mid;
  const double size = std::fabs(z.hi);
  Upper lost = Upper(std::fabs(a.mid.hi)) * b.rad + Upper(std::fabs(b.mid.hi)) * a.rad;
  lost = lost * (1 + 0x1p-50) + Upper(a.rad) * b.rad;  // |mid| <= |hi| (1 + 2^-53)
  const bool exact = a.mid.lo == 0 && b.mid.lo == 0 && size >= 0x1p-960;
  return detail::made(z, exact ? lost : lost + detail::lost(z, 0x1p-102), false);
}

/// |a/b - x| <= (r_a + |x| r_b) / (|b| - r_b), x the quotient of the midpoints; infinite where b may be zero.
/// The division of double-double is good to 2^-52 only where its remainder overflows, near the largest
/// numbers.
inline Ball operator/(const Ball& a, const Ball& b) {
  if (a.is_exact() && a.mid.hi == 0 && mignitude(b) > 0) return {};
  if (std::isinf(b.mid.hi) && b.is_exact() && a.is_bounded() && std::isfinite(a.mid.hi)) return {};
  const double least = mignitude(b);
  if (!(least > 0)) return Ball::everything();
  const DoubleDouble z = a.mid / b.mid;
  const bool tiny = std::fabs(a.mid.hi) < 0x1p-900 || std::fabs(z.hi) < 0x1p-900;
  const bool huge = std::fabs(a.mid.hi) > 0x1p1020 || std::fabs(z.hi) > 0x1p1020;
  const Upper lost =
      Upper(std::fabs(z.hi)) * (huge ? 0x1p-51 : 0x1p-101) + (tiny ? Upper(0x1p-1060) / least : Upper{});
  const Upper size = Upper(std::fabs(z.hi)) * (1 + 0x1p-50) + lost;
  return detail::made(z, (Upper(a.rad) + size * b.rad) / least + lost, a.is_exact() && std::isinf(a.mid.hi));
}
inline Ball& operator+=(Ball& a, const Ball& b) { return a = a + b; }
inline Ball& operator-=(Ball& a, const Ball& b) { return a = a - b; }
inline Ball& operator*=(Ball& a, const Ball& b) { return a = a * b; }

/// |sqrt(x) - sqrt(m)| = |x - m| / (sqrt(x) + sqrt(m)).  The part of the ball below zero, if any, belongs to
/// an exact number that is not negative: then the root is in [0, sqrt(m) + sqrt(r)], which contains the ball
/// for any smaller r.  Unknown for a negative ball.
inline Ball sqrt(const Ball& a) {
  if (a.is_exact() && (a.mid.hi == 0 || std::isinf(a.mid.hi))) return a.mid.hi < 0 ? Ball::everything() : a;
  if (upper_end(a) < 0 || !a.is_bounded()) return Ball::everything();
  if (std::fabs(a.mid.hi) < 0x1p-900 && a.rad < 0x1p-900) {  // where double-double has no bits left
    const Ball z = sqrt(Ball({a.mid.hi * 0x1p200, a.mid.lo * 0x1p200}, a.rad * 0x1p200));
    return {{z.mid.hi * 0x1p-100, z.mid.lo * 0x1p-100}, z.rad * 0x1p-100};
  }
  const double least = lower_end(a);
  if (!(least > 0)) {
    const Upper top =
        a.mid.hi > 0 ? sqrt(Upper(a.mid.hi)) * (1 + 0x1p-50) + sqrt(Upper(a.rad)) : sqrt(Upper(upper_end(a)));
    const Upper half = top * 0.5;
    return detail::made({half.value(), 0}, half, false);
  }
  const DoubleDouble z = sqrt(a.mid);
  const double roots = next_below(next_below(std::sqrt(least)) + next_below(z.hi));
  return detail::made(z, Upper(a.rad) / roots + detail::lost(z, 0x1p-103), false);
}
inline Ball abs(const Ball& a) {
  if (certain_sign(a)) return {abs(a.mid), a.rad};
  if (!a.is_bounded()) return a;
  const Upper half = Upper(magnitude(a)) * 0.5;  // rounded up: half of 2^-1074 is not 0
  return detail::made({half.value(), 0}, half, false);
}
/// exp(x + r) - exp(x) <= exp(x) (e^r - 1).
inline Ball exp(const Ball& a) {
  if (a.is_exact() && a.mid.hi == 0) return 1.0;
  if (a.is_exact() && std::isinf(a.mid.hi)) return a.mid.hi < 0 ? Ball() : a;
  if (!a.is_bounded()) return a;
  const DoubleDouble z = exp(a.mid);
  if (z.hi == 0) return {DoubleDouble{}, (Upper(0x1p-1074) * exp(Upper(a.rad))).value()};
  return detail::made(z, detail::exp_above(a.mid) * expm1(Upper(a.rad)) + detail::lost(z, 0x1p-99), false);
}
/// log(x), x > 0: the derivative is at most 1 / (x - r).
inline Ball log(const Ball& a) {
  const double least = lower_end(a);
  if (!(least > 0) || !a.is_bounded()) return Ball::everything();
  const DoubleDouble z = log(a.mid);
  return detail::made(z, Upper(a.rad) / least + detail::lost(z, 0x1p-97), a.is_exact());
}

namespace detail {

/// f(a) where |f'| <= slope; f has relative error 2^-97 and the absolute one given.
template <class F>
Ball lipschitz(const Ball& a, double slope, F f, double absolute = 0) {
  if (!a.is_bounded()) return a;
  const DoubleDouble z = f(a.mid);
  return made(z, Upper(slope) * a.rad + lost(z, 0x1p-97) + absolute, false);
}

}  // namespace detail

inline Ball tanh(const Ball& a) {
  return detail::lipschitz(a, 1, [](DoubleDouble x) { return tanh(x); });
}
inline Ball erf(const Ball& a) {
  return detail::lipschitz(a, 1.1284, [](DoubleDouble x) { return erf(x); });
}
/// sin and cos beyond pi/4 are near a zero perhaps: absolute error 2^-150.
inline Ball sin(const Ball& a) {
  return detail::lipschitz(
      a, 1, [](DoubleDouble x) { return sin(x); }, std::fabs(a.mid.hi) > 0.78 ? 0x1p-149 : 0);
}
inline Ball cos(const Ball& a) {
  return detail::lipschitz(
      a, 1, [](DoubleDouble x) { return cos(x); }, std::fabs(a.mid.hi) > 0.78 ? 0x1p-149 : 0);
}

namespace detail {

/// The larger of two: one of them where that is certain, else a ball around the larger midpoint, as wide as
/// what the other may rise above it.
inline Ball larger(const Ball& a, const Ball& b) {
  if (!a.is_bounded() || !b.is_bounded()) return Ball::everything();
  if (lower_end(a) >= upper_end(b)) return a;
  if (lower_end(b) >= upper_end(a)) return b;
  if (a.mid < b.mid) return larger(b, a);
  const double above = b.rad - next_below((a.mid - b.mid).hi);
  return {a.mid, std::fmax(a.rad, above > 0 ? next_above(above) : 0.0)};
}

}  // namespace detail

inline Ball max(const Ball& a, const Ball& b) { return detail::larger(a, b); }
inline Ball min(const Ball& a, const Ball& b) { return -detail::larger(-a, -b); }
/// A ball around both.
inline Ball hull(const Ball& a, const Ball& b) {
  const double low = std::fmin(lower_end(a), lower_end(b)), high = std::fmax(upper_end(a), upper_end(b));
  const double mid = low / 2 + high / 2;
  return detail::made({mid, 0}, Upper(next_above(std::fmax(high - mid, mid - low))), false);
}

/// The context: rooms evaluated in balls enclose what they compute in exact arithmetic.
struct BallArithmetic {
  using Value = Ball;

  Summation summation() const { return {}; }
  Ball lift(double x) const { return x; }
  /// A constant of relative error 2^-84 (exact where lo = 0).
  Ball lift(DoubleDouble x) const { return {x, x.lo == 0 ? 0.0 : std::fabs(x.hi) * 0x1p-84}; }
  Ball exactly(double x) const { return x; }
  Ball load(const Ball& a) const { return a; }
  Ball store(const Ball& a) const { return a; }
  Ball add(const Ball& a, const Ball& b) const { return a + b; }
  Ball sub(const Ball& a, const Ball& b) const { return a - b; }
  Ball mul(const Ball& a, const Ball& b) const { return a * b; }
  Ball div(const Ball& a, const Ball& b) const { return a / b; }
  Ball fma(const Ball& a, const Ball& b, const Ball& c) const { return a * b + c; }
  Ball sqrt(const Ball& a) const { return halfulp::sqrt(a); }
  Ball mul_root(const Ball& a, double d) const { return a * halfulp::sqrt(Ball(d)); }
  Ball div_root(const Ball& a, double d) const { return a / halfulp::sqrt(Ball(d)); }
  Ball exp(const Ball& a) const { return halfulp::exp(a); }
  Ball tanh(const Ball& a) const { return halfulp::tanh(a); }
  Ball erf(const Ball& a) const { return halfulp::erf(a); }
  Ball sin(const Ball& a) const { return halfulp::sin(a); }
  Ball cos(const Ball& a) const { return halfulp::cos(a); }
  Ball neg(const Ball& a) const { return -a; }
  Ball max(const Ball& a, const Ball& b) const { return halfulp::max(a, b); }
};

}  // namespace halfulp
