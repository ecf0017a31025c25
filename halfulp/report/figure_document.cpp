#include "halfulp/report/figure_document.hpp"

#include <fmt/format.h>

#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/report/figure_options.hpp"
#include "halfulp/report/provenance.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

constexpr Measure measures[] = {Measure::componentwise, Measure::normwise};
constexpr const char* measure_names[] = {"componentwise", "normwise"};

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }
Json pair(const Interval& interval) { return {number(interval.low), number(interval.high)}; }

/// Share of the values that are smaller than the mean.
double share_below(double mean, const Sample& sample) {
  std::uint64_t below = mean > 0 ? sample.zeros() : 0;
  for (const auto& [value, count] : sample.buckets())
    if (value < mean) below += count;
  return static_cast<double>(below) / static_cast<double>(sample.count());
}

/// What summarise says, each quantity an array over the samples.
Json statistics(const std::vector<Sample>& samples) {
  Json all = Json::object();
  for (const char* key :
       {"mean", "mean_se", "median", "median_ci", "p05", "p95", "geomean", "geomean_ci", "tail_index",
        "top_share", "carried_by_few", "infinite", "nan", "largest", "share_below_mean"})
    all[key] = Json::array();
  for (const Sample& sample : samples) {
    const Summary s = summarise(sample);
    all["mean"].push_back(number(s.mean));
    all["mean_se"].push_back(number(s.mean_se));
    all["median"].push_back(number(s.median));
    all["median_ci"].push_back(pair(s.median_ci));
    all["p05"].push_back(number(s.p05));
    all["p95"].push_back(number(s.p95));
    all["geomean"].push_back(number(s.geomean));
    all["geomean_ci"].push_back(pair(s.geomean_ci));
    all["tail_index"].push_back(number(s.tail_index));
    all["top_share"].push_back(number(s.top_share));
    all["carried_by_few"].push_back(s.carried_by_few);
    all["infinite"].push_back(s.infinite);
    all["nan"].push_back(s.nan);
    all["largest"].push_back(number(s.largest));
    all["share_below_mean"].push_back(number(share_below(s.mean, sample)));
  }
  return all;
}

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
  return {{"from", from}, {"to", to}, {"rate", number(growth.rate)}, {"interval", pair(growth.interval)}};
}

Json growth_by_layer(const std::vector<double>& x, const SeriesValues& values) {
  Json growth = {{"unit", "decades per layer"}, {"mean", Json::array()}, {"median", Json::array()}};
  for (const Span& span : spans(x.size()))
    for (const auto& [key, of] : {std::pair{"mean", &values.means}, {"median", &values.medians}})
      growth[key].push_back(fitted(fit_growth(*of, span.first, span.last), x[span.first], x[span.last]));
  return growth;
}

Json growth_as_power(const std::vector<double>& x, const SeriesValues& values) {
  Json growth = {{"unit", "power"}, {"mean", Json::array()}, {"median", Json::array()}};
  for (const auto& [key, of] : {std::pair{"mean", &values.means}, {"median", &values.medians}}) {
    if (x.size() > 1) growth[key].push_back(fitted(fit_power(x, *of, 0, x.size() - 1), x.front(), x.back()));
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
  for (const Measure measure : measures) {
    const SeriesValues values = values_of(figure, outcome, series, arithmetic, measure);
    Json& to = one[measure_names[static_cast<std::size_t>(measure)]] = statistics(values.samples);
    if (series.layers == 0)
      to["growth"] = growth_by_layer(x, values);
    else if (figure.log_x)
      to["growth"] = growth_as_power(x, values);
    if (series.layers == 0) to["histogram"] = histogram(values.samples.back());
  }
  return one;
}

/// The reference's radius beside the smallest median that is measured against it.
Json reference_of(const Figure& figure, const std::vector<Json>& series) {
  const std::vector<double> radius = reference_error(figure.plan.setups.front(), figure.plan.seed, 2);
  Json reference = {{"kind", "fp64"}, {"radius", Json::object()}, {"smallest_median", Json::object()}};
  bool sufficient = true;
  for (std::size_t m = 0; m < measure_count; ++m) {
    double smallest = HUGE_VAL;
    for (const Json& one : series)
      for (const Json& median : one[measure_names[m]]["median"])
        if (!median.is_null()) smallest = std::fmin(smallest, median.get<double>());
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

}  // namespace halfulp
