// The figures against medians of an independent implementation (NumPy, other random numbers), each with the
// standard error of its 200 to 5000 trials: equal within four standard errors of the difference.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <tuple>

#include "halfulp/experiments/figure.hpp"

namespace halfulp {
namespace {

struct Known {
  int figure;
  Granularity granularity;
  Blocks blocks;
  std::string variant;  // Figure 4: a, b; Figure 2: layers
  double x;             // layer, lambda; Figure 3: the input's scale
  std::string arithmetic;
  Measure measure;
  double median, se;
};

const std::vector<Known>& known() {
  static const std::vector<Known> rows{
      // clang-format off
      {1, Granularity::array, Blocks::independent, "", 1, "dec4", Measure::componentwise, 0.246, 0.006},
      {1, Granularity::array, Blocks::independent, "", 10, "dec4", Measure::componentwise, 5.31, 0.19},
      {1, Granularity::array, Blocks::independent, "", 20, "dec4", Measure::componentwise, 20.98, 0.59},
      {1, Granularity::array, Blocks::independent, "", 40, "dec4", Measure::componentwise, 48.65, 1.3},
      {1, Granularity::array, Blocks::independent, "", 10, "dec8", Measure::componentwise, 0.0004556, 1.5e-05},
      {1, Granularity::array, Blocks::identical, "", 10, "dec8", Measure::componentwise, 9.602e-05, 3.4e-06},
      {1, Granularity::array, Blocks::independent, "", 40, "dec8", Measure::componentwise, 0.014, 0.00054},
      {1, Granularity::array, Blocks::identical, "", 40, "dec8", Measure::componentwise, 8.797e-05, 3e-06},
      {1, Granularity::operation, Blocks::independent, "", 10, "dec6", Measure::componentwise, 0.09488, 0.018},
      {1, Granularity::operation, Blocks::identical, "", 10, "dec6", Measure::componentwise, 0.01479, 0.0017},
      {1, Granularity::operation, Blocks::independent, "", 40, "dec6", Measure::componentwise, 2.889, 0.71},
      {1, Granularity::operation, Blocks::identical, "", 40, "dec6", Measure::componentwise, 0.01224, 0.0019},
      {4, Granularity::array, Blocks::identical, "a", 10, "dec8", Measure::componentwise, 3.059e-06, 1.5e-07},
      {4, Granularity::array, Blocks::independent, "a", 10, "dec6", Measure::componentwise, 0.000698, 3.7e-05},
      {4, Granularity::operation, Blocks::identical, "a", 10, "dec8", Measure::componentwise, 3.879e-06, 4.2e-07},
      {4, Granularity::array, Blocks::identical, "b", 10, "dec8", Measure::componentwise, 5.571e-06, 3.9e-07},
      {4, Granularity::array, Blocks::independent, "b", 10, "dec6", Measure::componentwise, 0.001193, 6.9e-05},
      {4, Granularity::operation, Blocks::identical, "b", 10, "dec8", Measure::componentwise, 6.441e-06, 1e-06},
      {4, Granularity::array, Blocks::identical, "a", 40, "dec8", Measure::componentwise, 2.829e-06, 1.9e-07},
      {4, Granularity::array, Blocks::independent, "a", 40, "dec6", Measure::componentwise, 0.0008123, 3.7e-05},
      {4, Granularity::operation, Blocks::identical, "a", 40, "dec8", Measure::componentwise, 2.708e-06, 3e-07},
      {4, Granularity::array, Blocks::identical, "b", 40, "dec8", Measure::componentwise, 8.431e-06, 6.1e-07},
      {4, Granularity::array, Blocks::independent, "b", 40, "dec6", Measure::componentwise, 0.007677, 0.00048},
      {4, Granularity::operation, Blocks::identical, "b", 40, "dec8", Measure::componentwise, 9.671e-06, 2.1e-06},
      {2, Granularity::array, Blocks::independent, "10", 0.0625, "dec8", Measure::componentwise, 0.0001053, 5e-06},
      {2, Granularity::array, Blocks::independent, "20", 0.0625, "dec8", Measure::componentwise, 0.0001489, 8.2e-06},
      {2, Granularity::array, Blocks::independent, "10", 1, "dec8", Measure::componentwise, 0.0004797, 4e-05},
      {2, Granularity::array, Blocks::independent, "20", 1, "dec8", Measure::componentwise, 0.002048, 0.00016},
      {2, Granularity::array, Blocks::independent, "10", 16, "dec8", Measure::componentwise, 9.765e-05, 5.6e-06},
      {2, Granularity::array, Blocks::independent, "20", 16, "dec8", Measure::componentwise, 0.0003475, 2.4e-05},
      {3, Granularity::operation, Blocks::identical, "", 0.125, "dec6", Measure::componentwise, 9.067e-06, 1.2e-07},
      {3, Granularity::array, Blocks::identical, "", 0.125, "dec8", Measure::componentwise, 5.995e-08, 2.8e-10},
      {3, Granularity::operation, Blocks::identical, "", 4, "dec6", Measure::componentwise, 2.346e-05, 6.5e-07},
      {3, Granularity::array, Blocks::identical, "", 4, "dec8", Measure::componentwise, 4.081e-08, 4.6e-10},
      {3, Granularity::operation, Blocks::identical, "", 32, "dec6", Measure::componentwise, 3.419e-06, 5.8e-07},
      {3, Granularity::array, Blocks::identical, "", 32, "dec8", Measure::componentwise, 2.681e-08, 6.6e-10},
      {1, Granularity::array, Blocks::independent, "", 1, "dec4", Measure::normwise, 0.0009144, 3.3e-05},
      {1, Granularity::array, Blocks::independent, "", 10, "dec4", Measure::normwise, 0.0236, 0.00071},
      {1, Granularity::array, Blocks::independent, "", 20, "dec4", Measure::normwise, 0.09937, 0.0018},
      {1, Granularity::array, Blocks::independent, "", 40, "dec4", Measure::normwise, 0.202, 0.0025},
      {1, Granularity::array, Blocks::independent, "", 10, "dec8", Measure::normwise, 2.03e-06, 5.2e-08},
      {1, Granularity::array, Blocks::identical, "", 10, "dec8", Measure::normwise, 3.703e-07, 8.9e-09},
      {1, Granularity::array, Blocks::independent, "", 40, "dec8", Measure::normwise, 6.514e-05, 2.2e-06},
      {1, Granularity::array, Blocks::identical, "", 40, "dec8", Measure::normwise, 3.013e-07, 6.9e-09},
      {1, Granularity::operation, Blocks::independent, "", 10, "dec6", Measure::normwise, 0.0004793, 6.3e-05},
      {1, Granularity::operation, Blocks::identical, "", 10, "dec6", Measure::normwise, 6.173e-05, 6.4e-06},
      {1, Granularity::operation, Blocks::independent, "", 40, "dec6", Measure::normwise, 0.01534, 0.0034},
      {1, Granularity::operation, Blocks::identical, "", 40, "dec6", Measure::normwise, 4.781e-05, 5.8e-06},
      {4, Granularity::array, Blocks::identical, "a", 10, "dec8", Measure::normwise, 5.413e-08, 4e-10},
      {4, Granularity::array, Blocks::independent, "a", 10, "dec6", Measure::normwise, 7.336e-06, 9.1e-08},
      {4, Granularity::operation, Blocks::identical, "a", 10, "dec8", Measure::normwise, 6.301e-08, 1.9e-09},
      {4, Granularity::array, Blocks::identical, "b", 10, "dec8", Measure::normwise, 7.305e-08, 1.4e-09},
      {4, Granularity::array, Blocks::independent, "b", 10, "dec6", Measure::normwise, 1.383e-05, 3e-07},
      {4, Granularity::operation, Blocks::identical, "b", 10, "dec8", Measure::normwise, 9.407e-08, 4.2e-09},
      {4, Granularity::array, Blocks::identical, "a", 40, "dec8", Measure::normwise, 6.746e-08, 8.5e-10},
      {4, Granularity::array, Blocks::independent, "a", 40, "dec6", Measure::normwise, 1.316e-05, 1.3e-07},
      {4, Granularity::operation, Blocks::identical, "a", 40, "dec8", Measure::normwise, 7.138e-08, 2.7e-09},
      {4, Granularity::array, Blocks::identical, "b", 40, "dec8", Measure::normwise, 1.115e-07, 3.9e-09},
      {4, Granularity::array, Blocks::independent, "b", 40, "dec6", Measure::normwise, 9.154e-05, 5e-06},
      {4, Granularity::operation, Blocks::identical, "b", 40, "dec8", Measure::normwise, 1.254e-07, 9.3e-09},
      {2, Granularity::array, Blocks::independent, "10", 0.0625, "dec8", Measure::normwise, 3.376e-07, 6.8e-09},
      {2, Granularity::array, Blocks::independent, "20", 0.0625, "dec8", Measure::normwise, 4.514e-07, 1.4e-08},
      {2, Granularity::array, Blocks::independent, "10", 1, "dec8", Measure::normwise, 1.907e-06, 1.5e-07},
      {2, Granularity::array, Blocks::independent, "20", 1, "dec8", Measure::normwise, 9.185e-06, 7.3e-07},
      {2, Granularity::array, Blocks::independent, "10", 16, "dec8", Measure::normwise, 3.906e-07, 4.5e-08},
      {2, Granularity::array, Blocks::independent, "20", 16, "dec8", Measure::normwise, 1.613e-06, 1.2e-07},
      {3, Granularity::operation, Blocks::identical, "", 0.125, "dec6", Measure::normwise, 3.304e-06, 2.3e-08},
      {3, Granularity::array, Blocks::identical, "", 0.125, "dec8", Measure::normwise, 2.574e-08, 6.9e-11},
      {3, Granularity::operation, Blocks::identical, "", 4, "dec6", Measure::normwise, 6.356e-06, 1.3e-07},
      {3, Granularity::array, Blocks::identical, "", 4, "dec8", Measure::normwise, 1.353e-08, 9.7e-11},
      {3, Granularity::operation, Blocks::identical, "", 32, "dec6", Measure::normwise, 1.091e-06, 6.5e-08},
      {3, Granularity::array, Blocks::identical, "", 32, "dec8", Measure::normwise, 9.831e-09, 1e-10},
      // clang-format on
  };
  return rows;
}

constexpr std::uint64_t trials = 480;

/// The figure that a row is of, with as few setups as the row needs.
struct Made {
  Figure figure;
  Outcome outcome;
};
const Made& made(const Known& row) {
  using Key = std::tuple<int, Granularity, Blocks, std::string, double>;
  static std::map<Key, Made> all;
  const double own_x = row.figure == 2 || row.figure == 3 ? row.x : 0;
  const Key key{row.figure, row.granularity, row.blocks, row.arithmetic, own_x};
  if (const auto found = all.find(key); found != all.end()) return found->second;
  FigureOptions options;
  options.arithmetics = {row.arithmetic};
  options.granularity = row.granularity;
  if (row.figure != 3) options.blocks = row.blocks;
  if (row.figure == 2) options.lambda = {row.x};
  if (row.figure == 3) options.scales = {row.x};
  Made m{figure(row.figure, options), {}};
  m.outcome = Outcome(m.figure.plan);
  run_plan(m.figure.plan, {0, trials}, m.outcome, {});
  return all.emplace(key, std::move(m)).first->second;
}

const Point& point_of(const Known& row, const Figure& f) {
  for (const Series& series : f.series) {
    const std::string variant = row.figure == 2 ? std::to_string(series.layers) : series.variant;
    if (variant != row.variant) continue;
    return series.points[row.figure == 1 || row.figure == 4 ? static_cast<std::size_t>(row.x) - 1 : 0];
  }
  throw std::logic_error("no such series");
}

TEST(Figures, MediansAreThoseOfAnIndependentImplementation) {
  double largest = 0;
  for (const Known& row : known()) {
    const Made& m = made(row);
    const Summary s = summarise(at(m.figure, m.outcome, point_of(row, m.figure), 0, row.measure).total());
    const double own_se = (s.median_ci.high - s.median_ci.low) / (2 * 1.96);
    const double deviations = (s.median - row.median) / std::sqrt(own_se * own_se + row.se * row.se);
    largest = std::max(largest, std::fabs(deviations));
    EXPECT_LT(std::fabs(deviations), 4)
        << "figure " << row.figure << " " << row.variant << " " << row.arithmetic << " at " << row.x << ": "
        << s.median << ", known " << row.median;
  }
  EXPECT_GT(largest, 0.5);  // the two are independent
}

}  // namespace
}  // namespace halfulp
