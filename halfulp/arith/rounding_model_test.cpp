#include "halfulp/arith/rounding_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace halfulp {
namespace {

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

}  // namespace
}  // namespace halfulp
