// Upper: never below the exact result, hardly above it, monotone, with the conventions of relative errors.
#include "halfulp/arith/upper.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "halfulp/arith/mpfr_oracle.hpp"

namespace halfulp {
namespace {

using oracle::Arguments;
using oracle::Real;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Operation {
  const char* name;
  std::function<Upper(double, double)> upper;
  std::function<void(mpfr_ptr, mpfr_srcptr, mpfr_srcptr)> exact;
  int grows_with_second;  // 1, -1, or 0 where there is no second operand
};

const std::vector<Operation>& operations() {
  using P = mpfr_srcptr;
  constexpr auto N = MPFR_RNDN;
  static const std::vector<Operation> all = {
      {"+", [](double a, double b) { return Upper(a) + b; },
       [](mpfr_ptr z, P x, P y) { mpfr_add(z, x, y, N); }, 1},
      {"*", [](double a, double b) { return Upper(a) * b; },
       [](mpfr_ptr z, P x, P y) { mpfr_mul(z, x, y, N); }, 1},
      {"/", [](double a, double b) { return Upper(a) / b; },
       [](mpfr_ptr z, P x, P y) { mpfr_div(z, x, y, N); }, -1},
      {"max", [](double a, double b) { return max(Upper(a), b); },
       [](mpfr_ptr z, P x, P y) { mpfr_max(z, x, y, N); }, 1},
      {"min", [](double a, double b) { return min(Upper(a), b); },
       [](mpfr_ptr z, P x, P y) { mpfr_min(z, x, y, N); }, 1},
      {"sqrt", [](double a, double) { return sqrt(Upper(a)); },
       [](mpfr_ptr z, P x, P) { mpfr_sqrt(z, x, N); }, 0},
      {"exp", [](double a, double) { return exp(Upper(a)); }, [](mpfr_ptr z, P x, P) { mpfr_exp(z, x, N); },
       0},
      {"expm1", [](double a, double) { return expm1(Upper(a)); },
       [](mpfr_ptr z, P x, P) { mpfr_expm1(z, x, N); }, 0},
      {"next_above", [](double a, double) { return next_above(a); },
       [](mpfr_ptr z, P x, P) { mpfr_set(z, x, N); }, 0},
  };
  return all;
}

double any(Arguments& random) {
  switch (random.bits() % 8) {
    case 0:
      return 0;
    case 1:
      return std::fabs(random.log_uniform(-1074, -1000));
    case 2:
      return std::fabs(random.log_uniform(-1074, 1023));
    case 3:
      return std::ldexp(1, static_cast<int>(random.bits() % 2098) - 1074);
    case 4:
      return random.bits() % 4 == 0 ? inf : largest;
    case 5:
      return random.uniform(0, 720);
    default:
      return std::fabs(random.log_uniform(-60, 8));
  }
}

TEST(Upper, NeverBelowTheExactResultAndHardlyAbove) {
  Arguments random(41);
  Real x(53), y(53), z(2400), limit(2400);
  for (int trial = 0; trial < 5000 * oracle::effort(); ++trial) {
    const double a = any(random), b = any(random);
    mpfr_set_d(x, a, MPFR_RNDN);
    mpfr_set_d(y, b, MPFR_RNDN);
    for (const Operation& op : operations()) {
      const double u = op.upper(a, b).value();
      mpfr_set_prec(z, op.name[0] == 'e' ? 200 : 2400);
      op.exact(z, x, y);
      if (mpfr_nan_p(static_cast<mpfr_ptr>(z))) continue;  // by convention, tested below
      ASSERT_LE(mpfr_cmp_d(z, u), 0) << op.name << " at " << a << ", " << b << ": " << u;
      mpfr_mul_d(limit, z, 1 + 0x1p-50, MPFR_RNDU);
      mpfr_add_d(limit, limit, 0x1p-1072, MPFR_RNDU);
      if (mpfr_cmp_d(limit, largest) < 0) {
        ASSERT_GE(mpfr_cmp_d(limit, u), 0) << op.name << " at " << a << ", " << b << ": " << u;
      }
    }
  }
}

TEST(Upper, OperationsAreMonotone) {
  Arguments random(42);
  for (int trial = 0; trial < 20000 * oracle::effort(); ++trial) {
    const double a = any(random), b = any(random);
    const double more_a = random.bits() % 2 ? std::nextafter(a, inf) : std::fmax(a, any(random));
    const double more_b = random.bits() % 2 ? std::nextafter(b, inf) : std::fmax(b, any(random));
    for (const Operation& op : operations()) {
      const bool zero_by_zero = op.grows_with_second < 0 && a == 0;  // 0/0 = 0, yet x/0 = inf
      const bool falls = op.grows_with_second < 0;
      const Upper less = falls ? op.upper(a, more_b) : op.upper(a, b);
      const Upper more = falls ? op.upper(more_a, b) : op.upper(more_a, more_b);
      if (zero_by_zero) continue;
      ASSERT_LE(less.value(), more.value()) << op.name << " at " << a << ", " << b;
    }
  }
}

TEST(Upper, NeighboursAreStrict) {
  Arguments random(43);
  for (int trial = 0; trial < 20000; ++trial) {
    const double a = any(random);
    if (a == inf) continue;
    EXPECT_GT(next_above(a), a);
    EXPECT_LE(next_above(a), std::nextafter(std::nextafter(std::nextafter(a, inf), inf), inf));
    EXPECT_TRUE(next_below(a) < a || a == 0) << a;
    EXPECT_GE(next_below(a), 0);
    EXPECT_GE(next_below(a),
              std::fmax(0, std::nextafter(std::nextafter(std::nextafter(a, -inf), -inf), -inf)));
  }
  EXPECT_EQ(next_above(inf), inf);
  EXPECT_EQ(next_above(largest), inf);
  EXPECT_EQ(next_above(nan), inf);
  EXPECT_EQ(next_below(0x1p-1074), 0);
}

TEST(Upper, ConventionsOfRelativeErrors) {
  EXPECT_EQ((Upper(0) * inf).value(), 0);
  EXPECT_EQ((Upper(inf) * 0).value(), 0);
  EXPECT_EQ((Upper(0) / 0).value(), 0);
  EXPECT_EQ((Upper(0) / inf).value(), 0);
  EXPECT_EQ((Upper(1) / 0).value(), inf);
  EXPECT_EQ((Upper(1) / -1).value(), inf) << "no lower bound of a divisor";
  EXPECT_EQ((Upper(1) / nan).value(), inf);
  EXPECT_EQ((Upper(inf) / inf).value(), inf);
  EXPECT_EQ((Upper(inf) + 1).value(), inf);
}

TEST(Upper, WhatIsNoBoundMakesNoStatement) {
  EXPECT_EQ(Upper(nan).value(), inf);
  EXPECT_EQ(Upper(-1).value(), inf);
  EXPECT_EQ(Upper(-0.0).value(), 0);
  EXPECT_EQ(Upper().value(), 0);
  EXPECT_EQ(Upper::no_statement().value(), inf);
}

TEST(Upper, ZeroAndOneAreExactWhereTheResultIs) {
  for (const double a : {0.0, 0x1p-1074, 1.0, 1e300, inf}) {
    EXPECT_EQ((Upper(a) + 0).value(), a);
    EXPECT_EQ((Upper(0) + a).value(), a);
    EXPECT_EQ((Upper(a) * 0).value(), 0);
  }
  EXPECT_EQ(sqrt(Upper(0)).value(), 0);
  EXPECT_EQ(exp(Upper(0)).value(), 1);
  EXPECT_EQ(expm1(Upper(0)).value(), 0);
}

}  // namespace
}  // namespace halfulp
