#include "halfulp/experiments/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/base/error.hpp"
#include "halfulp/experiments/figure_parts.hpp"

namespace halfulp {
namespace {

std::vector<Blocks> readings(const FigureOptions& options) {
  if (options.blocks) return {*options.blocks};
  return {Blocks::independent, Blocks::identical};
}

/// One setup, a point after each layer.
void add_by_layer(Figure& f, const Setup& s, const std::string& variant) {
  Series series{variant, s.blocks, 0, s.granularity, {}};
  for (std::size_t l = 0; l < s.layers; ++l)
    series.points.push_back({static_cast<double>(l + 1), f.plan.setups.size(), l});
  f.plan.setups.push_back(s);
  f.series.push_back(series);
}

void figure_1(Figure& f, const FigureOptions& o) {
  f.title = "Relative error after each layer";
  f.x_label = "layer";
  Setup s = changed({}, o);
  s.perceptron_deviation = perceptron_deviation(s.d);
  s.layers = one_of("--layers", o.layers, std::size_t{40});
  s.lambda = one_of("--lambda", o.lambda, 1.0);
  for (const Blocks blocks : readings(o)) {
    s.blocks = blocks;
    add_by_layer(f, s, "");
  }
}

void figure_2(Figure& f, const FigureOptions& o) {
  f.title = "Relative error against the scale of W_k^T W_q";
  f.x_label = "lambda";
  f.log_x = true;
  std::vector<double> lambdas = o.lambda;
  if (lambdas.empty())
    for (int e = -8; e <= 4; ++e) lambdas.push_back(std::ldexp(1.0, e));
  std::sort(lambdas.begin(), lambdas.end());
  const std::vector<std::size_t> depths = o.layers.empty() ? std::vector<std::size_t>{10, 15, 20} : o.layers;
  Setup s = changed({}, o);
  s.perceptron_deviation = perceptron_deviation(s.d);
  s.layers = *std::max_element(depths.begin(), depths.end());
  for (const Blocks blocks : readings(o)) {
    s.blocks = blocks;
    const std::size_t first = f.plan.setups.size();
    for (const double lambda : lambdas) {
      s.lambda = lambda;
      f.plan.setups.push_back(s);
    }
    for (const std::size_t depth : depths) {
      Series series{"", blocks, depth, s.granularity, {}};
      for (std::size_t i = 0; i < lambdas.size(); ++i)
        series.points.push_back({lambdas[i], first + i, depth - 1});
      f.series.push_back(series);
    }
  }
}

void figure_3(Figure& f, const FigureOptions& o) {
  f.title = "Relative error of one self-attention against the norm of its input";
  f.x_label = "root mean square norm of a column of the input";
  f.log_x = true;
  if (o.norm || !o.layers.empty() || !o.lambda.empty() || !o.diagonal.empty() || o.blocks || o.inner)
    throw usage_error(
        "figure 3 is one self-attention with identity weights: no --norm, --layers, --lambda, --diag, "
        "--blocks, --D");
  Setup s;
  s.attention_only = true;
  s.d = s.n = 10;
  s.inner = s.layers = 1;
  s.input_mean = 1;
  s.input_deviation = 0.1;
  s = changed(s, o);
  Series series{"", Blocks::identical, 1, s.granularity, {}};
  std::vector<double> scales = o.scales;
  if (scales.empty())
    for (int e = -8; e <= 12; ++e)  // half octaves; sqrt is the same everywhere
      scales.push_back(std::ldexp(e % 2 == 0 ? 1.0 : std::sqrt(2.0), e >= 0 ? e / 2 : -((1 - e) / 2)));
  std::sort(scales.begin(), scales.end());
  // E ||x||_2^2 = d scale^2 (mean^2 + deviation^2) for a column x of the input.
  const double square = s.input_mean * s.input_mean + s.input_deviation * s.input_deviation;
  for (const double scale : scales) {
    s.input_scale = scale;
    series.points.push_back({scale * std::sqrt(static_cast<double>(s.d) * square), f.plan.setups.size(), 0});
    f.plan.setups.push_back(s);
  }
  f.series.push_back(series);
}

void figure_4(Figure& f, const FigureOptions& o) {
  f.title = "Relative error after each layer: layer norm before (a) and after (b) the attention";
  f.x_label = "layer";
  Setup s;
  s.d = s.n = s.inner = 10;
  s.attention_deviation = s.perceptron_deviation = std::sqrt(0.1);
  s.diagonal_low = s.diagonal_high = 1;
  s = changed(s, o);
  s.layers = one_of("--layers", o.layers, std::size_t{40});
  s.lambda = one_of("--lambda", o.lambda, 1.0);
  for (const Blocks blocks : readings(o)) {
    s.blocks = blocks;
    if (o.norm) {
      add_by_layer(f, s, "");
      continue;
    }
    s.norm = NormOrder::layer;
    add_by_layer(f, s, "a");
    s.norm = NormOrder::post;
    add_by_layer(f, s, "b");
  }
}

}  // namespace

Figure figure(int number, const FigureOptions& options) {
  Figure f;
  f.name = fmt::format("figure {}", number);
  f.plan.arithmetics = arithmetics_of(options, {"dec4", "dec6", "dec8"});
  f.plan.seed = options.seed;
  if (number != 3 && !options.scales.empty()) throw usage_error("--scales are for figure 3");
  for (const std::size_t layers : options.layers)  // before a point is made for each
    if (layers < 1 || layers > 4096)
      throw usage_error(fmt::format("--layers {}: a whole number from 1 to 4096", layers));
  switch (number) {
    case 1:
      figure_1(f, options);
      return f;
    case 2:
      figure_2(f, options);
      return f;
    case 3:
      figure_3(f, options);
      return f;
    case 4:
      figure_4(f, options);
      return f;
    default:
      throw usage_error(fmt::format("figure {}: the paper has figures 1, 2, 3 and 4", number));
  }
}

Figure figure_named(const std::string& name, const FigureOptions& options) {
  for (const int number : {1, 2, 3, 4})
    if (name == fmt::format("figure {}", number)) return figure(number, options);
  throw usage_error(fmt::format("there is no experiment '{}'", name.substr(0, 64)));
}

std::uint64_t trials_of(const Figure& figure) {
  return figure.name == "figure 1" || figure.name == "figure 2" ? 5000 : 1000;
}

const GroupedSample& at(const Figure& figure, const Outcome& outcome, const Point& point,
                        std::size_t arithmetic, Measure measure) {
  return outcome.at(figure.plan.cell_of(point.setup, arithmetic, point.layer, measure));
}

SeriesValues values_of(const Figure& figure, const Outcome& outcome, const Series& series,
                       std::size_t arithmetic, Measure measure) {
  SeriesValues values;
  for (const Point& point : series.points) {
    const GroupedSample& groups = at(figure, outcome, point, arithmetic, measure);
    const Sample& all = values.samples.emplace_back(groups.total());
    values.means.push_back(value_of(Statistic::mean, groups, all));
    values.medians.push_back(value_of(Statistic::median, groups, all));
  }
  return values;
}

}  // namespace halfulp
