// Reverse differentiation:  every operation leaves its partial derivatives on a tape; one sweep backwards
// gives the product of the transposed Jacobian with any weights on the results.  For rooms of test size: the
// tape grows by one entry an operation.  Values are double-double.  Source: Griewank, Walther, chapter 3.
#pragma once

#include <cstdint>
#include <vector>

#include "halfulp/arith/arithmetic.hpp"
#include "halfulp/arith/double_double_arithmetic.hpp"
#include "halfulp/arith/dual.hpp"

namespace halfulp {

/// A value and its place on the tape; constants have none.
struct TapedNumber {
  static constexpr std::uint32_t constant = ~std::uint32_t{0};
  DoubleDouble x{};
  std::uint32_t place = constant;
};

class Adjoint {
 public:
  using Value = TapedNumber;

  /// An input: what adjoint_of() can be asked for.
  Value variable(double x) { return record({x, 0}, {}, {}, {}, {}); }
  /// Gives a result its weight w; sweep() then makes adjoint_of(x) = sum over results of w d result / d x.
  void weigh(Value result, DoubleDouble weight) {
    adjoints_.resize(tape_.size());
    if (result.place != TapedNumber::constant) adjoints_[result.place] = adjoints_[result.place] + weight;
  }
  void sweep() {
    adjoints_.resize(tape_.size());
    for (std::size_t i = tape_.size(); i-- > 0;) {
      const Entry& entry = tape_[i];
      if (adjoints_[i] == DoubleDouble{}) continue;  // an unused root of 0 has weight 0, slope inf: no 0 inf
      for (const auto& [place, partial] : {std::pair{entry.a, entry.da}, std::pair{entry.b, entry.db}})
        if (place != TapedNumber::constant) adjoints_[place] = adjoints_[place] + adjoints_[i] * partial;
    }
  }
  DoubleDouble adjoint_of(Value x) const {
    return x.place == TapedNumber::constant ? DoubleDouble{} : adjoints_[x.place];
  }

  Summation summation() const { return {}; }
  Value lift(double x) const { return {{x, 0}}; }
  Value lift(DoubleDouble x) const { return {x}; }
  Value exactly(double x) const { return {{x, 0}}; }
  Value load(Value a) const { return a; }
  Value store(Value a) const { return a; }
  Value add(Value a, Value b) { return record(a.x + b.x, a, one(), b, one()); }
  Value sub(Value a, Value b) { return record(a.x - b.x, a, one(), b, -one()); }
  Value mul(Value a, Value b) { return record(a.x * b.x, a, b.x, b, a.x); }
  Value div(Value a, Value b) {
    const DoubleDouble quotient = a.x / b.x;
    return record(quotient, a, one() / b.x, b, -(quotient / b.x));
  }
  Value fma(Value a, Value b, Value c) { return add(mul(a, b), c); }
  Value sqrt(Value a) {
    const DoubleDouble root = halfulp::sqrt(a.x);
    return record(root, a, one() / (root + root));
  }
  Value mul_root(Value a, double d) { return scaled(a, halfulp::sqrt(DoubleDouble{d})); }
  Value div_root(Value a, double d) { return scaled(a, one() / halfulp::sqrt(DoubleDouble{d})); }
  Value exp(Value a) {
    const DoubleDouble y = halfulp::exp(a.x);
    return record(y, a, y);
  }
  Value tanh(Value a) {
    const DoubleDouble y = halfulp::tanh(a.x);
    return record(y, a, one() - y * y);
  }
  Value erf(Value a) {
    return record(halfulp::erf(a.x), a, Dual<>::two_over_root_pi * halfulp::exp(-(a.x * a.x)));
  }
  Value sin(Value a) { return record(halfulp::sin(a.x), a, halfulp::cos(a.x)); }
  Value cos(Value a) { return record(halfulp::cos(a.x), a, -halfulp::sin(a.x)); }
  Value neg(Value a) { return record(-a.x, a, -one()); }
  Value max(Value a, Value b) const { return a.x < b.x ? b : a; }

 private:
  struct Entry {
    std::uint32_t a = TapedNumber::constant, b = TapedNumber::constant;
    DoubleDouble da{}, db{};
  };
  static DoubleDouble one() { return {1, 0}; }
  Value scaled(Value a, DoubleDouble factor) { return record(a.x * factor, a, factor); }
  Value record(DoubleDouble x, Value a, DoubleDouble da, Value b = {}, DoubleDouble db = {}) {
    tape_.push_back({a.place, b.place, da, db});
    return {x, static_cast<std::uint32_t>(tape_.size() - 1)};
  }

  std::vector<Entry> tape_;
  std::vector<DoubleDouble> adjoints_;
};

}  // namespace halfulp
