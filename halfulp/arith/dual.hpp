// Dual numbers:  a value and its derivative in one direction.  A room evaluated in them gives the product of
// its Jacobian with that direction:  f(x + eps v) = f(x) + eps J v, eps^2 = 0.  Base: any arithmetic of
// numbers with a value at every point (binary64, double-double, balls).  Source: Griewank, Walther,
// chapter 3.
#pragma once

#include <concepts>

#include "halfulp/arith/arithmetic.hpp"
#include "halfulp/arith/double_double_arithmetic.hpp"

namespace halfulp {

template <class V, class Slope = V>
struct DualNumber {
  V x{};
  Slope dx{};
};

/// The derivative of max is that of the larger operand, of the first where they are equal (of balls that
/// overlap, either); 2/sqrt(pi), the slope of erf at 0, is exact to 106 bits.  Where a value has no slope
/// (the root at 0) the derivative is not finite.  Slope: another type than a value's where there are several
/// directions (slopes.hpp); the base then has its sums and its multiples too.
template <class Base = DoubleDoubleArithmetic, class Slope = typename Base::Value>
class Dual {
 public:
  using V = typename Base::Value;
  using Value = DualNumber<V, Slope>;

  Summation summation() const { return base_.summation(); }
  Value lift(double x) { return {base_.lift(x), zero()}; }
  Value lift(DoubleDouble x) { return {base_.lift(x), zero()}; }
  Value exactly(double x) { return {base_.exactly(x), zero()}; }
  Value load(Value a) const { return a; }
  Value store(Value a) const { return a; }
  Value add(Value a, Value b) { return {base_.add(a.x, b.x), base_.add(a.dx, b.dx)}; }
  Value sub(Value a, Value b) { return {base_.sub(a.x, b.x), base_.sub(a.dx, b.dx)}; }
  Value mul(Value a, Value b) {
    return {base_.mul(a.x, b.x), base_.add(base_.mul(a.x, b.dx), base_.mul(a.dx, b.x))};
  }
  Value div(Value a, Value b) {
    const V quotient = base_.div(a.x, b.x);
    return {quotient, base_.div(base_.sub(a.dx, base_.mul(quotient, b.dx)), b.x)};
  }
  Value fma(Value a, Value b, Value c) { return {base_.fma(a.x, b.x, c.x), base_.add(mul(a, b).dx, c.dx)}; }
  Value sqrt(Value a) {
    const V root = base_.sqrt(a.x);
    return {root, base_.div(a.dx, base_.add(root, root))};
  }
  Value mul_root(Value a, double d) { return {base_.mul_root(a.x, d), base_.mul_root(a.dx, d)}; }
  Value div_root(Value a, double d) { return {base_.div_root(a.x, d), base_.div_root(a.dx, d)}; }
  Value exp(Value a) {
    const V y = base_.exp(a.x);
    return {y, base_.mul(y, a.dx)};
  }
  Value tanh(Value a) {
    const V y = base_.tanh(a.x);
    return {y, base_.mul(base_.sub(base_.exactly(1), base_.mul(y, y)), a.dx)};
  }
  Value erf(Value a) {
    const V bell = base_.exp(base_.neg(base_.mul(a.x, a.x)));
    return {base_.erf(a.x), base_.mul(base_.mul(base_.lift(two_over_root_pi), bell), a.dx)};
  }
  Value sin(Value a) { return {base_.sin(a.x), base_.mul(base_.cos(a.x), a.dx)}; }
  Value cos(Value a) { return {base_.cos(a.x), base_.neg(base_.mul(base_.sin(a.x), a.dx))}; }
  Value neg(Value a) { return {base_.neg(a.x), base_.neg(a.dx)}; }
  Value max(Value a, Value b) {
    if constexpr (requires { a.x < b.x; }) {
      return a.x < b.x ? b : a;
    } else {
      const auto sign = certain_sign(a.x - b.x);
      if (sign) return *sign < 0 ? b : a;
      return {base_.max(a.x, b.x), hull(a.dx, b.dx)};
    }
  }

  /// 2 / sqrt(pi).
  static constexpr DoubleDouble two_over_root_pi{0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};

 private:
  Slope zero() {
    if constexpr (std::same_as<Slope, V>)
      return base_.exactly(0.0);
    else
      return Slope{};
  }
  Base base_{};
};

}  // namespace halfulp
