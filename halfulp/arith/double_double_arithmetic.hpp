// The arithmetic context of double-double: the reference against which working precisions are measured.
// Stateless: nothing is counted and nothing depends on order; each call has the relative error stated in
// double_double.hpp (at most 2^-102) or elementary.hpp (at most 2^-97).
#pragma once

#include "halfulp/arith/double_double.hpp"
#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/summation.hpp"

namespace halfulp {

class DoubleDoubleArithmetic {
 public:
  using Value = DoubleDouble;

  Summation summation() const { return {}; }
  /// The double x, exactly.
  Value lift(double x) const { return {x, 0}; }
  Value lift(Value x) const { return x; }
  Value exactly(double x) const { return {x, 0}; }
  Value load(Value a) const { return a; }
  Value store(Value a) const { return a; }

  /// The double nearest to a.
  double lower(Value a) const { return a.hi; }

  Value add(Value a, Value b) const { return a + b; }
  Value sub(Value a, Value b) const { return a - b; }
  Value mul(Value a, Value b) const { return a * b; }
  Value div(Value a, Value b) const { return a / b; }

  /// ab + c, *not* fused: absolute error at most 5u^2 |ab| + 3u^2 |ab + c| to first order, u = 2^-53.
  Value fma(Value a, Value b, Value c) const { return a * b + c; }

  Value sqrt(Value a) const { return halfulp::sqrt(a); }
  Value mul_root(Value a, double d) const { return a * halfulp::sqrt(lift(d)); }
  Value div_root(Value a, double d) const { return a / halfulp::sqrt(lift(d)); }
  Value exp(Value a) const { return halfulp::exp(a); }
  Value tanh(Value a) const { return halfulp::tanh(a); }
  Value erf(Value a) const { return halfulp::erf(a); }
  Value sin(Value a) const { return halfulp::sin(a); }
  Value cos(Value a) const { return halfulp::cos(a); }

  /// Exact.  max of anything and NaN is NaN.
  Value neg(Value a) const { return -a; }
  Value abs(Value a) const { return halfulp::abs(a); }
  Value max(Value a, Value b) const { return a.hi != a.hi || a >= b ? a : b; }
};

}  // namespace halfulp
