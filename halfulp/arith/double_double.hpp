// Double-double arithmetic:  a number is the unevaluated sum hi + lo of two binary64 numbers, hi = RN(hi +
// lo), hence |lo| <= ulp(hi)/2: at least 106 significant bits with the exponent range of binary64.
//
// Every bound below is relative, with u = 2^-53, for finite results, round to nearest and no underflow
// (results and partial products at least 2^-915 in magnitude; below, the error is absolute, a few 2^-1074).
// Special values live in hi, with lo = 0: an operation whose result overflows is {+-inf, 0}, NaN is {NaN, 0},
// and the sign of a zero is that of IEEE 754.  Addition is the accurate one: cancellation does not harm the
// relative bound.
//
// Sources: Dekker, Numer. Math. 18 (1971); Knuth, TAOCP 2, 4.2.2; Joldes, Muller, Popescu, "Tight and
// rigorous error bounds for basic building blocks of double-word arithmetic", ACM TOMS 44 (2017), called JMP
// below; Muller, Rideau, ACM TOMS 48 (2022), who corrected and sharpened some constants; Lefevre et al., ACM
// TOMS 49 (2023), for the root.
#pragma once

#include <cmath>

#include "halfulp/arith/error_free.hpp"

namespace halfulp {

/// The number hi + lo, |lo| <= ulp(hi)/2.  From a double: DoubleDouble{x}, exact.  To the nearest double:
/// double(x).
struct DoubleDouble {
  double hi = 0;
  double lo = 0;

  explicit operator double() const { return hi; }
};

namespace detail {

/// Neither zero, nor infinite, nor NaN: a value of which an error term makes sense.
inline bool has_error_term(double x) { return x != 0 && std::isfinite(x); }

}  // namespace detail

/// hi + lo as a DoubleDouble, exactly, if |hi| >= |lo|;  {hi + lo, 0} where that is zero, infinite or NaN.
inline DoubleDouble renormalized(double hi, double lo) {
  const WithError s = fast_two_sum(hi, lo);
  return detail::has_error_term(s.value) ? DoubleDouble{s.value, s.error} : DoubleDouble{s.value, 0};
}

inline DoubleDouble operator-(DoubleDouble a) { return {-a.hi, -a.lo}; }

inline DoubleDouble abs(DoubleDouble a) { return std::signbit(a.hi) ? -a : a; }

/// a + b with relative error <= 3u^2 / (1 - 4u).  JMP Algorithm 6 (AccurateDWPlusDW), 20 operations.
/// (Dropping one two_sum gives the "sloppy" sum, which has no relative bound under cancellation.)
inline DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const WithError s = two_sum(a.hi, b.hi);
  const WithError t = two_sum(a.lo, b.lo);
  const WithError v = fast_two_sum(s.value, s.error + t.value);
  const WithError z = fast_two_sum(v.value, t.error + v.error);
  if (!detail::has_error_term(z.value))
    return {a.hi + b.hi, 0};  // the two_sum of an infinity is NaN; of -0, -0, is +0
  return {z.value, z.error};
}

/// a + b with relative error <= 2u^2.  JMP Algorithm 4 (DWPlusFP).
inline DoubleDouble operator+(DoubleDouble a, double b) {
  const WithError s = two_sum(a.hi, b);
  const WithError z = fast_two_sum(s.value, a.lo + s.error);
  if (!detail::has_error_term(z.value)) return {a.hi + b, 0};
  return {z.value, z.error};
}

/// a b with relative error <= 5u^2.  JMP Algorithm 10 (DWTimesDW1), the constant from Muller and Rideau 2022:
/// the one with a single fma, which costs a function call where the compiler may not assume the instruction.
inline DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const double product = a.hi * b.hi;
  if (!detail::has_error_term(product)) return {product, 0};
  const double cross = a.hi * b.lo + a.lo * b.hi;
  return renormalized(product, std::fma(a.hi, b.hi, -product) + cross);
}

/// a b with relative error <= 2u^2.  JMP Algorithm 7 (DWTimesFP1): 3u^2 / 2 + 4u^3.
inline DoubleDouble operator*(DoubleDouble a, double b) {
  const double product = a.hi * b;
  if (!detail::has_error_term(product)) return {product, 0};
  const WithError s = fast_two_sum(product, a.lo * b);
  return renormalized(s.value, s.error + std::fma(a.hi, b, -product));
}

/// a / b with relative error <= 15u^2 + 56u^3.  JMP Algorithm 17 (DWDivDW2).
inline DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  const double quotient = a.hi / b.hi;
  if (!detail::has_error_term(quotient)) return {quotient, 0};
  const DoubleDouble back = b * quotient;
  const double remainder =
      (a.hi - back.hi) + (a.lo - back.lo);  // the first difference is exact (JMP, Section 6)
  const WithError z = fast_two_sum(quotient, remainder / b.hi);
  if (!detail::has_error_term(z.value))
    return {quotient, 0};  // the product overflowed: quotient is next to a.hi / b.hi
  return {z.value, z.error};
}

/// sqrt(a) with relative error <= (25/8) u^2.  NaN for a < 0;  sqrt(-0) = -0.
/// Source: Lefevre, Louvet, Muller, Picot, Rideau 2023, Algorithm SQRTDWtoDW: one Newton step with an exact
/// residual.
inline DoubleDouble sqrt(DoubleDouble a) {
  const double root = std::sqrt(a.hi);
  if (!detail::has_error_term(root)) return {root, 0};
  const double residual = std::fma(-root, root, a.hi) + a.lo;
  return renormalized(root, residual / (2 * root));
}

inline DoubleDouble operator+(double a, DoubleDouble b) { return b + a; }
inline DoubleDouble operator-(DoubleDouble a, DoubleDouble b) { return a + -b; }
inline DoubleDouble operator-(DoubleDouble a, double b) { return a + -b; }
inline DoubleDouble operator-(double a, DoubleDouble b) { return -b + a; }
inline DoubleDouble operator*(double a, DoubleDouble b) { return b * a; }
inline DoubleDouble operator/(DoubleDouble a, double b) { return a / DoubleDouble{b}; }
inline DoubleDouble operator/(double a, DoubleDouble b) { return DoubleDouble{a} / b; }

/// Comparison of values; exact, because hi = RN(hi + lo) is monotone.  NaN is unordered, -0 equals +0.
/// (Not by <=>: GCC 12.2 -O2 was seen to compile its >= wrongly for NaN.)
inline bool operator==(DoubleDouble a, DoubleDouble b) { return a.hi == b.hi && a.lo == b.lo; }
inline bool operator<(DoubleDouble a, DoubleDouble b) { return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo); }
inline bool operator<=(DoubleDouble a, DoubleDouble b) {
  return a.hi < b.hi || (a.hi == b.hi && a.lo <= b.lo);
}
inline bool operator>(DoubleDouble a, DoubleDouble b) { return b < a; }
inline bool operator>=(DoubleDouble a, DoubleDouble b) { return b <= a; }

}  // namespace halfulp
