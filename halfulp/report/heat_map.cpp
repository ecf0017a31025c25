#include "halfulp/report/heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/report/gnuplot.hpp"
#include "halfulp/report/plot_layout.hpp"

namespace halfulp {
namespace {

/// Viridis (van der Walt, Smith 2015), at nine places.
constexpr const char* colours =
    "0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', 5 '#28ae80', 6 '#5ec962', 7 '#addc30', "
    "8 "
    "'#fde725'";

constexpr double width = 470, top = 40, bottom = 30, left = 70, right = 104, title_height = 26,
                 label_height = 58;

bool is_shown(double x, bool log) { return std::isfinite(x) && (!log || x > 0); }

struct Range {
  double low = 0, high = 0;
  bool any = false;
};

Range range_of(const HeatMap& map) {
  Range range;
  for (const auto& row : map.values)
    for (const double x : row) {
      if (!is_shown(x, map.log)) continue;
      range.low = range.any ? std::min(range.low, x) : x;
      range.high = range.any ? std::max(range.high, x) : x;
      range.any = true;
    }
  if (range.any && range.low == range.high) {  // one colour needs a scale, too
    range.high *= range.high > 0 ? 1.1 : 0.9;
    range.low *= range.low > 0 ? 0.9 : 1.1;
    if (range.low == 0) range.high = 1;
  }
  return range;
}

/// Cells are never flatter than this, and a map is not taller than it is wide by much.
double map_height(const HeatMap& map) {
  return std::clamp(22.0 * static_cast<double>(map.rows.size()), 120.0, 420.0);
}

std::string ticks(const std::vector<double>& numbers) {
  const std::size_t step = std::max<std::size_t>(1, (numbers.size() + 11) / 12);
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); i += step)
    text += fmt::format("{}'{:g}' {}", text.empty() ? "" : ", ", numbers[i], i);
  return "(" + text + ")";
}

/// Five numbers on the colour scale.
std::string colour_ticks(const Range& range, bool log) {
  std::string text;
  for (int i = 0; i <= 4; ++i) {
    // Evenly spaced: powers of the fourth root of the quotient of the ends, by square roots.
    const double root = std::sqrt(std::sqrt(range.high / range.low));
    double x = range.low + 0.25 * i * (range.high - range.low);
    if (log) {
      x = range.low;
      for (int k = 0; k < i; ++k) x *= root;
    }
    if (i == 4) x = range.high;  // a tick beyond the end is not drawn
    text += fmt::format("{}'{:.3g}' {}", i == 0 ? "" : ", ", x, x);
  }
  return "(" + text + ")";
}

std::string map_text(const HeatMap& map, std::size_t number, double total_width, double total_height) {
  const double x = static_cast<double>(number) * width, height = map_height(map);
  std::string text = margins({(x + left) / total_width, (x + width - right) / total_width,
                              (total_height - top - title_height - height) / total_height,
                              (total_height - top - title_height) / total_height});
  text += fmt::format(
      "set title {} noenhanced offset 0,-0.4\nset xlabel {} noenhanced\nset ylabel {} noenhanced\n"
      "set xtics {} out nomirror scale 0.5\nset ytics {} out nomirror scale 0.5\n"
      "set border 3 lc rgb '#666666'\nset palette defined ({})\nunset key\n",
      gnuplot_quoted(map.title), gnuplot_quoted(map.x_label), gnuplot_quoted(map.y_label), ticks(map.columns),
      ticks(map.rows), colours);
  const Range range = range_of(map);
  text +=
      fmt::format("set xrange [-0.5:{}]\nset yrange [{}:-0.5]\n",
                  static_cast<double>(map.columns.size()) - 0.5, static_cast<double>(map.rows.size()) - 0.5);
  if (!range.any)
    return text + "set label 'nothing finite to draw' at graph 0.5,0.5 center\nplot NaN notitle\n";
  if (map.log) text += "set logscale cb\n";
  text += fmt::format("set cbrange [{}:{}]\nset cbtics {}\nset colorbox\n", range.low, range.high,
                      colour_ticks(range, map.log));
  // Boxes, not an image: images of one row are refused, and viewers of SVG smooth those of few pixels.
  text += fmt::format("$map{} << EOD\n", number);
  for (std::size_t i = 0; i < map.values.size(); ++i)
    for (std::size_t j = 0; j < map.values[i].size(); ++j)
      if (is_shown(map.values[i][j], map.log)) text += fmt::format("{} {} {}\n", j, i, map.values[i][j]);
  return text + fmt::format(
                    "EOD\nplot $map{} using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror "
                    "lc palette z fillstyle solid 1 noborder notitle\n",
                    number);
}

}  // namespace

std::string script_of(const HeatMaps& maps, PictureForm form) {
  double height = 0;
  for (const HeatMap& map : maps.maps) height = std::max(height, map_height(map));
  Layout layout{};
  layout.width = width * static_cast<double>(maps.maps.size());
  layout.height = top + title_height + height + label_height + (maps.note.empty() ? 0 : bottom);
  std::string script = terminal(form, layout) + "set encoding utf8\nset multiplot\n";
  script += fmt::format("set label 1 {} at screen 0.5,{:.5f} center noenhanced font ',15'\n",
                        gnuplot_quoted(shortened(maps.title, layout.width)), 1 - 17 / layout.height);
  if (!maps.note.empty())
    script += fmt::format("set label 2 {} at screen 0.5,{:.5f} center noenhanced\n",
                          gnuplot_quoted(maps.note), 14 / layout.height);
  for (std::size_t m = 0; m < maps.maps.size(); ++m)
    script += map_text(maps.maps[m], m, layout.width, layout.height) + "reset\n";
  return script + "unset multiplot\n";
}

std::string drawn(const HeatMaps& maps, PictureForm form) {
  return picture_of(script_of(maps, form), form, maps.title);
}

}  // namespace halfulp
