#include "halfulp/report/experiment_document.hpp"

#include <array>

#include "halfulp/base/parallel.hpp"
#include "halfulp/experiments/attention_precision.hpp"
#include "halfulp/report/figure_options.hpp"
#include "halfulp/report/json_number.hpp"
#include "halfulp/report/provenance.hpp"
#include "halfulp/report/statistics_document.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// Arrays over the points of a curve, by name.
void push(Json& to, const char* key, Json value) { to[key].push_back(std::move(value)); }

Json abscissas(const Series& series) {
  Json x = Json::array();
  for (const Point& point : series.points) x.push_back(point.x);
  return x;
}

Json arrays(std::initializer_list<const char*> keys) {
  Json all = Json::object();
  for (const char* key : keys) all[key] = Json::array();
  return all;
}

/// A series in one arithmetic: its place in the document, and the values that gains are made of.
struct ReadSeries {
  Json json;
  std::array<SeriesValues, measure_count> values;
};

ReadSeries read(const Figure& figure, const Outcome& outcome, const Series& series, std::size_t arithmetic,
                const std::string& promoted) {
  ReadSeries read{{{"arithmetic", figure.plan.arithmetics[arithmetic].name},
                   {"promoted", promoted},
                   {"blocks", name_of(series.blocks)},
                   {"variant", series.variant},
                   {"layers", series.layers},
                   {"granularity", name_of(series.granularity)},
                   {"trials", outcome.trials()},
                   {"x_label", series.layers == 0           ? "layer"
                               : series.variant == "lambda" ? "lambda"
                                                            : "heads"},
                   {"x", abscissas(series)}},
                  {}};
  for (std::size_t m = 0; m < measure_count; ++m) {
    read.values[m] = values_of(figure, outcome, series, arithmetic, measures[m]);
    read.json[measure_names[m]] = statistics_of(read.values[m].samples);
  }
  return read;
}

/// In every arithmetic of the plan; sets: what is promoted in each, if anything.
std::vector<ReadSeries> read(const Figure& figure, const Outcome& outcome, const Series& series,
                             const std::vector<PromotedSet>& sets) {
  std::vector<ReadSeries> all(figure.plan.arithmetics.size());
  parallel_for(all.size(), 1, [&](std::size_t a, std::size_t) {
    all[a] = read(figure, outcome, series, a, sets.empty() ? "nothing" : sets[a].name);
  });
  return all;
}

Json gains_of(const Series& series, const std::string& promoted, const ReadSeries& low,
              const ReadSeries& high) {
  Json one = {{"promoted", promoted},
              {"x_label", series.layers == 0 ? "layer" : "lambda"},
              {"layers", series.layers},
              {"x", abscissas(series)}};
  for (std::size_t m = 0; m < measure_count; ++m) {
    for (const auto& [name, statistic] :
         {std::pair{"median", &SeriesValues::medians}, {"mean", &SeriesValues::means}}) {
      Json of = arrays({"factor", "interval"});
      for (std::size_t i = 0; i < series.points.size(); ++i) {
        const Gain g = gain((low.values[m].*statistic)[i], (high.values[m].*statistic)[i]);
        push(of, "factor", number(g.factor));
        push(of, "interval", interval(g.interval));
      }
      one[measure_names[m]][name] = std::move(of);
    }
  }
  return one;
}

}  // namespace

Json experiment_document(const ExperimentHead& head) {
  Json all = document_of("halfulp.experiment/1", head.command_line);
  all["experiment"] = head.name;
  all["title"] = head.title;
  all["seed"] = head.seed;
  all["trials"] = head.trials;
  all["options"] = head.options;
  all["holds"] = nullptr;
  for (const char* key : {"curves", "series", "gains"}) all[key] = Json::array();
  return all;
}

void add_curves(Json& document, const BoundedCurves& curves) {
  document["holds"] = holds(curves);
  for (const BoundedCurve& curve : curves.curves) {
    Json one = {{"arithmetic", curve.arithmetic},
                {"variant", curve.variant},
                {"input", curve.input},
                {"unit_roundoff", curve.unit_roundoff},
                {"trials", curves.trials},
                {"x_label", curves.x_label},
                {"y_label", curves.y_label},
                {"labels", curve.labels},
                {"x", Json::array()},
                {"observed", arrays({"median", "p95", "largest", "not_finite"})},
                {"bounds", Json::array()},
                {"holds", Json::array()}};
    for (const CurvePoint& point : curve.points) {
      push(one, "x", number(point.x.quantile(0.5)));
      Json& observed = one["observed"];
      push(observed, "median", number(point.observed.quantile(0.5)));
      push(observed, "p95", number(point.observed.quantile(0.95)));
      push(observed, "largest", number(point.observed.largest()));
      push(observed, "not_finite", point.observed.infinite() + point.observed.nan());
      push(one, "holds", holds(curves, point));
    }
    for (std::size_t b = 0; b < curves.bounds.size(); ++b) {
      Json bound = {{"name", curves.bounds[b].name}, {"rigorous", curves.bounds[b].rigorous}};
      bound.update(arrays({"median", "stated", "exceeded", "worst_ratio"}));
      std::uint64_t known = 0;
      for (const CurvePoint& point : curve.points) {
        const BoundAtPoint& at_point = point.bounds[b];
        known += at_point.value.count();
        push(bound, "median", number(at_point.value.quantile(0.5)));
        push(bound, "stated", at_point.stated);
        push(bound, "exceeded", at_point.exceeded);
        push(bound, "worst_ratio", at_point.stated > 0 ? number(at_point.worst_ratio) : Json(nullptr));
      }
      if (known > 0) one["bounds"].push_back(std::move(bound));
    }
    document["curves"].push_back(std::move(one));
  }
}

void add_series(Json& document, const Figure& figure, const Outcome& outcome) {
  for (const Series& series : figure.series)
    for (ReadSeries& one : read(figure, outcome, series, {}))
      document["series"].push_back(std::move(one.json));
}

void add_promotions(Json& document, const Figure& figure, const Outcome& outcome) {
  for (const Series& series : figure.series) {
    std::vector<ReadSeries> all = read(figure, outcome, series, promoted_sets());
    for (std::size_t a = 1; a < all.size(); ++a)
      document["gains"].push_back(gains_of(series, promoted_sets()[a].name, all[0], all[a]));
    for (ReadSeries& one : all) document["series"].push_back(std::move(one.json));
  }
}

}  // namespace halfulp
