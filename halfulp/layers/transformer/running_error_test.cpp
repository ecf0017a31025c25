// Running errors of whole models: every tensor of every site has the bits of the simulated run, and the exact
// one lies within its bound, for every format, direction and order of summation.
#include <gtest/gtest.h>

#include <map>

#include "halfulp/layers/transformer/random_model_testing.hpp"

namespace halfulp {
namespace {

using testing::Draws;
using testing::RandomModel;

template <class V>
using Pass = std::map<std::pair<std::size_t, Tensor>, Matrix<V>>;

template <class A>
Pass<Value<A>> pass(const RandomModel& model, std::size_t flash_block, Shift shift, const A& everywhere) {
  Pass<Value<A>> all;
  forward(
      model.architecture,
      [&](std::size_t layer, Site s) {
        Place place = model.place(layer, s);
        place.flash_block = flash_block;
        place.shift = shift;
        return place;
      },
      [&](std::size_t, Site) { return everywhere; },
      [&](std::size_t layer, Site s, const Tensors<Value<A>>& tensors) {
        for (const Tensor t : tensors_of(s, model.architecture, flash_block > 0).writes)
          all[{layer, t}] = tensors[t];
      });
  return all;
}

bool is_masked(Tensor t, std::size_t row, std::size_t column, std::size_t tokens) {
  return t == Tensor::score && row % tokens > column;
}

/// Distance of numbers from the middle over the bound; what is above 1 breaks it.  Infinite bounds say 0.
double part_of(const Bounded& a, DoubleDouble exact) {
  if (a.e == HUGE_VAL) return 0;
  const DoubleDouble distance = DoubleDouble{a.x} - exact;
  const double slack = 0x1p-85 * std::fabs(exact.hi);  // of double-double itself
  return std::fabs(distance.hi) <= slack ? 0 : (std::fabs(distance.hi) - slack) / a.e;
}

struct Setting {
  std::string in, acc, out;
  Summation summation;
};

std::vector<Setting> settings() {
  std::vector<Setting> all;
  const Summation orders[] = {{Order::recursive, 0, false},
                              {Order::recursive, 0, true},
                              {Order::pairwise, 0, false},
                              {Order::blocked, 3, false}};
  std::size_t i = 0;
  for (const char* format : {"bin8", "bf16", "fp16", "e4m3fn", "dec4", "fp32", "bin20"})
    for (const char* mode : {"", ":stochastic", ":toward-zero"}) {
      if (std::string(format) == "dec4" && *mode) continue;
      const std::string rule = std::string(format) + mode;
      all.push_back({rule, rule, rule, orders[i++ % 4]});
      all.push_back({rule, "fp32", rule, orders[i++ % 4]});
      all.push_back({"fp32", rule, "fp32", orders[i++ % 4]});
    }
  return all;
}

Staged staged(const Setting& setting, std::uint64_t key) {
  Staged all;
  const StepFormats f{rounding_rule(setting.in), rounding_rule(setting.acc), rounding_rule(setting.out)};
  for (std::size_t s = 0; s < step_count; ++s)
    all.set(static_cast<Step>(s), Simulated(f, setting.summation, RandomStream(key + s)));
  return all;
}

class RunningErrorOfModels : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RunningErrorOfModels, HasTheBitsOfTheRunAndContainsExactArithmetic) {
  const Architecture architecture = testing::every_architecture()[GetParam()];
  Draws draws(50 + GetParam());
  int seed = 0;
  std::size_t finite = 0, claims = 0;
  double worst = 0;
  for (const Setting& setting : settings()) {
    const RandomModel model = testing::random_model(architecture, 5, draws);
    const std::size_t flash = seed++ % 3 == 2 ? 2 : 0;
    const Shift shift = seed % 5 == 4 ? Shift::none : Shift::by_maximum;
    SCOPED_TRACE(setting.in + " " + setting.acc + " " + setting.out + ", flash " + std::to_string(flash));
    const Staged recipe = staged(setting, 100 * seed);
    const auto values = pass(model, flash, shift, recipe);
    const auto exact = pass(model, flash, shift, DoubleDoubleArithmetic());
    const bool random = (setting.in + setting.acc).find("stoch") != std::string::npos;
    const auto other = pass(model, flash, shift, staged(setting, 100 * seed + 50));
    for (const Runs runs : {Runs::this_one, Runs::all})
      for (const auto& [where, bounded] : pass(model, flash, shift, with_running_errors(recipe, runs)))
        for (std::size_t i = 0; i < bounded.rows(); ++i)
          for (std::size_t t = 0; t < bounded.columns(); ++t) {
            if (is_masked(where.second, i, t, bounded.columns())) continue;
            const Bounded b = bounded(i, t);
            const double x = values.at(where)(i, t);
            ASSERT_TRUE(b.x == x || (x != x && b.x != b.x))
                << "layer " << where.first << " tensor " << int(where.second) << " (" << i << ", " << t
                << "): " << b.x << " instead of " << x;
            const double part = part_of(b, exact.at(where)(i, t));
            ASSERT_LE(part, 1) << "layer " << where.first << " tensor " << int(where.second) << " (" << i
                               << ", " << t << "): " << b.x << " +- " << b.e;
            if (runs == Runs::all && random && b.e < HUGE_VAL) {
              ASSERT_LE(std::fabs(other.at(where)(i, t) - b.x), b.e * (1 + 0x1p-52))
                  << "another run, layer " << where.first << " tensor " << int(where.second);
            }
            worst = std::fmax(worst, part);
            ++claims;
            finite += b.e < HUGE_VAL;
          }
  }
  // The bounds are of some use: they are attained, and most say something.
  EXPECT_GT(worst, 0.8);
  EXPECT_GT(static_cast<double>(finite), 0.4 * static_cast<double>(claims));
  RecordProperty("finite", std::to_string(static_cast<double>(finite) / static_cast<double>(claims)));
}

INSTANTIATE_TEST_SUITE_P(Every, RunningErrorOfModels, ::testing::Range<std::size_t>(0, 5));

}  // namespace
}  // namespace halfulp
