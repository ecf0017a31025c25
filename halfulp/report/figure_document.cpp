#include "halfulp/report/figure_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/report/figure_options.hpp"
#include "halfulp/report/json_number.hpp"
#include "halfulp/report/provenance.hpp"
#include "halfulp/report/statistics_document.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

struct Span {
  std::size_t first, last;
};

/// All points, and both halves where each has two.
std::vector<Span> spans(std::size_t points) {
  if (points < 2) return {};
  if (points < 4) return {{0, points - 1}};
  return {{0, points - 1}, {0, points / 2 - 1}, {points / 2, points - 1}};
}

Json fitted(const Growth& growth, double from, double to) {
  return {{"from", from}, {"to", to}, {"rate", number(growth.rate)}, {"interval", interval(growth.interval)}};
}

Json growth_by_layer(const std::vector<double>& x, const SeriesValues& values) {
  Json growth = {{"unit", "decades per layer"}, {"mean", Json::array()}, {"median", Json::array()}};
  for (const Span& span : spans(x.size()))
    for (const auto& [key, of] : {std::pair{"mean", &values.means}, {"median", &values.medians}})
      growth[key].push_back(fitted(fit_growth(*of, span.first, span.last), x[span.first], x[span.last]));
  return growth;
}

/// The largest power over one decade of x, or one octave where x spans less than a decade; a range begins at
/// a point and ends at the first that is as far.  Rate null where no range is as long or has only positive
/// values.
Json steepest(const std::vector<double>& x, const std::vector<GroupedValue>& values) {
  const double length = x.back() >= 10 * x.front() ? 10 : 2;
  Json best = {{"from", nullptr}, {"to", nullptr}, {"rate", nullptr}};
  double largest = -HUGE_VAL;
  for (std::size_t first = 0, last = 0; first < x.size(); ++first) {
    // Norms are rounded: ranges of a decade may end half an ulp before it.
    while (last < x.size() && x[last] < length * x[first] * (1 - 1e-12)) ++last;
    if (last == x.size()) break;
    const double rate = fit_power(x, values, first, last).rate;
    if (!(rate > largest)) continue;
    largest = rate;
    best = {{"from", x[first]}, {"to", x[last]}, {"rate", number(rate)}};
  }
  return best;
}

Json growth_as_power(const std::vector<double>& x, const SeriesValues& values) {
  Json growth = {{"unit", "power"}, {"mean", Json::array()}, {"median", Json::array()}};
  for (const auto& [key, of] : {std::pair{"mean", &values.means}, {"median", &values.medians}}) {
    if (x.size() > 1) growth[key].push_back(fitted(fit_power(x, *of, 0, x.size() - 1), x.front(), x.back()));
    growth["steepest"][key] = steepest(x, *of);
    std::vector<double> y;
    for (const GroupedValue& value : *of) y.push_back(value.all);
    Json& slopes = growth["local_slope"][key] = Json::array();
    for (const double slope : local_slopes(x, y)) slopes.push_back(number(slope));
  }
  return growth;
}

/// Bins of a tenth of a decade, a quarter where there are few trials, from the smallest value to the largest.
Json histogram(const Sample& sample) {
  const int per_decade = sample.count() < 1000 ? 4 : 10;
  const std::vector<Sample::Bucket> buckets = sample.buckets();
  std::vector<double> edges;
  if (!buckets.empty()) {
    const auto bin = [&](double value) {
      return static_cast<int>(std::floor(halfulp::log(value) / 2.302585092994046 * per_decade));
    };
    for (int e = bin(buckets.front().value); e <= bin(buckets.back().value) + 1; ++e)
      edges.push_back(static_cast<double>(e) / per_decade);
  }
  Json all = {{"log10_edges", edges}, {"counts", Json::array()}};
  if (edges.size() > 1) all["counts"] = sample.histogram(edges);
  all["zeros"] = sample.zeros();
  all["infinite"] = sample.infinite();
  all["mean"] = number(sample.sum() / static_cast<double>(sample.count()));
  return all;
}

Json series_of(const Figure& figure, const Series& series, std::size_t arithmetic, const Outcome& outcome) {
  Json one = {{"arithmetic", figure.plan.arithmetics[arithmetic].name},
              {"blocks", name_of(series.blocks)},
              {"variant", series.variant},
              {"layers", series.layers == 0 ? Json(nullptr) : Json(series.layers)},
              {"granularity", name_of(series.granularity)},
              {"trials", outcome.trials()}};
  std::vector<double> x;
  for (const Point& point : series.points) x.push_back(point.x);
  one["x"] = x;
  for (std::size_t m = 0; m < measure_count; ++m) {
    const SeriesValues values = values_of(figure, outcome, series, arithmetic, measures[m]);
    Json& to = one[measure_names[m]] = statistics_of(values.samples);
    if (series.layers == 0)
      to["growth"] = growth_by_layer(x, values);
    else if (figure.log_x)
      to["growth"] = growth_as_power(x, values);
    if (series.layers == 0) to["histogram"] = histogram(values.samples.back());
  }
  return one;
}

/// The reference's radius beside the smallest positive median that is measured against it.  A median of 0 is
/// an exact result, which no reference spoils, unless all of a series are 0: then its errors are below the
/// radius.
Json reference_of(const Figure& figure, const std::vector<Json>& series) {
  const std::vector<double> radius = reference_error(figure.plan.setups.front(), figure.plan.seed, 2);
  Json reference = {{"kind", "fp64"}, {"radius", Json::object()}, {"smallest_median", Json::object()}};
  bool sufficient = true;
  for (std::size_t m = 0; m < measure_count; ++m) {
    double smallest = HUGE_VAL;
    for (const Json& one : series) {
      bool any_zero = false, any_positive = false;
      for (const Json& median : one[measure_names[m]]["median"]) {
        if (median.is_null()) continue;
        const double value = median.get<double>();
        (value > 0 ? any_positive : any_zero) = true;
        if (value > 0) smallest = std::fmin(smallest, value);
      }
      sufficient &= any_positive || !any_zero || radius[m] == 0;
    }
    reference["radius"][measure_names[m]] = number(radius[m]);
    reference["smallest_median"][measure_names[m]] = number(smallest);
    sufficient &= radius[m] <= 0.01 * smallest;
  }
  reference["sufficient"] = sufficient;
  return reference;
}

}  // namespace

nlohmann::ordered_json figure_document(const Figure& figure, const FigureOptions& options,
                                       const Outcome& outcome, double seconds,
                                       const std::string& command_line) {
  Json all = document_of("halfulp.figure/1", command_line);
  all["figure"] = figure.name;
  all["title"] = figure.title;
  all["x_label"] = figure.x_label;
  all["log_x"] = figure.log_x;
  all["options"] = document_of(options);
  all["seed"] = figure.plan.seed;
  all["trials"] = outcome.trials();
  all["plan"] = outcome.plan();
  const std::size_t arithmetics = figure.plan.arithmetics.size();
  std::vector<Json> series(figure.series.size() * arithmetics);
  parallel_for(series.size(), 1, [&](std::size_t i, std::size_t) {
    series[i] = series_of(figure, figure.series[i / arithmetics], i % arithmetics, outcome);
  });
  all["reference"] = reference_of(figure, series);
  all["series"] = std::move(series);
  all["seconds"] = seconds;
  return all;
}

std::string figure_csv(const nlohmann::ordered_json& document) {
  constexpr const char* plain[] = {
      "mean",      "mean_se",        "median",   "p05", "p95",     "geomean",         "tail_index",
      "top_share", "carried_by_few", "infinite", "nan", "largest", "share_below_mean"};
  constexpr const char* intervals[] = {"median_ci", "geomean_ci"};
  std::string csv = "arithmetic,blocks,variant,layers,granularity,trials,measure,x";
  for (const char* key : plain) csv += fmt::format(",{}", key);
  for (const char* key : intervals) csv += fmt::format(",{}_low,{}_high", key, key);
  csv += "\n";
  const auto field = [](const Json& value) {
    if (value.is_null()) return std::string();
    if (!value.is_string()) return value.dump();
    std::string text = value.get<std::string>(), escaped;
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    for (const char c : text) escaped += c == '"' ? "\"\"" : std::string(1, c);
    return "\"" + escaped + "\"";
  };
  for (const Json& series : document["series"])
    for (const char* measure : measure_names)
      for (std::size_t i = 0; i < series["x"].size(); ++i) {
        for (const char* key : {"arithmetic", "blocks", "variant", "layers", "granularity", "trials"})
          csv += field(series[key]) + ",";
        csv += fmt::format("{},{}", measure, field(series["x"][i]));
        const Json& statistics = series[measure];
        for (const char* key : plain) csv += "," + field(statistics[key][i]);
        for (const char* key : intervals)
          csv += "," + field(statistics[key][i][0]) + "," + field(statistics[key][i][1]);
        csv += "\n";
      }
  return csv;
}

std::string changes_in(const nlohmann::ordered_json& document) {
  std::string changes;
  const auto add = [&](const std::string& what) { changes += (changes.empty() ? "" : ", ") + what; };
  for (const auto& [key, value] : document["options"].items()) {
    const Json& one = value.is_array() && value.size() == 1 ? value[0] : value;
    if (key == "rounded_weights" && value == true) add("weights rounded too");
    if (key == "diagonal" && value.size() == 2) add("diagonal " + value[0].dump() + " to " + value[1].dump());
    if (key == "arithmetics" || key == "granularity" || key == "blocks" || key == "seed") continue;
    if (one.is_string()) add(key + " " + one.get<std::string>());
    if (one.is_number()) add(key + " " + one.dump());
  }
  return changes;
}

bool has_both_readings(const nlohmann::ordered_json& document) {
  const Json& all = document["series"];
  return std::any_of(all.begin(), all.end(),
                     [&](const Json& series) { return series["blocks"] != all.front()["blocks"]; });
}

std::string shared_setting(const nlohmann::ordered_json& document) {
  const Json &all = document["series"], &first = all.front();
  std::string setting = first["granularity"] == "array" ? "each array rounded" : "every operation rounded";
  const bool layers =
      std::any_of(all.begin(), all.end(), [](const Json& series) { return series["layers"] != 1; });
  if (layers && !has_both_readings(document))
    setting += ", " + first["blocks"].get<std::string>() + " blocks";
  return setting;
}

}  // namespace halfulp
