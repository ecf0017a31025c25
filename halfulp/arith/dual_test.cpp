// Dual numbers and the tape: every operation has the derivative of the textbook, they agree with each other
// and with difference quotients, and in balls the derivative is enclosed.
#include "halfulp/arith/dual.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "halfulp/arith/adjoint.hpp"
#include "halfulp/arith/arithmetic_laws_testing.hpp"
#include "halfulp/arith/native.hpp"

namespace halfulp {
namespace {

using oracle::Arguments;
using testing::Big;
using P = mpfr_srcptr;

constexpr auto N = MPFR_RNDN;
constexpr mpfr_prec_t bits = 400;

enum class Op { add, sub, mul, div, fma, sqrt, mul_root, div_root, exp, tanh, erf, sin, cos, neg, max };

/// One operation of any context; unary ones ignore b, and fma is a b + a.
template <class A>
Value<A> apply(A& ar, Op op, Value<A> a, Value<A> b) {
  switch (op) {
    case Op::add:
      return ar.add(a, b);
    case Op::sub:
      return ar.sub(a, b);
    case Op::mul:
      return ar.mul(a, b);
    case Op::div:
      return ar.div(a, b);
    case Op::fma:
      return ar.fma(a, b, a);
    case Op::sqrt:
      return ar.sqrt(a);
    case Op::mul_root:
      return ar.mul_root(a, 3);
    case Op::div_root:
      return ar.div_root(a, 3);
    case Op::exp:
      return ar.exp(a);
    case Op::tanh:
      return ar.tanh(a);
    case Op::erf:
      return ar.erf(a);
    case Op::sin:
      return ar.sin(a);
    case Op::cos:
      return ar.cos(a);
    case Op::neg:
      return ar.neg(a);
    case Op::max:
      return ar.max(a, b);
  }
  return a;
}

struct Derivatives {
  Op op;
  const char* name;
  std::function<void(mpfr_ptr, P, P)> by_a, by_b;
};

/// The derivatives of the textbook.
std::vector<Derivatives> textbook() {
  const auto whole = [](long k) { return [k](mpfr_ptr z, P, P) { mpfr_set_si(z, k, N); }; };
  return {
      {Op::add, "add", whole(1), whole(1)},
      {Op::sub, "sub", whole(1), whole(-1)},
      {Op::mul, "mul", [](mpfr_ptr z, P, P b) { mpfr_set(z, b, N); },
       [](mpfr_ptr z, P a, P) { mpfr_set(z, a, N); }},
      {Op::div, "div", [](mpfr_ptr z, P, P b) { mpfr_ui_div(z, 1, b, N); },
       [](mpfr_ptr z, P a, P b) { mpfr_div(z, a, b, N), mpfr_div(z, z, b, N), mpfr_neg(z, z, N); }},
      {Op::fma, "fma", [](mpfr_ptr z, P, P b) { mpfr_add_ui(z, b, 1, N); },
       [](mpfr_ptr z, P a, P) { mpfr_set(z, a, N); }},
      {Op::sqrt, "sqrt", [](mpfr_ptr z, P a, P) { mpfr_rec_sqrt(z, a, N), mpfr_div_ui(z, z, 2, N); },
       whole(0)},
      {Op::mul_root, "mul_root", [](mpfr_ptr z, P, P) { mpfr_sqrt_ui(z, 3, N); }, whole(0)},
      {Op::div_root, "div_root", [](mpfr_ptr z, P, P) { mpfr_sqrt_ui(z, 3, N), mpfr_ui_div(z, 1, z, N); },
       whole(0)},
      {Op::exp, "exp", [](mpfr_ptr z, P a, P) { mpfr_exp(z, a, N); }, whole(0)},
      {Op::tanh, "tanh", [](mpfr_ptr z, P a, P) { mpfr_sech(z, a, N), mpfr_sqr(z, z, N); }, whole(0)},
      {Op::erf, "erf",
       [](mpfr_ptr z, P a, P) {
         Big pi(bits);
         mpfr_const_pi(pi, N), mpfr_rec_sqrt(pi, pi, N), mpfr_mul_ui(pi, pi, 2, N);
         mpfr_sqr(z, a, N), mpfr_neg(z, z, N), mpfr_exp(z, z, N), mpfr_mul(z, z, pi, N);
       },
       whole(0)},
      {Op::sin, "sin", [](mpfr_ptr z, P a, P) { mpfr_cos(z, a, N); }, whole(0)},
      {Op::cos, "cos", [](mpfr_ptr z, P a, P) { mpfr_sin(z, a, N), mpfr_neg(z, z, N); }, whole(0)},
      {Op::neg, "neg", whole(-1), whole(0)},
      {Op::max, "max", [](mpfr_ptr z, P a, P b) { mpfr_set_ui(z, mpfr_cmp(a, b) >= 0, N); },
       [](mpfr_ptr z, P a, P b) { mpfr_set_ui(z, mpfr_cmp(a, b) < 0, N); }},
  };
}

/// Arguments from 2^-40 to 2^4, a positive.
struct Point {
  double a, b, da, db;
};
Point next_point(Arguments& random) {
  return {std::fabs(random.log_uniform(-40, 3)), random.log_uniform(-20, 3), random.uniform(-1, 1),
          random.uniform(-1, 1)};
}

/// Each op loses 2^-97 at most, a derivative is a handful of them; where the slope is a difference (1 -
/// tanh^2) or an exponential of a square <= 256 this is relative to 1: tolerance 2^-88 of |f_a da| + |f_b db|
/// + |da|.
TEST(Dual, DerivativesAreThoseOfTheTextbook) {
  Arguments random(61);
  Big a(bits), b(bits), exact(bits), other(bits), size(bits), allowed(bits);
  for (const Derivatives& d : textbook())
    for (int trial = 0; trial < 400 * oracle::effort(); ++trial) {
      const Point at = next_point(random);
      a.set({at.a, 0});
      b.set({at.b, 0});
      d.by_a(exact, a, b);
      mpfr_mul_d(exact, exact, at.da, N);
      d.by_b(other, a, b);
      mpfr_mul_d(other, other, at.db, N);
      mpfr_abs(size, exact, N);
      mpfr_abs(allowed, other, N);
      mpfr_add(size, size, allowed, N);
      mpfr_add_d(size, size, std::fabs(at.da), N);
      mpfr_add(exact, exact, other, N);

      Dual<> dual;
      const DoubleDouble dx = apply(dual, d.op, {{at.a, 0}, {at.da, 0}}, {{at.b, 0}, {at.db, 0}}).dx;
      mpfr_mul_d(allowed, size, 0x1p-88, N);
      mpfr_sub_d(other, exact, dx.hi, N);
      mpfr_sub_d(other, other, dx.lo, N);
      ASSERT_LE(mpfr_cmpabs(other, allowed), 0) << d.name << " at " << at.a << ", " << at.b;

      Dual<Native> fast;  // the same in binary64, 2^-88 2^51
      mpfr_mul_d(allowed, size, 0x1p-37, N);
      mpfr_sub_d(other, exact, apply(fast, d.op, {at.a, at.da}, {at.b, at.db}).dx, N);
      ASSERT_LE(mpfr_cmpabs(other, allowed), 0) << d.name << " at " << at.a << ", " << at.b;

      Dual<BallArithmetic> rigorous;
      const Ball enclosed = apply(rigorous, d.op, {Ball(at.a), Ball(at.da)}, {Ball(at.b), Ball(at.db)}).dx;
      ASSERT_TRUE(testing::holds({enclosed.mid, enclosed.rad}, exact))
          << d.name << " at " << at.a << ", " << at.b;
      ASSERT_LE(enclosed.rad, 0x1p-80 * mpfr_get_d(size, N)) << d.name << " at " << at.a << ", " << at.b;

      Adjoint tape;
      const TapedNumber x = tape.variable(at.a), y = tape.variable(at.b);
      tape.weigh(apply(tape, d.op, x, y), {1, 0});
      tape.sweep();
      const DoubleDouble swept = tape.adjoint_of(x) * at.da + tape.adjoint_of(y) * at.db;
      mpfr_mul_d(allowed, size, 0x1p-88, N);
      mpfr_sub_d(other, exact, swept.hi, N);
      mpfr_sub_d(other, other, swept.lo, N);
      ASSERT_LE(mpfr_cmpabs(other, allowed), 0) << "tape: " << d.name << " at " << at.a << ", " << at.b;
    }
}

/// Values are those of the base, whatever the derivative.
TEST(Dual, ValuesAreThoseOfTheBase) {
  Arguments random(62);
  for (const Derivatives& d : textbook())
    for (int trial = 0; trial < 50; ++trial) {
      const Point at = next_point(random);
      Native native;
      Dual<Native> fast;
      EXPECT_EQ(apply(fast, d.op, {at.a, at.da}, {at.b, at.db}).x, apply(native, d.op, at.a, at.b)) << d.name;
      DoubleDoubleArithmetic reference;
      Dual<> dual;
      Adjoint tape;
      const DoubleDouble value = apply(reference, d.op, {at.a, 0}, {at.b, 0});
      EXPECT_EQ(apply(dual, d.op, {{at.a, 0}, {at.da, 0}}, {{at.b, 0}, {at.db, 0}}).x, value) << d.name;
      const TapedNumber taped = apply(tape, d.op, tape.variable(at.a), tape.variable(at.b));
      EXPECT_LE(std::fabs((taped.x - value).hi), 0x1p-100 * std::fabs(value.hi)) << d.name;
    }
}

/// A program of random operations on three inputs, tamed so that values stay near 1.
struct Program {
  struct Step {
    Op op;
    std::size_t a, b;
  };
  std::vector<Step> steps;

  explicit Program(Arguments& random) {
    constexpr Op ops[] = {Op::add, Op::sub, Op::mul, Op::fma, Op::tanh,
                          Op::erf, Op::sin, Op::cos, Op::neg, Op::div_root};
    for (std::size_t i = 0; i < 12; ++i)
      steps.push_back(
          {ops[random.bits() % std::size(ops)], random.bits() % (i + 3), random.bits() % (i + 3)});
  }
  /// exp(tanh(last)) / sqrt(1 + (the one before)^2).
  template <class A>
  Value<A> run(A& ar, std::vector<Value<A>> x) const {
    for (const Step& step : steps) x.push_back(apply(ar, step.op, x[step.a], x[step.b]));
    const auto last = x.back(), before = x[x.size() - 2];
    return ar.div(ar.exp(ar.tanh(last)), ar.sqrt(ar.add(ar.lift(1), ar.mul(before, before))));
  }
};

TEST(Dual, AgreesWithTheTapeAndWithDifferenceQuotients) {
  Arguments random(63);
  const double step = 0x1p-26;
  for (int trial = 0; trial < 200 * oracle::effort(); ++trial) {
    const Program program(random);
    std::vector<double> x(3), v(3);
    for (std::size_t i = 0; i < 3; ++i) x[i] = random.uniform(-1, 1), v[i] = random.uniform(-1, 1);

    Dual<> dual;
    Adjoint tape;
    DoubleDoubleArithmetic ar;
    std::vector<DualNumber<DoubleDouble>> duals;
    std::vector<TapedNumber> taped;
    std::vector<DoubleDouble> above, below, twice_above, twice_below;
    for (std::size_t i = 0; i < 3; ++i) {
      duals.push_back({{x[i], 0}, {v[i], 0}});
      taped.push_back(tape.variable(x[i]));
      const auto at = [&](double k) { return DoubleDouble{x[i]} + DoubleDouble{v[i]} * (k * step); };
      above.push_back(at(1));
      below.push_back(at(-1));
      twice_above.push_back(at(2));
      twice_below.push_back(at(-2));
    }
    const DoubleDouble derivative = program.run(dual, duals).dx;
    tape.weigh(program.run(tape, taped), {1, 0});
    tape.sweep();
    DoubleDouble swept;
    double size = 1;
    for (std::size_t i = 0; i < 3; ++i) {
      swept = swept + tape.adjoint_of(taped[i]) * v[i];
      size += std::fabs(tape.adjoint_of(taped[i]).hi);
    }
    EXPECT_LE(std::fabs((derivative - swept).hi), 0x1p-85 * size) << "trial " << trial;
    // central, extrapolated: error h^4 f^(5) / 30 + 2^-95 / h; derivatives grow with the size to the power
    const DoubleDouble once = (program.run(ar, above) - program.run(ar, below)) / (2 * step);
    const DoubleDouble twice = (program.run(ar, twice_above) - program.run(ar, twice_below)) / (4 * step);
    const DoubleDouble quotient = once + (once - twice) / 3.0;
    const double allowed = 0x1p-60 * size + 0x1p-90 * std::pow(size, 5);
    EXPECT_LE(std::fabs((derivative - quotient).hi), allowed) << "trial " << trial << ", size " << size;
  }
}

TEST(Dual, MaxHasTheDerivativeOfTheLargerAndOfTheFirstWhereEqual) {
  Dual<> dual;
  const auto number = [](double x, double dx) { return DualNumber<DoubleDouble>{{x, 0}, {dx, 0}}; };
  EXPECT_EQ(dual.max(number(1, 10), number(2, 20)).dx.hi, 20);
  EXPECT_EQ(dual.max(number(2, 10), number(1, 20)).dx.hi, 10);
  EXPECT_EQ(dual.max(number(1, 10), number(1, 20)).dx.hi, 10);
  Dual<BallArithmetic> balls;
  using B = DualNumber<Ball>;
  EXPECT_EQ(balls.max(B{1.0, 10.0}, B{2.0, 20.0}).dx.mid.hi, 20);
  EXPECT_EQ(balls.max(B{1.0, 10.0}, B{1.0, 20.0}).dx.mid.hi, 10);
  const B unsure = balls.max(B{Ball(DoubleDouble{1}, 2), 10.0}, B{2.0, 20.0});
  EXPECT_TRUE(contains(unsure.dx, DoubleDouble{10}) && contains(unsure.dx, DoubleDouble{20}));
  EXPECT_LE(unsure.dx.rad, 5.001);
  EXPECT_TRUE(contains(unsure.x, DoubleDouble{2}) && contains(unsure.x, DoubleDouble{3}));
}

TEST(Adjoint, ConstantsHaveNoDerivativeAndWeightsAddUp) {
  Adjoint tape;
  const TapedNumber x = tape.variable(2), y = tape.variable(3), three = tape.lift(3);
  const TapedNumber product = tape.mul(x, three), square = tape.mul(x, x);
  tape.weigh(product, {10, 0});
  tape.weigh(square, {1, 0});
  tape.weigh(square, {1, 0});
  tape.weigh(three, {100, 0});
  tape.sweep();
  EXPECT_EQ(tape.adjoint_of(x).hi, 30 + 2 * 4);
  EXPECT_EQ(tape.adjoint_of(y).hi, 0);
  EXPECT_EQ(tape.adjoint_of(three).hi, 0);
}

TEST(Adjoint, WhatIsNotUsedDoesNotSpoilTheRest) {
  Adjoint tape;
  const TapedNumber x = tape.variable(0), y = tape.variable(3);
  tape.sqrt(x);  // an infinite slope, with weight 0
  tape.weigh(tape.mul(y, tape.add(x, y)), {1, 0});
  tape.sweep();
  EXPECT_EQ(tape.adjoint_of(x).hi, 3);
  EXPECT_EQ(tape.adjoint_of(y).hi, 6);
}

}  // namespace
}  // namespace halfulp
