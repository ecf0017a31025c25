// The tolerance is the theorem: every operation is held to the relative error bound of its docstring, u =
// 2^-53.
#include "halfulp/arith/double_double.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "halfulp/arith/double_double_arithmetic.hpp"
#include "halfulp/arith/mpfr_oracle.hpp"

namespace halfulp {
namespace {

using oracle::Arguments;
using oracle::Real;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr mpfr_prec_t wide = 2400;  // sums of any two double-doubles are exact
constexpr mpfr_prec_t ample = 300;  // products, quotients and roots to 2^-299

std::string text(DoubleDouble x) {
  char buffer[80];
  std::snprintf(buffer, sizeof buffer, "%a + %a", x.hi, x.lo);
  return buffer;
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// Pairs meant to hurt: equal and neighbouring exponents, cancellation to the last bits, far apart, ties in
/// lo.
std::vector<std::pair<DoubleDouble, DoubleDouble>> pairs(int count, int exponent_range) {
  Arguments random(20250101);
  std::vector<std::pair<DoubleDouble, DoubleDouble>> result;
  for (int i = 0; i < count; ++i) {
    const DoubleDouble a = random.with_tail(random.log_uniform(-exponent_range, exponent_range));
    DoubleDouble b = random.with_tail(random.log_uniform(-exponent_range, exponent_range));
    switch (i % 5) {
      case 0:
        break;
      case 1:
        b = random.with_tail(a.hi * random.uniform(0.25, 4));
        break;
      case 2:
        b = -random.with_tail(std::nextafter(a.hi, random.uniform() < 0.5 ? 0 : inf));
        break;
      case 3:
        b = {-a.hi, a.lo * random.uniform(-1, 1)};
        break;
      case 4:
        b = random.with_tail(std::ldexp(a.hi, -53) * random.uniform(0.9, 1.1));
        break;
    }
    result.emplace_back(a, b);
  }
  return result;
}

/// Checks op against the exact one for all pairs and returns the worst error in units of u^2.
template <class Operation, class Exact>
double worst_error(const char* name, double bound_in_u2, int exponent_range, mpfr_prec_t precision,
                   Operation operation, Exact exact) {
  double worst = 0;
  std::string where;
  Real x(wide), y(wide), z(precision);
  for (const auto& [a, b] : pairs(50000 * oracle::effort(), exponent_range)) {
    x.set(a);
    y.set(b);
    exact(z, x, y);
    const DoubleDouble computed = operation(a, b);
    EXPECT_EQ(computed.hi, computed.hi + computed.lo)
        << name << " is not normalized at " << text(a) << ", " << text(b);
    if (mpfr_zero_p(static_cast<mpfr_ptr>(z))) {
      EXPECT_EQ(computed.hi, 0) << name << " at " << text(a) << ", " << text(b);
      continue;
    }
    const double error = oracle::relative_error(computed, z) * 0x1p106;
    if (error > worst) {
      worst = error;
      where = text(a) + ", " + text(b);
    }
  }
  EXPECT_LE(worst, bound_in_u2) << name << " at " << where;
  testing::Test::RecordProperty(std::string(name) + "_worst_in_u2", std::to_string(worst));
  return worst;
}

TEST(ErrorFree, SumsAndProductsLoseNothing) {
  Arguments random(7);
  Real exact(wide), parts(wide);
  for (int i = 0; i < 20000; ++i) {
    const double a = random.log_uniform(-400, 400),
                 b = i % 2 == 0 ? random.log_uniform(-400, 400) : -a * random.uniform();
    const auto check = [&](WithError r, auto operation) {
      mpfr_set_d(exact, a, MPFR_RNDN);
      Real other(DoubleDouble{b}, 53);
      operation(exact, other);
      parts.set({r.value, r.error});
      EXPECT_TRUE(mpfr_equal_p(static_cast<mpfr_ptr>(exact), static_cast<mpfr_ptr>(parts))) << a << " " << b;
    };
    const auto add = [](mpfr_ptr x, mpfr_ptr y) { mpfr_add(x, x, y, MPFR_RNDN); };
    const auto mul = [](mpfr_ptr x, mpfr_ptr y) { mpfr_mul(x, x, y, MPFR_RNDN); };
    check(two_sum(a, b), add);
    check(std::fabs(a) >= std::fabs(b) ? fast_two_sum(a, b) : fast_two_sum(b, a), add);
    check(two_prod(a, b), mul);
  }
}

TEST(DoubleDouble_, ErrorsStayWithinTheirBounds) {
  const auto add = [](mpfr_ptr z, mpfr_ptr x, mpfr_ptr y) { mpfr_add(z, x, y, MPFR_RNDN); };
  const auto sub = [](mpfr_ptr z, mpfr_ptr x, mpfr_ptr y) { mpfr_sub(z, x, y, MPFR_RNDN); };
  const auto mul = [](mpfr_ptr z, mpfr_ptr x, mpfr_ptr y) { mpfr_mul(z, x, y, MPFR_RNDN); };
  const auto div = [](mpfr_ptr z, mpfr_ptr x, mpfr_ptr y) { mpfr_div(z, x, y, MPFR_RNDN); };
  const auto root = [](mpfr_ptr z, mpfr_ptr x, mpfr_ptr) {
    mpfr_abs(z, x, MPFR_RNDN), mpfr_sqrt(z, z, MPFR_RNDN);
  };
  using D = DoubleDouble;
  worst_error(
      "add", 3.001, 900, wide, [](D a, D b) { return a + b; }, add);
  worst_error(
      "sub", 3.001, 900, wide, [](D a, D b) { return a - b; }, sub);
  worst_error(
      "mul", 5, 400, ample, [](D a, D b) { return a * b; }, mul);
  worst_error(
      "div", 15.001, 400, ample, [](D a, D b) { return a / b; }, div);
  worst_error(
      "sqrt", 3.125, 900, ample, [](D a, D) { return sqrt(abs(a)); }, root);

  const auto low = [](auto op) {
    return [op](mpfr_ptr z, mpfr_ptr x, mpfr_ptr y) {
      Real nearest(53);
      mpfr_set_d(nearest, mpfr_get_d(y, MPFR_RNDN), MPFR_RNDN);
      op(z, x, nearest);
    };
  };
  worst_error(
      "add_double", 2, 900, wide, [](D a, D b) { return a + b.hi; }, low(add));
  worst_error(
      "mul_double", 2, 400, ample, [](D a, D b) { return a * b.hi; }, low(mul));
}

TEST(DoubleDouble_, HugeResultsOverflowToInfinityWithoutNan) {
  const DoubleDouble big{std::numeric_limits<double>::max(), 0x1p969};
  for (const DoubleDouble y :
       {big + big, big * 2.0, big * big, big / DoubleDouble{0.5}, big / DoubleDouble{1e-300}, big - -big}) {
    EXPECT_EQ(y.hi, inf);
    EXPECT_TRUE(same_bits(y.lo, 0)) << y.lo;
  }
  EXPECT_LE((big / DoubleDouble{1}).hi, inf);
  EXPECT_GE((big / DoubleDouble{1}).hi, big.hi);
  EXPECT_EQ((big - big).hi, 0);
  EXPECT_EQ(sqrt(big * DoubleDouble{0x1p-1000}).hi, 0x1p12);
}

TEST(DoubleDouble_, SpecialValuesBehaveAsInIeee754) {
  const std::vector<double> values = {0.0, -0.0, 1.0, -1.0, 3.0, inf, -inf, nan, 0x1p1023};
  const auto check = [](DoubleDouble y, double expected, const char* op, double a, double b) {
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(y.hi)) << a << op << b;
    } else {
      EXPECT_TRUE(same_bits(y.hi, expected)) << a << op << b << " gave " << y.hi;
    }
    if (!std::isfinite(expected)) {
      EXPECT_EQ(y.lo, 0) << a << op << b;
    }
  };
  for (const double a : values) {
    for (const double b : values) {
      const DoubleDouble x{a}, y{b};
      check(x + y, a + b, " + ", a, b);
      check(x - y, a - b, " - ", a, b);
      check(x * y, a * b, " * ", a, b);
      check(x / y, a / b, " / ", a, b);
      check(x + b, a + b, " + double ", a, b);
      check(x * b, a * b, " * double ", a, b);
      EXPECT_EQ(x < y, a < b);
      EXPECT_EQ(x == y, a == b);
      EXPECT_EQ(x >= y, a >= b);
    }
    check(sqrt(DoubleDouble{a}), std::sqrt(a), " sqrt ", a, a);
    check(-DoubleDouble{a}, -a, " neg ", a, a);
    check(abs(DoubleDouble{a}), std::fabs(a), " abs ", a, a);
  }
}

TEST(DoubleDouble_, ComparisonLooksAtTheLowerPart) {
  const DoubleDouble one{1}, more{1, 0x1p-80}, less{1, -0x1p-80};
  EXPECT_LT(one, more);
  EXPECT_GT(one, less);
  EXPECT_NE(one, more);
  EXPECT_LE(one, one);
  EXPECT_EQ(double(more), 1.0);
}

TEST(DoubleDoubleArithmetic_, IsTheReferenceContext) {
  const DoubleDoubleArithmetic ar;
  const auto third = ar.div(ar.lift(1), ar.lift(3));
  EXPECT_EQ(ar.lower(third), 1.0 / 3);
  EXPECT_LT(std::fabs(ar.sub(ar.mul(third, ar.lift(3)), ar.lift(1)).hi), 0x1p-100);
  EXPECT_EQ(ar.lower(ar.fma(ar.lift(0x1p-60), ar.lift(0x1p-20), ar.lift(-1))), -1.0);
  EXPECT_EQ(ar.fma(ar.lift(0x1p-60), ar.lift(0x1p-20), ar.lift(-1)).lo, 0x1p-80);
  EXPECT_EQ(ar.max(third, ar.neg(third)), third);
  EXPECT_EQ(ar.abs(ar.neg(third)), third);
  EXPECT_TRUE(std::isnan(ar.max(ar.lift(nan), third).hi));
  EXPECT_TRUE(std::isnan(ar.max(third, ar.lift(nan)).hi));
  EXPECT_EQ(ar.lower(ar.exp(ar.lift(0))), 1);
  EXPECT_EQ(ar.lower(ar.tanh(ar.lift(0))), 0);
  EXPECT_EQ(ar.lower(ar.erf(ar.lift(0))), 0);
  EXPECT_EQ(ar.lower(ar.sqrt(ar.lift(2))), std::sqrt(2.0));
}

}  // namespace
}  // namespace halfulp
