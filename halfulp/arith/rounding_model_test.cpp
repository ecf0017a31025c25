#include "halfulp/arith/rounding_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/arith/mpfr_oracle.hpp"

namespace halfulp {
namespace {

using oracle::Real;

// That the counts of additions are those of the sums is tested in linalg/sum_counts_test.cpp.

TEST(RoundingModel, GammaBoundsProductsOfRoundings) {
  for (const double u : {0x1p-3, 0x1p-8, 0x1p-24, 0x1p-53}) {
    for (const double k : {1.0, 1.5, 2.0, 7.0, 100.0}) {
      if (k * u >= 1) continue;
      EXPECT_GE(gamma(k, u) * (1 + 0x1p-50), std::expm1(-k * std::log1p(-u))) << k << " " << u;
      EXPECT_GE(gamma(k, u), k * u);
    }
  }
}

TEST(RoundingModel, GammaMakesNoStatementWhenRoundingsFillTheUnit) {
  EXPECT_EQ(gamma(8, 0.125), HUGE_VAL);
  EXPECT_EQ(gamma(9, 0.125), HUGE_VAL);
  EXPECT_EQ(gamma(7, 0.125), 7.0);
  EXPECT_EQ(gamma(0, 0.125), 0.0);
}

/// (1 - u)^-k - 1 <= k u / (1 - k u) <= gamma_above, which is not much larger.
TEST(RoundingModel, GammaAboveIsAboveTheExactGammaAndTheProductsThatItBounds) {
  Real u(53), exact(400), product(400), limit(400);
  for (int t = 1; t <= 53 + 16; ++t) {
    const double unit = t <= 53 ? std::ldexp(1, -t) : 0.5 * std::pow(10, 54 - t);  // binary, then decimal
    for (double k = 0.5; k < 1e9; k *= 1.37) {
      if (!(gamma_above(k, unit).value() < HUGE_VAL)) {
        EXPECT_GE(k * unit, 1 - 0x1p-50);
        continue;
      }
      mpfr_set_d(u, unit, MPFR_RNDN);
      mpfr_mul_d(exact, u, k, MPFR_RNDN);
      mpfr_ui_sub(limit, 1, exact, MPFR_RNDN);
      mpfr_div(exact, exact, limit, MPFR_RNDN);
      ASSERT_LE(mpfr_cmp_d(exact, gamma_above(k, unit).value()), 0) << k << " " << unit;
      mpfr_mul_d(limit, exact, 1 + 0x1p-48 / (1 - k * unit), MPFR_RNDN);
      ASSERT_GE(mpfr_cmp_d(limit, gamma_above(k, unit).value()), 0) << k << " " << unit;
      if (k < 1) continue;
      mpfr_ui_sub(product, 1, u, MPFR_RNDN);
      mpfr_log(product, product, MPFR_RNDN);
      mpfr_mul_d(product, product, -k, MPFR_RNDN);
      mpfr_expm1(product, product, MPFR_RNDN);
      ASSERT_LE(mpfr_cmp_d(product, gamma_above(k, unit).value()), 0) << k << " " << unit;
    }
    EXPECT_EQ(gamma_above(0, unit).value(), 0);
  }
  EXPECT_EQ(gamma_above(8, 0.125).value(), HUGE_VAL);
  EXPECT_EQ(gamma_above(1e300, 0.125).value(), HUGE_VAL);
}

TEST(RoundingModel, ProbabilisticGammaGrowsAsTheRootAndIsAboveItsFormula) {
  Real exact(400), part(400);
  for (const double u : {0x1p-3, 0x1p-8, 0x1p-24, 0x1p-53})
    for (const double lambda : {1.0, 3.0, 5.5})
      for (double k = 1; k < 1e9; k *= 3.7) {
        const double bound = gamma_probabilistic(k, u, lambda).value();
        mpfr_set_d(exact, k, MPFR_RNDN);
        mpfr_sqrt(exact, exact, MPFR_RNDN);
        mpfr_mul_d(exact, exact, lambda, MPFR_RNDN);
        mpfr_mul_d(exact, exact, u, MPFR_RNDN);
        mpfr_set_d(part, k, MPFR_RNDN);
        mpfr_mul_d(part, part, u, MPFR_RNDN);
        mpfr_mul_d(part, part, u, MPFR_RNDN);
        mpfr_div_d(part, part, 1 - u, MPFR_RNDN);
        mpfr_add(exact, exact, part, MPFR_RNDN);
        mpfr_expm1(exact, exact, MPFR_RNDN);
        ASSERT_LE(mpfr_cmp_d(exact, bound), 0) << k << " " << u << " " << lambda;
        if (!(bound < 1)) continue;
        mpfr_mul_d(exact, exact, 1 + 0x1p-47, MPFR_RNDN);
        ASSERT_GE(mpfr_cmp_d(exact, bound), 0) << k << " " << u << " " << lambda;
      }
  EXPECT_EQ(gamma_probabilistic(0, 0x1p-8, 3).value(), 0);
  EXPECT_EQ(gamma_probabilistic(4, 1, 3).value(), HUGE_VAL);
}

TEST(RoundingModel, AdditionsOfEachOrder) {
  const auto additions = [](Order order, std::size_t block, std::size_t n) {
    return RoundingModel{0x1p-11, {order, block, false}}.additions(n);
  };
  EXPECT_EQ(additions(Order::recursive, 4, 10), 9);
  EXPECT_EQ(additions(Order::pairwise, 4, 10), 4);
  EXPECT_EQ(additions(Order::pairwise, 4, 8), 3);
  EXPECT_EQ(additions(Order::blocked, 4, 4), 3);
  EXPECT_EQ(additions(Order::blocked, 4, 10), 3 + 2);
  EXPECT_EQ(additions(Order::blocked, 100, 10), 9);
  for (const Order order : {Order::recursive, Order::pairwise, Order::blocked}) {
    EXPECT_EQ(additions(order, 4, 0), 0);
    EXPECT_EQ(additions(order, 4, 1), 0);
    EXPECT_EQ(additions(order, 4, 2), 1);
    for (std::size_t n = 1; n < 200; ++n)
      EXPECT_LE(additions(order, 7, n), additions(order, 7, n + 1)) << "more terms, no fewer roundings";
  }
}

}  // namespace
}  // namespace halfulp
