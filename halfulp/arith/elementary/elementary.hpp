// Elementary functions of our own: in double-double, in binary64, and rounded to odd for a last rounding.
//
// They use only + - * / sqrt fma of binary64 and integer operations, so results have the same bits on every
// platform, compiler and instruction set (round to nearest, subnormals on, no contraction).  The C library's
// transcendentals promise none of that.  Special values follow C Annex F: NaN gives NaN, limits at infinity
// are exact, and the sign of a zero is kept by odd functions.
//
// Three families:
//   f(DoubleDouble)  relative error as stated, for results of at least 2^-915 in magnitude; below,
//                    an absolute error of a few 2^-1074 is added, because lo runs out of exponents.
//   f(double)        at most 0.501 ulp from the exact value, not quite correctly rounded;
//                    subnormal results of exp and pow: at most 0.751 ulp.
//   f_odd(double)    f(x) rounded to odd (round_to_odd.hpp), a binary64 number; rounding it to a format of at
//                    most 51 bits, in any mode, is the correctly rounded operation.
//
// The family f_odd is right unless f(x) is within relative 2^-96 of a binary64 number without being one.
// Where that is structural (x tiny, or f(x) next to 1) the case is decided exactly.  Otherwise the chance is
// 2^-42 per argument: no fp16 argument is such a case (checked), and among all 2^32 of binary32 one is
// expected with probability 2^-10 per function.  Overflow and underflow are not rounded away: exp_odd(1000)
// is the largest finite number, which the final rounding turns into infinity or max_finite, as mode and
// format say.
//
// Left out: erfc, and sin and cos beyond 2^45.
#pragma once

#include "halfulp/arith/double_double.hpp"
#include "halfulp/arith/round_to_odd.hpp"

namespace halfulp {

/// exp(x);  relative error <= 2^-100.  Above 709.79 infinity, below -745.14 zero.
DoubleDouble exp(DoubleDouble x);

/// exp(x) - 1;  relative error <= 2^-97, also near 0.
DoubleDouble expm1(DoubleDouble x);

/// Natural logarithm;  relative error <= 2^-97, also near 1.  log(+-0) = -inf;  NaN for x < 0.
DoubleDouble log(DoubleDouble x);

/// base^exponent = exp(exponent log(base)), base >= 0;  relative error <= 2^-97 (1 + |exponent log(base)|),
/// at most 2^-87.  pow(x, 0) = pow(1, y) = 1, even for NaN;  NaN for base < 0 and exponent != 0.
DoubleDouble pow(DoubleDouble base, DoubleDouble exponent);

/// tanh(x) = (e^2x - 1) / (e^2x + 1);  relative error <= 2^-97.
DoubleDouble tanh(DoubleDouble x);

/// erf(x) = 2/sqrt(pi) int_0^x exp(-t^2) dt;  relative error <= 2^-98.
DoubleDouble erf(DoubleDouble x);

/// sin(x), cos(x) for |x| <= 2^45, NaN beyond;  relative error <= 2^-99 + 2^-150 / |result|.  The second term
/// never matters for a binary64 number x: none below 2^45 is closer than 2^-70 to a zero other than 0.
DoubleDouble sin(DoubleDouble x);
DoubleDouble cos(DoubleDouble x);

double exp(double x);
double log(double x);
double pow(double base, double exponent);
double tanh(double x);
double erf(double x);
double sin(double x);
double cos(double x);

double exp_odd(double x);
double tanh_odd(double x);
double erf_odd(double x);
double sin_odd(double x);
double cos_odd(double x);

/// The correctly rounded operation  round(f(x)),  for f of the family f_odd and a rounding from binary64 to a
/// format of at most 51 bits, e.g.
///   round_correctly(exp_odd, x, [&](double y) { return round(y, format, mode); })
template <class Odd, class Round>
double round_correctly(Odd f_odd, double x, Round round) {
  return round(f_odd(x));
}

}  // namespace halfulp
