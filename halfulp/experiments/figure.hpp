// The numerical experiments of the paper (Figures 1 to 4) as plans, and curves read from their outcomes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "halfulp/experiments/outcome.hpp"

namespace halfulp {

/// Where a curve finds one of its points.
struct Point {
  double x = 0;
  std::size_t setup = 0, layer = 0;
};

/// A curve for each arithmetic of the plan.
struct Series {
  std::string variant;  // what distinguishes it beside `blocks`: "", "a" or "b", "lambda 4", "heads 2"
  Blocks blocks = Blocks::independent;
  std::size_t layers = 0;  // after how many layers; 0 where x is the layer
  Granularity granularity = Granularity::operation;
  std::vector<Point> points;
};

struct Figure {
  std::string name, title, x_label;
  bool log_x = false;
  Plan plan;
  std::vector<Series> series;
};

/// What may be changed; what is left empty is the paper's.
struct FigureOptions {
  std::vector<std::string> arithmetics;  // dec4, dec6, dec8
  std::optional<std::size_t> d, n, inner, heads;
  std::vector<std::size_t> layers;  // one; Figure 2: the depths compared
  std::optional<NormOrder> norm;
  std::vector<double> lambda;    // Figure 2: the values compared; else one
  std::vector<double> diagonal;  // low, high
  std::optional<double> input_deviation;
  std::vector<double> scales;  // Figure 3: the input's scales
  std::optional<Granularity> granularity;
  std::optional<Blocks> blocks;  // Figures 1, 2, 4: both
  bool rounded_weights = false;
  std::uint64_t seed = 1;
};

/// number 1 to 4 (arXiv:2503.10251):
///   1  errors after each of 40 layers, d = n = D = 20
///   2  errors after 10, 15, 20 layers against lambda, which multiplies W_k^T W_q
///   3  one self-attention with identity weights against the norm of its input, entries normal(1, 0.1^2)
///   scaled 4  errors after each of 40 layers, d = n = D = 10, the layer norm a) before, b) after the
///   attention
/// Throws usage_error for what makes no sense, unknown arithmetics among it.
Figure figure(int number, const FigureOptions& options);
/// "figure 1" .. "figure 4"; usage_error for others.
Figure figure_named(const std::string& name, const FigureOptions& options);

/// Trials unless asked otherwise; the paper's: 5000 (Figures 1, 2), 1000 (3, 4).
std::uint64_t trials_of(const Figure& figure);

/// The sample of one point.
const GroupedSample& at(const Figure& figure, const Outcome& outcome, const Point& point,
                        std::size_t arithmetic, Measure measure);

/// One measure of one arithmetic at every point of a series.
struct SeriesValues {
  std::vector<Sample> samples;  // of all trials
  std::vector<GroupedValue> means, medians;
};
/// Merges the groups of each point once, which is what costs.
SeriesValues values_of(const Figure& figure, const Outcome& outcome, const Series& series,
                       std::size_t arithmetic, Measure measure);

}  // namespace halfulp
