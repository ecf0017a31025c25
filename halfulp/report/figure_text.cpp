// An experiment on the terminal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/report/figure_document.hpp"
#include "halfulp/report/statistics_document.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// 1.2e-4: two digits, no zero before the exponent.
std::string error(const Json& x) {
  if (x.is_null()) return "-";
  std::string text = fmt::format("{:.1e}", x.get<double>());
  if (text[text.size() - 2] == '0') text.erase(text.size() - 2, 1);
  return text;
}

/// What a series is called beside its arithmetic.
std::string name_of(const Json& series, bool readings) {
  std::string name = series["variant"].get<std::string>();
  if (readings) name += (name.empty() ? "" : " ") + series["blocks"].get<std::string>();
  if (!series["layers"].is_null() && series["layers"] != 1)
    name += fmt::format("{}L={}", name.empty() ? "" : " ", series["layers"].get<std::size_t>());
  return name;
}

std::vector<std::size_t> first_middle_last(std::size_t points) {
  std::vector<std::size_t> places;
  for (const std::size_t i : {std::size_t{0}, (points - 1) / 2, points - 1})
    if (places.empty() || places.back() != i) places.push_back(i);
  return places;
}

/// The name of the abscissa, if it fits above a column.
std::string x_header(const Json& document) {
  const std::string label = document["x_label"].get<std::string>();
  return label.size() <= 10 ? label : "x";
}

std::string statistics_text(const Json& document, bool& any_few) {
  std::vector<std::string> header{"", "", x_header(document)};
  for (const char* measure : measure_names) {
    header.push_back(measure);
    header.insert(header.end(), {"[5 %, 95 %]", "mean    "});
  }
  Table table(header, 2);
  const bool readings = has_both_readings(document);
  for (const Json& series : document["series"]) {
    bool first = true;
    for (const std::size_t i : first_middle_last(series["x"].size())) {
      std::vector<std::string> row{first ? series["arithmetic"].get<std::string>() : "",
                                   first ? name_of(series, readings) : "",
                                   fmt::format("{:.3g}", series["x"][i].get<double>())};
      for (const char* measure : measure_names) {
        const Json& s = series[measure];
        const bool few = s["carried_by_few"][i].get<bool>();
        any_few |= few;
        row.insert(row.end(),
                   {error(s["median"][i]), fmt::format("[{}, {}]", error(s["p05"][i]), error(s["p95"][i])),
                    error(s["mean"][i]) + (few ? " few" : "    ")});
      }
      table.add(row);
      first = false;
    }
  }
  return table.text("");
}

/// Whether a mean between these x is carried by few trials.
bool any_few_between(const Json& series, const char* measure, const Json& range) {
  for (std::size_t i = 0; i < series["x"].size(); ++i)
    if (series["x"][i] >= range["from"] && series["x"][i] <= range["to"] &&
        series[measure]["carried_by_few"][i].get<bool>())
      return true;
  return false;
}

std::string rate(const Json& fit) {
  if (fit["rate"].is_null()) return "-";
  const Json& high = fit["interval"][1];  // the interval is symmetric
  if (high.is_null()) return fmt::format("{:.3f}", fit["rate"].get<double>());
  return fmt::format("{:.3f} +- {:.3f}", fit["rate"].get<double>(),
                     high.get<double>() - fit["rate"].get<double>());
}

std::string growth_text(const Json& document, bool& any_few) {
  Table table({"", "", x_header(document), "componentwise mean    ", "median", "normwise mean    ", "median"},
              3);
  std::string unit;
  const bool readings = has_both_readings(document);
  for (const Json& series : document["series"]) {
    if (!series["componentwise"].contains("growth")) continue;
    const Json& fits = series["componentwise"]["growth"];
    unit = fits["unit"].get<std::string>();
    for (std::size_t i = 0; i < fits["mean"].size(); ++i) {
      std::vector<std::string> row{i == 0 ? series["arithmetic"].get<std::string>() : "",
                                   i == 0 ? name_of(series, readings) : "",
                                   fmt::format("{:.3g} to {:.3g}", fits["mean"][i]["from"].get<double>(),
                                               fits["mean"][i]["to"].get<double>())};
      for (const char* measure : measure_names) {
        const Json& growth = series[measure]["growth"];
        const bool few = any_few_between(series, measure, growth["mean"][i]);
        any_few |= few;
        row.push_back(rate(growth["mean"][i]) + (few ? " few" : "    "));
        row.push_back(rate(growth["median"][i]));
      }
      table.add(row);
    }
  }
  if (unit.empty()) return "";
  return fmt::format("\nGrowth{}, with 95 % intervals\n{}",
                     unit == "power"
                         ? " as a power of " + x_header(document) + ", fitted over the whole range"
                         : " in decades per layer",
                     table.text(""));
}

/// 1.25 from 0.0313: the power, and where its range begins.
std::string steepest(const Json& fit) {
  if (fit["rate"].is_null()) return "-";
  return fmt::format("{:.2f} from {:.3g}", fit["rate"].get<double>(), fit["from"].get<double>());
}

std::string steepest_text(const Json& document, bool& any_few) {
  Table table({"", "", "componentwise mean    ", "median", "normwise mean    ", "median"}, 2);
  const bool readings = has_both_readings(document);
  bool any = false;
  double least = HUGE_VAL;  // of the ranges' lengths
  for (const Json& series : document["series"]) {
    if (!series["componentwise"].contains("growth")) continue;
    if (!series["componentwise"]["growth"].contains("steepest")) continue;
    std::vector<std::string> row{series["arithmetic"].get<std::string>(), name_of(series, readings)};
    for (const char* measure : measure_names) {
      const Json& all = series[measure]["growth"]["steepest"];
      for (const char* statistic : {"mean", "median"}) {
        const Json& fit = all[statistic];
        const bool found = !fit["rate"].is_null();
        any |= found;
        if (found) least = std::fmin(least, fit["to"].get<double>() / fit["from"].get<double>());
        row.push_back(steepest(fit));
      }
      const bool few = !all["mean"]["rate"].is_null() && any_few_between(series, measure, all["mean"]);
      any_few |= few;
      row[row.size() - 2] += few ? " few" : "    ";
    }
    table.add(row);
  }
  if (!any) return "";
  return fmt::format("\nSteepest rise over {} of {}: the power, and where it begins\n{}",
                     least < 9.99 ? "one octave" : "one decade", x_header(document), table.text(""));
}

/// Trials that gave no finite error, at most over all points.
std::string nonfinite_text(const Json& document) {
  std::uint64_t infinite = 0, nan = 0;
  for (const Json& series : document["series"])
    for (const char* measure : measure_names) {
      for (const Json& count : series[measure]["infinite"])
        infinite = std::max(infinite, count.get<std::uint64_t>());
      for (const Json& count : series[measure]["nan"]) nan = std::max(nan, count.get<std::uint64_t>());
    }
  if (infinite + nan == 0) return "";
  return fmt::format(
      "CAUTION: up to {} infinite errors and {} overflowed trials (NaN, in no statistic) at a point.\n",
      infinite, nan);
}

std::string reference_text(const Json& reference) {
  const auto digits = [&](const char* key) {
    return fmt::format("{} componentwise, {} normwise", error(reference[key]["componentwise"]),
                       error(reference[key]["normwise"]));
  };
  std::string text =
      fmt::format("The reference is binary64, itself wrong by up to {} (two trials).\n", digits("radius"));
  if (reference["sufficient"].get<bool>()) return text;
  const bool small =
      std::all_of(std::begin(measure_names), std::end(measure_names), [&](const char* measure) {
        const Json &radius = reference["radius"][measure], &median = reference["smallest_median"][measure];
        if (radius.is_null()) return false;
        return median.is_null() || radius.get<double>() <= 0.01 * median.get<double>();
      });
  if (small)
    return text +
           "CAUTION: the medians of a series are all 0: its errors are not told from the reference's.\n";
  text += fmt::format("CAUTION: that is more than 1 % of the smallest positive median: {}.\n",
                      digits("smallest_median"));
  return text;
}

}  // namespace

std::string figure_text(const nlohmann::ordered_json& document) {
  std::string text =
      fmt::format("{}: {}\n", document["figure"].get<std::string>(), document["title"].get<std::string>());
  if (const std::string changes = changes_in(document); !changes.empty())
    text += "changed: " + changes + "\n";
  text += fmt::format("{} trials, seed {}, {}; errors: median [5 %, 95 %] and mean\n",
                      document["trials"].get<std::uint64_t>(), document["seed"].get<std::uint64_t>(),
                      shared_setting(document));
  if (x_header(document) == "x") text += "x: " + document["x_label"].get<std::string>() + "\n";
  bool any_few = false;
  text += "\n" + statistics_text(document, any_few);
  text += growth_text(document, any_few);
  text += steepest_text(document, any_few) + "\n";
  if (any_few)
    text +=
        "few: means carried by a few trials (heavy tail or one share too large), in growth one at least in "
        "the "
        "range:\n     they say little, trust the median.\n";
  text += nonfinite_text(document) + reference_text(document["reference"]);
  return text + fmt::format("{} for {} trials.\n", in_time(document["seconds"].get<double>()),
                            document["trials"].get<std::uint64_t>());
}

}  // namespace halfulp
