#include "halfulp/analysis/attribution/step_sums.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/layers/room_laws_testing.hpp"

namespace halfulp {
namespace {

using Among = Sharing::Among;
using testing::Draws;

constexpr std::size_t rows = 7, tokens = 9, functionals = 3;

struct Example {
  Matrix<double> adjoint, error, radius, spread;
  explicit Example(Draws& draws)
      : adjoint(draws.matrix(rows, tokens * functionals)),
        error(draws.matrix(rows, tokens)),
        radius(rows, tokens),
        spread(rows, tokens) {
    for (std::size_t k = 0; k < error.values().size(); ++k) {
      if (draws.below(4) == 0) error.values()[k] = 0;
      radius.values()[k] = 2 * std::fabs(error.values()[k]) + 0.1;
      spread.values()[k] = 0.5 * radius.values()[k];
    }
  }
  /// The tokens of the piece in two parts.
  StepSums sums(Sharing sharing) const {
    StepSums all(sharing, tokens, functionals);
    for (const auto& [first, count] : {std::pair<std::size_t, std::size_t>{0, 4}, {4, 5}})
      all.add({adjoint.view().columns_part(first * functionals, count * functionals),
               error.view().columns_part(first, count), radius.view().columns_part(first, count),
               spread.view().columns_part(first, count), first});
    return all;
  }
  double term(std::size_t i, std::size_t t, std::size_t p) const {
    return adjoint(i, t * functionals + p) * error(i, t);
  }
  double size(std::size_t i, std::size_t t, std::size_t p) const {
    return std::fabs(adjoint(i, t * functionals + p)) * radius(i, t);
  }
};

TEST(StepSums, SquaresOfTheSumsOverWhatSharesARounding) {
  Draws draws(3);
  const Example e(draws);
  for (const Among among : {Among::nobody, Among::column, Among::token, Among::everything}) {
    const StepSums sums = e.sums({among, false});
    for (std::size_t p = 0; p < functionals; ++p) {
      double variance = 0, martingale = 0, deterministic = 0, whole = 0, whole_size = 0;
      for (std::size_t t = 0; t < tokens; ++t) {
        double column = 0, column_size = 0;
        for (std::size_t i = 0; i < rows; ++i) {
          column += e.term(i, t, p);
          column_size += e.size(i, t, p);
          deterministic += e.size(i, t, p);
          if (among == Among::nobody) {
            variance += e.term(i, t, p) * e.term(i, t, p);
            martingale += e.size(i, t, p) * e.size(i, t, p) / 4;
          }
        }
        if (among == Among::column || among == Among::token) {
          variance += column * column;
          martingale += column_size * column_size;
        }
        whole += column;
        whole_size += column_size;
      }
      if (among == Among::everything) {
        variance = whole * whole;
        martingale = whole_size * whole_size;
      }
      EXPECT_NEAR(sums.variance(sums.open())[p], variance, 1e-12 * variance);
      EXPECT_NEAR(sums.martingale(sums.open())[p], martingale, 1e-12 * martingale);
      EXPECT_NEAR(sums.deterministic()[p], deterministic, 1e-12 * deterministic);
    }
  }
}

TEST(StepSums, LayersThatShareARoundingAddUpToTheSquareOfTheirSum) {
  Draws draws(4);
  const Example a(draws), b(draws);
  for (const Among among : {Among::token, Among::everything}) {
    const StepSums first = a.sums({among, true}), second = b.sums({among, true});
    StepSums::Groups together = first.open();
    together.add(second.open());
    for (std::size_t p = 0; p < functionals; ++p) {
      double expected = 0, whole = 0;
      for (std::size_t t = 0; t < tokens; ++t) {
        double column = 0;
        for (std::size_t i = 0; i < rows; ++i) column += a.term(i, t, p) + b.term(i, t, p);
        expected += column * column;
        whole += column;
      }
      if (among == Among::everything) expected = whole * whole;
      EXPECT_NEAR(first.variance(together)[p] + second.variance(together)[p], expected, 1e-12 * expected);
    }
  }
}

TEST(StepSums, AnErrorWithoutBoundIsSeenUnlessNothingReadsIt) {
  Matrix<double> adjoint(2, functionals, 1.0), error(2, 1), none;
  for (std::size_t p = 0; p < functionals; ++p) adjoint(0, p) = p == 0 ? 0 : 1;
  for (const double wrong : {HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    error(0, 0) = wrong;
    StepSums sums({Among::nobody, false}, 1, functionals);
    sums.add({adjoint, error, {}, {}, 0});
    EXPECT_EQ(sums.variance(sums.open())[0], 0);
    EXPECT_EQ(sums.variance(sums.open())[1], HUGE_VAL);
  }
}

}  // namespace
}  // namespace halfulp
