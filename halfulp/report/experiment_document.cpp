#include "halfulp/report/experiment_document.hpp"

#include <cmath>

#include "halfulp/experiments/attention_precision.hpp"
#include "halfulp/report/figure_options.hpp"
#include "halfulp/report/provenance.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }
Json interval(const Interval& i) { return Json::array({number(i.low), number(i.high)}); }

/// Arrays over the points of a curve, by name.
void push(Json& to, const char* key, Json value) { to[key].push_back(std::move(value)); }

void push_summary(Json& to, const Summary& s) {
  push(to, "mean", number(s.mean));
  push(to, "mean_se", number(s.mean_se));
  push(to, "median", number(s.median));
  push(to, "median_ci", interval(s.median_ci));
  push(to, "p05", number(s.p05));
  push(to, "p95", number(s.p95));
  push(to, "geomean", number(s.geomean));
  push(to, "tail_index", number(s.tail_index));
  push(to, "mean_carried_by_few", s.carried_by_few);
  push(to, "not_finite", s.infinite + s.nan);
}

Json arrays(std::initializer_list<const char*> keys) {
  Json all = Json::object();
  for (const char* key : keys) all[key] = Json::array();
  return all;
}

Json summaries(const Figure& figure, const Outcome& outcome, const Series& series, std::size_t arithmetic,
               Measure measure) {
  Json all = arrays({"mean", "mean_se", "median", "median_ci", "p05", "p95", "geomean", "tail_index",
                     "mean_carried_by_few", "not_finite"});
  for (const Point& point : series.points)
    push_summary(all, summarise(at(figure, outcome, point, arithmetic, measure).total()));
  return all;
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

void add_series(Json& document, const Figure& figure, const Outcome& outcome,
                const std::vector<std::string>& promoted) {
  for (const Series& series : figure.series) {
    for (std::size_t a = 0; a < figure.plan.arithmetics.size(); ++a) {
      Json one = {{"arithmetic", figure.plan.arithmetics[a].name},
                  {"promoted", a < promoted.size() ? promoted[a] : "nothing"},
                  {"blocks", name_of(series.blocks)},
                  {"variant", series.variant},
                  {"layers", series.layers},
                  {"granularity", name_of(series.granularity)},
                  {"trials", outcome.trials()},
                  {"x_label", series.layers == 0           ? "layer"
                              : series.variant == "lambda" ? "lambda"
                                                           : "heads"},
                  {"x", Json::array()}};
      for (const Point& point : series.points) push(one, "x", point.x);
      one["componentwise"] = summaries(figure, outcome, series, a, Measure::componentwise);
      one["normwise"] = summaries(figure, outcome, series, a, Measure::normwise);
      document["series"].push_back(std::move(one));
    }
  }
}

void add_gains(Json& document, const Figure& figure, const Outcome& outcome) {
  for (const Series& series : figure.series) {
    for (std::size_t a = 1; a < promoted_sets().size(); ++a) {
      Json one = {{"promoted", promoted_sets()[a].name},
                  {"x_label", series.layers == 0 ? "layer" : "lambda"},
                  {"layers", series.layers},
                  {"x", Json::array()}};
      for (const Point& point : series.points) push(one, "x", point.x);
      for (const auto& [key, measure] :
           {std::pair{"componentwise", Measure::componentwise}, {"normwise", Measure::normwise}}) {
        for (const auto& [name, statistic] :
             {std::pair{"median", Statistic::median}, {"mean", Statistic::mean}}) {
          Json of = arrays({"factor", "interval"});
          for (const Point& point : series.points) {
            const Gain g = gain(at(figure, outcome, point, 0, measure),
                                at(figure, outcome, point, a, measure), statistic);
            push(of, "factor", number(g.factor));
            push(of, "interval", interval(g.interval));
          }
          one[key][name] = std::move(of);
        }
      }
      document["gains"].push_back(std::move(one));
    }
  }
}

}  // namespace halfulp
