// Numbers of an experiment's document for other programs, and its picture.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/report/experiment_document.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

std::string plain(const Json& x) { return x.is_null() ? "nan" : x.dump(); }
double value_of(const Json& x) { return x.is_null() ? HUGE_VAL : x.get<double>(); }
std::vector<double> values_of(const Json& numbers) {
  std::vector<double> all;
  for (const Json& x : numbers) all.push_back(value_of(x));
  return all;
}
/// Always in quotes: names have commas.
std::string words(const Json& text) { return "\"" + text.get<std::string>() + "\""; }

std::string csv_of_curves(const Json& document) {
  std::string csv =
      "arithmetic,variant,input,label,x,median,p95,largest,not_finite,bound,rigorous,bound_median,stated,"
      "exceeded,worst_ratio\n";
  for (const Json& curve : document["curves"]) {
    const Json& seen = curve["observed"];
    for (const Json& bound : curve["bounds"])
      for (std::size_t i = 0; i < curve["x"].size(); ++i)
        csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", words(curve["arithmetic"]),
                           words(curve["variant"]), words(curve["input"]), words(curve["labels"][i]),
                           plain(curve["x"][i]), plain(seen["median"][i]), plain(seen["p95"][i]),
                           plain(seen["largest"][i]), plain(seen["not_finite"][i]), words(bound["name"]),
                           plain(bound["rigorous"]), plain(bound["median"][i]), plain(bound["stated"][i]),
                           plain(bound["exceeded"][i]), plain(bound["worst_ratio"][i]));
  }
  return csv;
}

/// Transformers, and below them the bounds of curves, where the experiment has both: what one has not is
/// empty.
std::string csv_of_series(const Json& document) {
  constexpr const char* columns[] = {"mean",    "mean_se",    "median",   "p05", "p95",
                                     "geomean", "tail_index", "infinite", "nan"};
  const bool bounded = !document["curves"].empty();
  std::string csv = "arithmetic,promoted,blocks,layers,x_label,x,measure";
  for (const char* column : columns) csv += fmt::format(",{}", column);
  csv += bounded ? ",largest,bound,rigorous,bound_median,stated,exceeded,worst_ratio\n" : "\n";
  for (const Json& series : document["series"])
    for (const char* measure : {"componentwise", "normwise"})
      for (std::size_t i = 0; i < series["x"].size(); ++i) {
        const Json& of = series[measure];
        csv += fmt::format("{},{},{},{},{},{},{}", words(series["arithmetic"]), words(series["promoted"]),
                           words(series["blocks"]), plain(series["layers"]), words(series["x_label"]),
                           plain(series["x"][i]), measure);
        for (const char* column : columns) csv += "," + plain(of[column][i]);
        csv += bounded ? fmt::format(",{},,,,,,\n", plain(of["largest"][i])) : "\n";
      }
  for (const Json& curve : document["curves"]) {  // of `heads`, the only experiment with both
    const Json& seen = curve["observed"];
    for (const Json& bound : curve["bounds"])
      for (std::size_t i = 0; i < curve["x"].size(); ++i)
        csv += fmt::format("{},,\"one attention\",,{},{},{},,,{},,{},,,,,{},{},{},{},{},{},{}\n",
                           words(curve["arithmetic"]), words(curve["x_label"]), plain(curve["x"][i]),
                           words(curve["variant"]), plain(seen["median"][i]), plain(seen["p95"][i]),
                           plain(seen["largest"][i]), words(bound["name"]), plain(bound["rigorous"]),
                           plain(bound["median"][i]), plain(bound["stated"][i]), plain(bound["exceeded"][i]),
                           plain(bound["worst_ratio"][i]));
  }
  return csv;
}

/// Curves of the first arithmetic and input, worst beside the bounds of recursive and pairwise sums; where
/// bounds differ from trial to trial, medians of both.
void add_bounded(Plot& plot, const Json& document) {
  const Json& first = document["curves"][0];
  const bool sums = document["experiment"] == "summation";
  plot.x_label = first["x_label"].get<std::string>();
  plot.y_label = first["y_label"].get<std::string>();
  plot.title +=
      fmt::format(", {}, {}", first["arithmetic"].get<std::string>(), first["input"].get<std::string>());
  for (const Json& curve : document["curves"]) {
    if (curve["arithmetic"] != first["arithmetic"] || curve["input"] != first["input"]) continue;
    const std::string name = curve["variant"].get<std::string>();
    const std::vector<double> x = values_of(curve["x"]);
    const char* statistic = sums ? "largest" : "median";
    plot.curves.push_back(
        {name + (sums ? ", worst" : ", median"), x, values_of(curve["observed"][statistic])});
    for (const Json& bound : curve["bounds"])
      if (!sums || (bound["rigorous"].get<bool>() && (name == "recursive" || name == "pairwise")))
        plot.curves.push_back({fmt::format("{}, {}", name, bound["name"].get<std::string>()),
                               x,
                               values_of(bound["median"]),
                               {},
                               {},
                               -1,
                               1,
                               false});
  }
}

bool is_drawn(const Json& series, const std::string& over) {
  constexpr const char* drawn_sets[] = {"nothing",    "input",     "score + softmax", "attention",
                                        "perceptron", "residuals", "everything"};
  return (over.empty() || series["x_label"] == over) &&
         std::find(std::begin(drawn_sets), std::end(drawn_sets), series["promoted"].get<std::string>()) !=
             std::end(drawn_sets);
}

void add_medians(Plot& plot, const Json& document, const std::string& over) {
  plot.y_label = "relative error (Frobenius), median";
  for (const Json& series : document["series"]) {
    if (!is_drawn(series, over)) continue;
    plot.x_label = series["x_label"].get<std::string>();
    const std::string name =
        document["gains"].empty()
            ? fmt::format("{}, layer {}", series["arithmetic"].get<std::string>(), plain(series["layers"]))
            : series["promoted"].get<std::string>();
    plot.curves.push_back({name, values_of(series["x"]), values_of(series["normwise"]["median"])});
  }
  plot.log_x = plot.x_label != "layer";
}

}  // namespace

std::string experiment_csv(const Json& document) {
  return document["series"].empty() ? csv_of_curves(document) : csv_of_series(document);
}

Plot experiment_plot(const Json& document, const std::string& over) {
  Plot plot{document["title"].get<std::string>(), "", "", true, true, {}};
  if (!document["series"].empty())
    add_medians(plot, document, over);
  else if (!document["curves"].empty())
    add_bounded(plot, document);
  return plot;
}

}  // namespace halfulp
