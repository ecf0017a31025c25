#include "halfulp/analysis/attribution/expected_flips.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/analysis/attribution/flips.hpp"

namespace halfulp {
namespace {

/// Three tokens at four positions.
Matrix<double> logits() {
  Matrix<double> z(3, 4);
  const double rows[3][4] = {{5, 0.25, 0, 40}, {4, 1, 17, -3}, {-1, 3, 16.5, 39}};
  for (std::size_t v = 0; v < 3; ++v)
    for (std::size_t t = 0; t < 4; ++t) z(v, t) = rows[v][t];
  return z;
}

TEST(ExpectedFlips, TheClosestMarginsRiseAndEqualOnesKeepTheirOrder) {
  const auto closest = closest_margins(top_margins(logits()), 3);
  ASSERT_EQ(closest.size(), 3u);
  EXPECT_EQ(closest[0].position, 2u);
  EXPECT_EQ(closest[1].position, 0u);
  EXPECT_EQ(closest[2].position, 3u);
  EXPECT_EQ(closest_margins(top_margins(logits()), 9).size(), 4u);
}

TEST(ExpectedFlips, EachPositionHasItsOwnVarianceTheOthersTheMean) {
  const Matrix<double> z = logits();
  const auto margins = top_margins(z), closest = closest_margins(margins, 2);  // positions 2 and 0
  const auto expected = [&](const Format& stored, double spacing_5, double spacing_3, double spacing_17,
                            double spacing_40) {
    EXPECT_DOUBLE_EQ(expected_flips(z, margins, closest, {0.25, 4}, stored),
                     flip_probability(1, 2, spacing_5, false) +                    // 1 beside 0
                         flip_probability(2, std::sqrt(2.125), spacing_3, true) +  // 1 beats 2: a tie is lost
                         flip_probability(0.5, 0.5, spacing_17, false) +           // 2 beside 1
                         flip_probability(1, std::sqrt(2.125), spacing_40, false));  // 2 beside 0
  };
  expected(format_named("fp64"), 0, 0, 0, 0);
  // 3 bits: powers of two and quarters of them between
  expected(format_named("bin3"), 1, 0.5, 4, 8);
  // without a variance at all, ties decide
  EXPECT_EQ(expected_flips(z, margins, {}, {}, format_named("fp64")), 0);
}

}  // namespace
}  // namespace halfulp
