// An experiment's document as a person reads it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/report/experiment_document.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

std::string error_of(const Json& x) {
  return x.is_null() ? "not finite" : fmt::format("{:.2e}", x.get<double>());
}
std::string bound_of(const Json& x) {
  return x.is_null() ? "no statement" : fmt::format("{:.2e}", x.get<double>());
}
std::string ratio_of(const Json& x) { return x.is_null() ? "-" : fmt::format("{:.2g}", x.get<double>()); }
std::string place_of(const Json& x) { return x.is_null() ? "-" : fmt::format("{:.4g}", x.get<double>()); }

/// At most `most` of so many points, evenly spread; first and last among them.
std::vector<std::size_t> shown(std::size_t count, std::size_t most) {
  if (count <= most) most = count;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < most; ++i) places.push_back(most < 2 ? 0 : i * (count - 1) / (most - 1));
  return places;
}

/// One curve in full: a line for each point.
std::string in_full(const Json& curve) {
  std::vector<std::string> header{"", curve["x_label"].get<std::string>(), "median", "95 %", "worst"};
  for (const Json& bound : curve["bounds"]) {
    header.push_back(bound["name"].get<std::string>());
    header.push_back("of trials");
    header.push_back("worst/bound");
  }
  header.push_back("");
  Table table(header);
  const Json& seen = curve["observed"];
  for (const std::size_t i : shown(curve["x"].size(), 11)) {
    std::vector<std::string> row{curve["labels"][i].get<std::string>(), place_of(curve["x"][i]),
                                 error_of(seen["median"][i]), error_of(seen["p95"][i]),
                                 error_of(seen["largest"][i])};
    for (const Json& bound : curve["bounds"]) {
      row.push_back(bound_of(bound["median"][i]));
      row.push_back(fmt::format(
          "{:.0f} %", 100 * bound["stated"][i].get<double>() / std::max(1.0, curve["trials"].get<double>())));
      row.push_back(ratio_of(bound["worst_ratio"][i]));
    }
    row.push_back(curve["holds"][i].get<bool>() ? "holds" : "BROKEN");
    table.add(row);
  }
  return fmt::format("{}, {}, u = {:.3g}\n{}", curve["variant"].get<std::string>(),
                     curve["arithmetic"].get<std::string>(), curve["unit_roundoff"].get<double>(),
                     table.text());
}

std::string first_exceeded(const Json& curve, const Json& bound) {
  for (std::size_t i = 0; i < bound["exceeded"].size(); ++i)
    if (bound["exceeded"][i].get<std::uint64_t>() > 0)
      return fmt::format("from {}", curve["labels"][i].get<std::string>());
  return "never";
}

double largest_of(const Json& numbers) {
  double largest = 0;
  for (const Json& x : numbers)
    if (!x.is_null()) largest = std::fmax(largest, x.get<double>());
  return largest;
}

/// Sums: worst errors in u at some lengths, one line for each curve.
std::string sums_text(const Json& document) {
  std::string text;
  const Json& first = document["curves"][0];
  const std::vector<std::size_t> places = shown(first["x"].size(), 6);
  std::vector<std::string> header{"format", "input", "sum"};
  for (const std::size_t p : places) header.push_back("n = " + first["labels"][p].get<std::string>());
  for (const char* column : {"bound ends at", "worst/bound", "", "worst/probabilistic", "exceeded"})
    header.push_back(column);
  Table table(header, 3);
  for (const Json& curve : document["curves"]) {
    const double u = curve["unit_roundoff"].get<double>();
    std::vector<std::string> row{curve["arithmetic"].get<std::string>(), curve["input"].get<std::string>(),
                                 curve["variant"].get<std::string>()};
    for (const std::size_t p : places) {
      const Json& worst = curve["observed"]["largest"][p];
      row.push_back(worst.is_null() ? "none" : fmt::format("{:.3g} u", worst.get<double>() / u));
    }
    const Json& bound = curve["bounds"][0];
    const auto silent = std::find_if(bound["stated"].begin(), bound["stated"].end(),
                                     [](const Json& stated) { return stated.get<std::uint64_t>() == 0; });
    row.push_back(
        silent == bound["stated"].end()
            ? "never"
            : curve["labels"][static_cast<std::size_t>(silent - bound["stated"].begin())].get<std::string>());
    row.push_back(ratio_of(largest_of(bound["worst_ratio"])));
    row.push_back(first_exceeded(curve, bound) == "never" ? "holds" : "BROKEN");
    const bool modelled = curve["bounds"].size() > 1;
    row.push_back(modelled ? ratio_of(largest_of(curve["bounds"][1]["worst_ratio"])) : "-");
    row.push_back(modelled ? first_exceeded(curve, curve["bounds"][1]) : "-");
    table.add(row);
  }
  text += "Worst errors relative to the sum of magnitudes, in units of u:\n" + table.text();
  text +=
      "bound ends at: from this n on the deterministic bound makes no statement (k u >= 1).  The "
      "probabilistic "
      "one is a model\nof independent roundings; exceeded: in at least one trial.\n";
  return text;
}

std::string factor_cell(const Json& factor, const Json& interval) {
  if (factor.is_null()) return "-";
  const double f = factor.get<double>();
  const bool clear =
      !interval[0].is_null() && (interval[0].get<double>() > 1 || interval[1].get<double>() < 1);
  return (f < 10 ? fmt::format("{:.2f}", f) : fmt::format("{:.3g}", f)) + (clear ? "" : "?");
}

/// One table of gains: a line for each promoted set.
std::string gains_table(const Json& document, const char* x_label, const char* measure,
                        const char* statistic) {
  std::string text;
  Table table({""});
  bool begun = false;
  for (const Json& one : document["gains"]) {
    if (one["x_label"] != x_label) continue;
    const std::vector<std::size_t> places = shown(one["x"].size(), 10);
    if (!begun) {
      std::vector<std::string> header{fmt::format("in higher precision")};
      for (const std::size_t p : places)
        header.push_back(fmt::format("{} {:g}", x_label, one["x"][p].get<double>()));
      table = Table(header);
      begun = true;
    }
    std::vector<std::string> row{one["promoted"].get<std::string>()};
    const Json& of = one[measure][statistic];
    for (const std::size_t p : places) row.push_back(factor_cell(of["factor"][p], of["interval"][p]));
    table.add(row);
  }
  return begun ? table.text() : text;
}

std::string gains_text(const Json& document) {
  std::string text;
  for (const char* x_label : {"layer", "lambda"}) {
    const Json* low = nullptr;
    for (const Json& series : document["series"])
      if (low == nullptr && series["x_label"] == x_label) low = &series;
    if (low == nullptr) continue;
    const std::size_t layers = (*low)["layers"].get<std::size_t>();
    text += std::string(x_label) == "layer" ? "Over depth, lambda = 1.\n"
                                            : fmt::format("Over lambda, after {} layers.\n", layers);
    for (const auto& [measure, long_name] :
         {std::pair{"normwise", "Frobenius"}, {"componentwise", "componentwise"}}) {
      for (const char* statistic : {"median", "mean"}) {
        text += fmt::format("How many times smaller the {} {} error becomes:\n", statistic, long_name);
        text += gains_table(document, x_label, measure, statistic) + "\n";
      }
    }
  }
  text +=
      "?: the 95 % interval contains 1.  A mean of componentwise errors is an account of a few trials "
      "(carried_by_few).\n";
  return text;
}

std::string series_text(const Json& document) {
  std::string text;
  Table table({"arithmetic", "after layer", document["series"][0]["x_label"].get<std::string>(), "median",
               "5 %", "95 %", "mean", "median", "5 %", "95 %", "mean"});
  for (const Json& series : document["series"]) {
    for (std::size_t i = 0; i < series["x"].size(); ++i) {
      std::vector<std::string> row{series["arithmetic"].get<std::string>(), series["layers"].dump(),
                                   place_of(series["x"][i])};
      for (const char* measure : {"normwise", "componentwise"}) {
        const Json& of = series[measure];
        for (const char* column : {"median", "p05", "p95"}) row.push_back(error_of(of[column][i]));
        row.push_back(error_of(of["mean"][i]) + (of["carried_by_few"][i].get<bool>() ? "*" : ""));
      }
      table.add(row);
    }
  }
  text +=
      "Relative errors of random transformers: four columns of Frobenius norms, four of the largest "
      "entry:\n" +
      table.text();
  return text + "*: the mean is an account of a few trials.\n\n";
}

}  // namespace

std::string experiment_text(const Json& document) {
  std::string text =
      fmt::format("{}\n{} trials, seed {}, options {}\n\n", document["title"].get<std::string>(),
                  document["trials"].dump(), document["seed"].dump(), document["options"].dump());
  if (!document["gains"].empty()) return text + gains_text(document);
  if (!document["series"].empty()) text += series_text(document);
  if (document["experiment"] == "summation") {
    text += sums_text(document);
  } else {
    for (const Json& curve : document["curves"]) text += in_full(curve) + "\n";
    if (!document["curves"].empty())
      text +=
          "Bounds are medians over trials; of trials: in how many there is a statement; worst/bound: the "
          "largest ratio in a trial.\n";
  }
  if (document["holds"] == false) text += "A THEOREM WAS BROKEN: please report this.\n";
  return text;
}

}  // namespace halfulp
