// What the formulas of condition numbers and bounds ask of their numbers: binary64 (fast, rounded) or balls
// (with the radius of everything that our own evaluation loses).  These formulas are our reasoning, so they
// are written with plain operators; the arithmetic under study is a context (arithmetic.hpp).
#pragma once

#include <cmath>
#include <concepts>
#include <optional>
#include <type_traits>

#include "halfulp/arith/ball.hpp"
#include "halfulp/arith/native.hpp"

namespace halfulp {

template <class T>
concept Real = std::same_as<T, double> || std::same_as<T, Ball>;

/// The context in which a room's values are computed for formulas in T.
template <Real T>
using ContextOf = std::conditional_t<std::same_as<T, Ball>, BallArithmetic, Native>;

inline double upper_end(double x) { return x; }
inline double lower_end(double x) { return x; }
inline double magnitude(double x) { return std::fabs(x); }
inline double mignitude(double x) { return std::fabs(x); }
inline std::optional<int> certain_sign(double x) {
  if (x != x) return std::nullopt;
  return (x > 0) - (x < 0);
}
inline double abs(double x) { return std::fabs(x); }
inline double sqrt(double x) { return std::sqrt(x); }
inline double max(double x, double y) { return x < y ? y : x; }
inline double min(double x, double y) { return y < x ? y : x; }
/// e^x - 1, accurate near 0.
inline double expm1(double x) { return expm1(DoubleDouble{x}).hi; }
/// expm1(x + r) - expm1(x) = exp(x) (e^r - 1).
inline Ball expm1(const Ball& a) {
  if (!a.is_bounded() ||
      (a.is_exact() && (a.mid.hi == 0 || a.mid.hi == std::numeric_limits<double>::infinity())))
    return a;
  const DoubleDouble z = expm1(a.mid);
  return detail::made(z, detail::exp_above(a.mid) * expm1(Upper(a.rad)) + detail::lost(z, 0x1p-97), false);
}

/// inf: a formula's own answer, exact ("no statement", x/0).
template <Real T>
T infinite() {
  return T(std::numeric_limits<double>::infinity());
}

/// |a| / |b| with the conventions of relative errors: 0/0 = 0 and x/0 = inf (arXiv:2503.10251, section 3.1).
template <Real T>
T ratio(const T& a, const T& b) {
  const auto over = certain_sign(a), under = certain_sign(b);
  if (over == 0) return T(0.0);
  if (under == 0) return over ? infinite<T>() : T(abs(a) / b);
  return abs(a) / abs(b);
}

/// a b for a, b >= 0, one of which may be infinite: 0 inf = 0.
template <Real T>
T times_bound(const T& a, const T& b) {
  if (certain_sign(a) == 0 || certain_sign(b) == 0) return T(0.0);
  return a * b;
}

}  // namespace halfulp
