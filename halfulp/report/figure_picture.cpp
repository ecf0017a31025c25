#include "halfulp/report/figure_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/report/figure_document.hpp"
#include "halfulp/report/statistics_document.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

enum class Shown { mean, median, histogram };

/// What the paper asks for, figure by figure.
struct Wishes {
  std::string name;
  bool variants_apart = false, deviation = false, histogram = false;
  std::vector<double> slopes{};
  bool readings_apart = false;  // else the picture's title has the reading, where panels lack the room
};

Wishes wishes_for(const Json& document) {
  const std::string name = document["figure"];
  const bool both = has_both_readings(document);
  if (name == "figure 2") return {name, false, false, false, {1, 2}, both};
  if (name == "figure 3") return {name, false, true, false, {2}, both};
  if (name == "figure 4") return {name, true, true, false, {}, both};
  return {name, false, false, document["series"][0]["layers"].is_null(), {}, both};
}

/// Series that share panels.
struct Group {
  std::string blocks, variant, title;
  bool operator==(const Group& other) const { return blocks == other.blocks && variant == other.variant; }
};

std::string text(const Json& x) { return x.get<std::string>(); }
double value(const Json& x) { return x.is_null() ? HUGE_VAL : x.get<double>(); }
std::vector<double> values(const Json& array) {
  std::vector<double> all;
  for (const Json& x : array) all.push_back(value(x));
  return all;
}

Group group_of(const Json& series, const Wishes& wishes) {
  Group group{text(series["blocks"]), wishes.variants_apart ? text(series["variant"]) : "", ""};
  if (group.variant == "a") group.title = "a) norm before";
  if (group.variant == "b") group.title = "b) norm after";
  if (wishes.readings_apart) group.title += (group.title.empty() ? "" : ", ") + group.blocks + " blocks";
  return group;
}

/// What tells series of one group and arithmetic apart.
std::string kind_of(const Json& series, const Wishes& wishes) {
  std::string kind = wishes.variants_apart ? "" : text(series["variant"]);
  if (!series["layers"].is_null() && series["layers"] != 1)
    kind += fmt::format("{}L = {}", kind.empty() ? "" : ", ", series["layers"].get<std::size_t>());
  return kind;
}

template <class T>
int place_in(std::vector<T>& all, const T& one) {
  const auto at = std::find(all.begin(), all.end(), one);
  if (at != all.end()) return static_cast<int>(at - all.begin());
  all.push_back(one);
  return static_cast<int>(all.size()) - 1;
}

/// Everything that a document's series differ in, in order of appearance.
struct Catalogue {
  std::vector<std::string> arithmetics, kinds;
  std::vector<Group> groups;

  bool colours_are_kinds() const { return arithmetics.size() == 1 && kinds.size() > 1; }
};

Catalogue catalogue_of(const Json& document, const Wishes& wishes) {
  Catalogue all;
  for (const Json& series : document["series"]) {
    place_in(all.arithmetics, text(series["arithmetic"]));
    place_in(all.kinds, kind_of(series, wishes));
    place_in(all.groups, group_of(series, wishes));
  }
  return all;
}

/// Steps over the bins and the area below them.
void set_histogram(const Json& histogram, Curve& curve) {
  const std::vector<double> edges = values(histogram["log10_edges"]), counts = values(histogram["counts"]);
  const auto add = [&](double edge, double count) {
    curve.x.push_back(halfulp::pow(10, edge));
    curve.y.push_back(count);
  };
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i == 0) add(edges[0], 0);
    add(edges[i], counts[i]);
    add(edges[i + 1], counts[i]);
    if (i + 1 == counts.size()) add(edges[i + 1], 0);
  }
  curve.low.assign(curve.y.size(), 0);
  curve.high = curve.y;
}

void set_statistics(const Json& series, const Json& s, Shown row, bool band, bool deviation, Curve& curve) {
  curve.x = values(series["x"]);
  curve.y = values(s[row == Shown::mean ? "mean" : "median"]);
  if (row == Shown::mean) curve.doubtful = s["carried_by_few"].get<std::vector<bool>>();
  if (row == Shown::median && band) {
    curve.low = values(s["p05"]);
    curve.high = values(s["p95"]);
  }
  if (row == Shown::mean && deviation) {
    for (std::size_t i = 0; i < curve.y.size(); ++i) {
      const double trials = value(series["trials"]) - value(s["nan"][i]);
      const double spread = std::sqrt(trials) * value(s["mean_se"][i]);
      // None where a few trials make it: it would widen the axis for nothing.  Upwards only: errors are
      // not negative, and a deviation below the mean is seldom on the axis.
      curve.low.push_back(curve.doubtful[i] ? NAN : curve.y[i]);
      curve.high.push_back(curve.doubtful[i] ? NAN : curve.y[i] + spread);
    }
  }
}

Plot panel_of(const Json& document, const Wishes& wishes, const Catalogue& all, const Group& group,
              int measure, Shown row) {
  Plot plot;
  plot.log_x = row == Shown::histogram || document["log_x"].get<bool>();
  plot.log_y = row != Shown::histogram;
  plot.x_label = text(document["x_label"]) == "lambda" ? "λ" : text(document["x_label"]);
  if (row != Shown::histogram) plot.slopes = wishes.slopes;
  for (const Json& series : document["series"]) {
    if (!(group_of(series, wishes) == group)) continue;
    auto arithmetics = all.arithmetics;
    auto kinds = all.kinds;
    const int arithmetic = place_in(arithmetics, text(series["arithmetic"]));
    const int kind = place_in(kinds, kind_of(series, wishes));
    Curve curve;
    curve.colour = all.colours_are_kinds() ? kind : arithmetic;
    curve.stroke = all.colours_are_kinds() ? 0 : kind;
    curve.points = !series["layers"].is_null();
    const Json& s = series[measure_names[measure]];
    if (row == Shown::histogram) {
      curve.points = false;
      set_histogram(s["histogram"], curve);
      plot.lines.push_back(
          {value(s["histogram"]["mean"]), curve.colour, s["carried_by_few"].back().get<bool>()});
      plot.x_label = fmt::format("relative error in layer {}", series["x"].back().get<double>());
    } else {
      set_statistics(series, s, row, all.kinds.size() == 1, wishes.deviation, curve);
    }
    plot.curves.push_back(std::move(curve));
  }
  return plot;
}

std::string bin_label(const Json& document) {
  const Json& edges = document["series"][0]["componentwise"]["histogram"]["log10_edges"];
  if (edges.size() < 2) return "trials";
  return fmt::format("trials per {:.2g} decades", value(edges[1]) - value(edges[0]));
}

bool is_doubtful_anywhere(const Picture& picture) {
  return std::any_of(picture.panels.begin(), picture.panels.end(), [](const Plot& plot) {
    return std::any_of(plot.curves.begin(), plot.curves.end(), [](const Curve& curve) {
      return std::find(curve.doubtful.begin(), curve.doubtful.end(), true) != curve.doubtful.end();
    });
  });
}

/// Whether no series of the arithmetic has a number: all trials gave NaN or infinity.
bool is_never_finite(const Json& document, const std::string& arithmetic) {
  const auto has_number = [&](const Json& s) {
    const Json& medians = s["normwise"]["median"];
    return s["arithmetic"] == arithmetic &&
           std::any_of(medians.begin(), medians.end(), [](const Json& x) { return x.is_number(); });
  };
  return std::none_of(document["series"].begin(), document["series"].end(), has_number);
}

std::vector<LegendEntry> legend_of(const Json& document, const Catalogue& all, const Wishes& wishes,
                                   const Picture& picture, bool points) {
  std::vector<LegendEntry> legend;
  const bool kinds = all.colours_are_kinds();
  const auto& coloured = kinds ? all.kinds : all.arithmetics;
  for (std::size_t i = 0; i < coloured.size(); ++i)
    legend.push_back({!kinds && is_never_finite(document, coloured[i])
                          ? coloured[i] + " (never finite)"
                          : coloured[i],
                      static_cast<int>(i), 0, false, points});
  if (!kinds && all.kinds.size() > 1)
    for (std::size_t i = 0; i < all.kinds.size(); ++i)
      legend.push_back({all.kinds[i], -1, static_cast<int>(i), false, points});
  // Bands look alike in all rows of panels, so they share an entry.
  if (all.kinds.size() == 1)
    legend.push_back({wishes.deviation
                          ? "mean to mean + 1 standard deviation; about the median, 5th to 95th percentile"
                          : "5th to 95th percentile",
                      -1, 0, true, false, false, true});
  if (wishes.histogram) legend.push_back({"mean", -1, 1, false, false, false, true});
  if (is_doubtful_anywhere(picture))
    legend.push_back({"mean carried by a few trials", -1, 0, false, points, true, true});
  return legend;
}

}  // namespace

Picture figure_picture(const nlohmann::ordered_json& document) {
  const Wishes wishes = wishes_for(document);
  const Catalogue all = catalogue_of(document, wishes);
  std::vector<Shown> rows{Shown::mean, Shown::median};
  if (wishes.histogram) rows.push_back(Shown::histogram);
  constexpr const char* y_labels[] = {"mean relative error", "median relative error", ""};

  Picture picture;
  picture.title = fmt::format("{}: {} trials, {}", text(document["figure"]), document["trials"].dump(),
                              shared_setting(document));
  if (const std::string changes = changes_in(document); !changes.empty()) picture.title += "; " + changes;
  picture.title[0] = static_cast<char>(picture.title[0] - 'a' + 'A');
  const bool measures_below = 2 * all.groups.size() > 4;
  picture.columns = (measures_below ? 1 : 2) * all.groups.size();
  const auto add = [&](int measure, Shown row, const Group& group, bool named, bool on_top) {
    Plot plot = panel_of(document, wishes, all, group, measure, row);
    plot.scale = 2 * static_cast<int>(row) + measure;
    if (named)
      plot.y_label = measures_below ? fmt::format("{}, {}", row == Shown::mean ? "mean" : "median",
                                                  measure_names[measure])
                                    : y_labels[static_cast<int>(row)];
    if (named && row == Shown::histogram) plot.y_label = bin_label(document);
    if (on_top)
      plot.title = measures_below        ? group.title
                   : group.title.empty() ? measure_names[measure]
                                         : fmt::format("{}, {}", measure_names[measure], group.title);
    picture.panels.push_back(std::move(plot));
  };
  if (measures_below) {
    for (const int measure : {0, 1})
      for (const Shown row : rows)
        for (const Group& group : all.groups)
          add(measure, row, group, group == all.groups.front(), measure == 0 && row == Shown::mean);
  } else {
    for (const Shown row : rows)
      for (const int measure : {0, 1})
        for (const Group& group : all.groups)
          add(measure, row, group, group == all.groups.front(), row == Shown::mean);
  }
  const bool points = !document["series"][0]["layers"].is_null();
  picture.legend = legend_of(document, all, wishes, picture, points);
  if (has_zeros_off_axis(picture))
    picture.note = "Errors of 0 (exact results) lie below the logarithmic axes.";
  return picture;
}

}  // namespace halfulp
