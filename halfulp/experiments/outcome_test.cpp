#include "halfulp/experiments/outcome.hpp"

#include <gtest/gtest.h>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"

namespace halfulp {
namespace {

Plan plan_of(std::uint64_t seed = 3) {
  Setup s;
  s.d = 4;
  s.n = 3;
  s.inner = 5;
  s.layers = 2;
  Setup t = s;
  t.layers = 3;
  t.blocks = Blocks::identical;
  const auto all_in = [](const std::string& name) {
    return Arithmetics{name, rounding_rule(name), {}, rounding_rule(name)};
  };
  return {{s, t}, {all_in("bin8"), all_in("dec4")}, seed};
}
Outcome made(const Plan& plan, TrialRange range) {
  Outcome outcome(plan);
  run_plan(plan, range, outcome, {});
  return outcome;
}
std::vector<std::uint64_t> words_of(const Outcome& outcome) {
  std::vector<std::uint64_t> words;
  outcome.append_to(words);
  return words;
}

TEST(Outcome, TheSameForAnyThreadsAndAnyParts) {
  const Plan plan = plan_of();
  const Outcome whole = made(plan, {0, 100});
  EXPECT_EQ(whole.trials(), 100u);
  for (const std::size_t count : {1, 2, 3}) {
    set_threads(count);
    EXPECT_EQ(made(plan, {0, 100}), whole) << count << " threads";
  }
  set_threads(0);
  Outcome parts = made(plan, {37, 100});
  parts.merge(made(plan, {0, 5}));
  EXPECT_EQ(parts.done(), (std::vector<TrialRange>{{0, 5}, {37, 100}}));
  EXPECT_EQ(parts.missing({0, 120}), (std::vector<TrialRange>{{5, 37}, {100, 120}}));
  run_plan(plan, {0, 100}, parts, {});
  EXPECT_EQ(parts, whole);
  EXPECT_EQ(words_of(parts), words_of(whole));
}

TEST(Outcome, CellsAreWhereThePlanSays) {
  const Plan plan = plan_of();
  EXPECT_EQ(plan.cells(), 2u * (2 + 3) * 2);
  const Outcome outcome = made(plan, {0, 40});
  std::vector<double> errors(trials_at_once * 2 * 3 * 2);
  run_trials(plan.setups[1], plan.arithmetics, plan.seed, 16, errors.data());
  Sample alone;
  for (std::size_t t = 0; t < trials_at_once; ++t)
    alone.add(errors[t * 12 + cell(3, 1, 2, Measure::normwise)]);
  // The trials 16 .. 31 are one of each group: their sample is inside the whole.
  const Sample all = outcome.at(plan.cell_of(1, 1, 2, Measure::normwise)).total();
  EXPECT_EQ(all.count(), 40u);
  EXPECT_LE(all.smallest(), alone.smallest());
  EXPECT_GE(all.largest(), alone.largest());
  const Outcome second = made(plan, {16, 32});
  EXPECT_EQ(second.at(plan.cell_of(1, 1, 2, Measure::normwise)).total(), alone);
}

TEST(Outcome, NothingCountsTwiceAndNothingForeignMerges) {
  const Plan plan = plan_of();
  Outcome outcome = made(plan, {0, 20});
  const Outcome before = outcome;
  EXPECT_THROW(outcome.merge(made(plan, {19, 30})), input_error);
  EXPECT_EQ(outcome, before);
  EXPECT_THROW(outcome.merge(made(plan_of(4), {20, 30})), input_error);
  EXPECT_EQ(outcome, before);
  outcome.merge(Outcome(plan));
  EXPECT_EQ(outcome, before);
}

TEST(Outcome, WordsRoundTripAndDamageIsSeen) {
  const Outcome outcome = made(plan_of(), {0, 33});
  const std::vector<std::uint64_t> words = words_of(outcome);
  std::span<const std::uint64_t> rest = words;
  EXPECT_EQ(Outcome::read(rest), outcome);
  EXPECT_TRUE(rest.empty());
  for (std::size_t length = 0; length < words.size(); length += 1 + length / 7) {
    std::span<const std::uint64_t> cut(words.data(), length);
    EXPECT_THROW(Outcome::read(cut), input_error) << length;
  }
  for (std::size_t i = 0; i < words.size(); i += 1 + words.size() / 200)
    for (const std::uint64_t damage : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
      std::vector<std::uint64_t> hostile = words;
      hostile[i] ^= damage;
      std::span<const std::uint64_t> view = hostile;
      try {
        EXPECT_FALSE(Outcome::read(view) == outcome) << i;
      } catch (const input_error&) {
      } catch (const resource_error&) {
      }
    }
}

}  // namespace
}  // namespace halfulp
