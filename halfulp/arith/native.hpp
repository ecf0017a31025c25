// Binary64 as the machine has it: the reference run, and the arithmetic of our own measurements.
#pragma once

#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/summation.hpp"

namespace halfulp {

/// Every operation is the correctly rounded one of binary64; exp, tanh, erf, sin, cos are within 0.501 ulp
/// (elementary.hpp).  Products join their sums unrounded, in recursive order.
struct Native {
  using Value = double;

  Summation summation() const { return {Order::recursive, 0, true}; }
  double lift(double x) const { return x; }
  double lift(DoubleDouble x) const { return x.hi; }
  double exactly(double x) const { return x; }
  double load(double x) const { return x; }
  double store(double x) const { return x; }
  double add(double a, double b) const { return a + b; }
  double sub(double a, double b) const { return a - b; }
  double mul(double a, double b) const { return a * b; }
  double div(double a, double b) const { return a / b; }
  double fma(double a, double b, double c) const { return std::fma(a, b, c); }
  double sqrt(double a) const { return std::sqrt(a); }
  double mul_root(double a, double d) const { return a * std::sqrt(d); }
  double div_root(double a, double d) const { return a / std::sqrt(d); }
  double exp(double a) const { return halfulp::exp(a); }
  double tanh(double a) const { return halfulp::tanh(a); }
  double erf(double a) const { return halfulp::erf(a); }
  double sin(double a) const { return halfulp::sin(a); }
  double cos(double a) const { return halfulp::cos(a); }
  double neg(double a) const { return -a; }
  double max(double a, double b) const { return a < b ? b : a; }
};

}  // namespace halfulp
