// The selection against all subsets of small random problems.
#include "halfulp/analysis/plan/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/base/random.hpp"

namespace halfulp {
namespace {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : stream_{seed, 0x73656c656374} {}
  double number() { return stream_.block(at_++)[0] / 4294967296.0; }
  std::size_t below(std::size_t n) { return stream_.block(at_++)[0] % n; }

 private:
  Philox4x32 stream_;
  std::uint64_t at_ = 0;
};

/// Each item has one part and one charge of its own; sizes over four decades.
SelectionProblem separate(Draws& draws, std::size_t items) {
  SelectionProblem problem;
  const auto size = [&] { return std::pow(10, 4 * draws.number()); };
  for (std::size_t i = 0; i < items; ++i) {
    problem.parts.push_back({size(), 0, 0});
    problem.charges.push_back(size());
    problem.items.push_back({{{i, 2}}, {i}});
  }
  return problem;
}

/// Neighbours lower each other's parts and share charges; some values are negative, some charges 0.
SelectionProblem shared(Draws& draws, std::size_t items) {
  SelectionProblem problem = separate(draws, items);
  for (std::size_t i = 0; i < items; ++i) {
    auto& part = problem.parts[i];
    part[1] = part[0] * draws.number();
    part[2] = part[1] * (draws.number() - 0.1);
    if (draws.number() < 0.1) problem.charges[i] = 0;
    const std::size_t other = draws.below(items);
    if (other != i) problem.items[i].moves.push_back({other, 1});
    problem.charges.push_back(1000 * draws.number());
    problem.items[i].charges.push_back(items + i / 2);
  }
  return problem;
}

template <class Visit>
void each_subset(std::size_t items, Visit visit) {
  for (std::size_t bits = 0; bits < std::size_t{1} << items; ++bits) {
    Selection s(items);
    for (std::size_t i = 0; i < items; ++i) s[i] = bits >> i & 1;
    visit(s);
  }
}

struct Optimum {
  double cost = std::numeric_limits<double>::infinity(), least = std::numeric_limits<double>::infinity();
};
Optimum optimum(const SelectionProblem& problem, double target) {
  Optimum best;
  each_subset(problem.items.size(), [&](const Selection& s) {
    const double remainder = remainder_of(problem, s);
    best.least = std::min(best.least, remainder);
    if (remainder <= target) best.cost = std::min(best.cost, cost_of(problem, s));
  });
  return best;
}

constexpr double digits = 1e-9;  // sums in another order

TEST(Selection, CostsAtMostTwiceTheOptimumWhereNothingIsShared) {
  Draws draws(1);
  double worst = 1;
  std::size_t optimal = 0, trials = 200;
  for (std::size_t trial = 0; trial < trials; ++trial) {
    const SelectionProblem problem = separate(draws, 10);
    const double whole = remainder_of(problem, Selection(10)), target = whole * draws.number();
    const auto found = cheapest(problem, target);
    ASSERT_TRUE(found) << "trial " << trial;
    EXPECT_LE(remainder_of(problem, *found), target * (1 + digits)) << "trial " << trial;
    const double ratio = cost_of(problem, *found) / optimum(problem, target).cost;
    EXPECT_GE(ratio, 1 - digits) << "trial " << trial;
    EXPECT_LE(ratio, 2) << "trial " << trial;  // proved for the greedy part (Csirik et al. 1991)
    worst = std::max(worst, ratio);
    optimal += ratio < 1 + digits;
  }
  // With exchange it is far better than the theorem: recorded, so that nobody loosens it unseen.
  EXPECT_LE(worst, 1.1);
  EXPECT_GE(optimal, trials * 95 / 100);
}

TEST(Selection, HoldsTheTargetWhereThingsAreSharedAndSaysWhereNothingReachesIt) {
  Draws draws(2);
  double worst = 1;
  std::size_t unreachable = 0;
  for (std::size_t trial = 0; trial < 200; ++trial) {
    const SelectionProblem problem = shared(draws, 9);
    const double whole = remainder_of(problem, Selection(9)), target = whole * draws.number() * 0.8;
    const auto found = cheapest(problem, target);
    const Optimum best = optimum(problem, target);
    const double least = remainder_of(problem, least_remainder(problem));
    EXPECT_NEAR(least, best.least, digits * whole) << "trial " << trial;
    ASSERT_EQ(found.has_value(), best.least <= target) << "trial " << trial;
    unreachable += !found;
    if (!found) continue;
    EXPECT_LE(remainder_of(problem, *found), target + digits * whole) << "trial " << trial;
    const double cost = cost_of(problem, *found);
    EXPECT_GE(cost, best.cost * (1 - digits)) << "trial " << trial;
    if (best.cost > 0) worst = std::max(worst, cost / best.cost);
  }
  EXPECT_GT(unreachable, 0u);
  EXPECT_LE(worst, 2);  // no theorem; observed
}

TEST(Selection, ExchangeNeverMakesItDearerAndKeepsTheTarget) {
  Draws draws(3);
  for (std::size_t trial = 0; trial < 100; ++trial) {
    const SelectionProblem problem = shared(draws, 12);
    Selection s(12);
    for (std::size_t i = 0; i < 12; ++i) s[i] = draws.number() < 0.5;
    const double target = remainder_of(problem, s);
    const Selection better = exchanged(problem, s, target);
    EXPECT_LE(cost_of(problem, better), cost_of(problem, s) * (1 + digits));
    EXPECT_LE(remainder_of(problem, better), target + digits * std::fabs(target));
  }
}

TEST(Selection, FrontierFallsAsCostRisesAndContainsNoDominatedPoint) {
  Draws draws(4);
  for (std::size_t trial = 0; trial < 20; ++trial) {
    const SelectionProblem problem = shared(draws, 10);
    const auto curve = frontier(problem);
    ASSERT_GE(curve.size(), 2u);
    // The first costs nothing; with items that are free it may already be better than nothing.
    EXPECT_EQ(cost_of(problem, curve.front()), 0);
    for (std::size_t k = 1; k < curve.size(); ++k) {
      EXPECT_GE(cost_of(problem, curve[k]), cost_of(problem, curve[k - 1]));
      EXPECT_LT(remainder_of(problem, curve[k]), remainder_of(problem, curve[k - 1]));
    }
    const double least = remainder_of(problem, least_remainder(problem));
    EXPECT_NEAR(remainder_of(problem, curve.back()), least, digits * std::fabs(least) + digits);
  }
}

TEST(Selection, SharedChargesArePaidOnce) {
  SelectionProblem problem;
  problem.parts = {{4, 1, 0}, {4, 4, 0}};
  problem.charges = {10, 3};
  problem.items = {{{{0, 2}}, {0}}, {{{0, 1}, {1, 2}}, {0, 1}}};
  EXPECT_EQ(cost_of(problem, {true, true}), 13);
  EXPECT_EQ(remainder_of(problem, {false, true}), 1);
  EXPECT_EQ(remainder_of(problem, {true, true}), 0);
}

TEST(Selection, BestItemsAreThoseThatGainMostWhateverTheyCost) {
  SelectionProblem problem;
  problem.parts = {{1, 0, 0}, {3, 0, 0}, {2, 0, 0}};
  problem.charges = {1, 1000, 10};
  problem.items = {{{{0, 2}}, {0}}, {{{1, 2}}, {1}}, {{{2, 2}}, {2}}};
  EXPECT_EQ(best_items(problem, 2), (Selection{false, true, true}));
  EXPECT_EQ(best_items(problem, 9), (Selection{true, true, true}));
  EXPECT_EQ(first_items(problem, {1, 2, 0}, 11), (Selection{true, false, true}));
}

}  // namespace
}  // namespace halfulp
