#include "halfulp/report/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "halfulp/report/gnuplot.hpp"
#include "halfulp/report/plot_axes.hpp"
#include "halfulp/report/plot_layout.hpp"

namespace halfulp {
namespace {

/// Colours that people who see few of them tell apart (Okabe, Ito 2008).
constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
                                   "#56b4e9", "#000000", "#882255", "#999933", "#332288"};
constexpr double thin = 0.7;  // of the usual width, where the curve is in doubt
constexpr const char* dashes[] = {"1", "(9,5)", "(2.5,4)", "(9,4,2.5,4)"};

std::string colour_of(int place) {
  return place < 0 ? "#222222" : colours[static_cast<std::size_t>(place) % std::size(colours)];
}
const char* dash_of(int stroke) { return dashes[static_cast<std::size_t>(stroke) % std::size(dashes)]; }

/// Half way to white: opaque, so that all forms have the same.
std::string pale(const std::string& colour) {
  const auto half = [&](std::size_t at) { return (std::stoi(colour.substr(at, 2), nullptr, 16) + 255) / 2; };
  return fmt::format("#{:02x}{:02x}{:02x}", half(1), half(3), half(5));
}

std::string stroke_text(bool points, int stroke, const std::string& colour, bool doubtful) {
  return fmt::format("with {} lw {} dt {} lc rgb '{}'", points ? "linespoints pt 7 ps 0.4" : "lines",
                     doubtful ? thin : 1.6, dash_of(stroke), doubtful ? pale(colour) : colour);
}

/// Labelled powers of ten and, between them, ticks without labels.
std::string decade_ticks(const AxisRange& axis, int most) {
  const Labels labels = decade_labels(axis, most);
  std::string ticks;
  for (const int k : labels.exponents) {
    ticks += fmt::format("{}'10^{{{}}}' 1e{}", ticks.empty() ? "" : ", ", k, k);
    for (int skipped = 1; skipped < labels.step; ++skipped) ticks += fmt::format(", '' 1e{} 1", k + skipped);
  }
  if (labels.step == 1 && labels.exponents.size() < 6 && !labels.exponents.empty())
    for (int k = labels.exponents.front() - 1; k <= labels.exponents.back(); ++k)
      for (int digit = 2; digit < 10; ++digit) ticks += fmt::format(", '' {}e{} 1", digit, k);
  return "(" + ticks + ")";
}

/// Powers of two, written out while they are short.
std::string doubling_ticks(const AxisRange& axis, int most) {
  const int first = std::ilogb(axis.low) + 1, last = std::ilogb(axis.high);
  const int step = 1 + (last - first) / most;
  std::string ticks;
  for (int k = first; k <= last; k += step)
    ticks += fmt::format("{}'{}' {}", ticks.empty() ? "" : ", ",
                         last <= 13 ? std::to_string(1 << k) : fmt::format("2^{{{}}}", k), std::ldexp(1, k));
  return "(" + ticks + ")";
}

std::string axis(char name, const AxisRange& range, int most) {
  std::string text = fmt::format("set {}range [{}:{}] noextend\n", name, range.low, range.high);
  if (range.log) {
    text += fmt::format("set logscale {}\nset {}tics {} enhanced\n", name, name,
                        range.doubling ? doubling_ticks(range, most) : decade_ticks(range, most));
  } else {
    const double step = label_step(range, most);
    const bool counts = step >= 1;
    text += fmt::format("set {}tics {}\nset format {} '{}'\n", name, step, name, counts ? "%.0f" : "%g");
  }
  return text;
}

bool is_shown(double value, bool log) { return std::isfinite(value) && (!log || value > 0); }

/// Where a curve is drawn: a 0 that a logarithmic axis cannot show lies below it.
double drawn_at(double y, const AxisRange& range) { return range.log && y == 0 ? range.low / 10 : y; }

std::string in_range(double y, const AxisRange& range) {
  return fmt::format("{}", std::isnan(y) ? y : std::clamp(y, range.low, range.high));
}

/// The data block and the pieces of the plot command of one curve.
struct Drawing {
  std::string data, band, doubtful, line;
};

/// One block for what is trusted, bands with it, and one for doubtful points with the lines that end at them.
Drawing drawing_of(const Curve& curve, int place, const Plot& plot, const AxisRange& y,
                   const std::string& name) {
  std::string rows, doubtful_rows;
  bool any = false, any_doubtful = false;
  const auto is_doubtful = [&](std::size_t i) { return i < curve.doubtful.size() && curve.doubtful[i]; };
  const bool banded = !curve.low.empty();
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    const double at = drawn_at(curve.y[i], y);
    const bool shown = is_shown(curve.x[i], plot.log_x) && is_shown(at, plot.log_y);
    const std::string row = shown ? fmt::format("{} {}", curve.x[i], at) : "";
    const bool here = is_doubtful(i), before = i > 0 && is_doubtful(i - 1), after = is_doubtful(i + 1);
    const bool seen = is_shown(curve.y[i], plot.log_y) || (banded && is_shown(curve.high[i], plot.log_y));
    any |= shown && seen && !here;
    any_doubtful |= shown && here;
    if (here || !shown)
      rows += "\n";
    else if (banded)
      rows += fmt::format("{} {} {}\n", row, in_range(curve.low[i], y), in_range(curve.high[i], y));
    else
      rows += row + "\n";
    if (here || before || after) doubtful_rows += row + "\n";
    if (before && !here && !after) doubtful_rows += "\n";
  }
  const std::string colour = colour_of(curve.colour < 0 ? place : curve.colour);
  Drawing d;
  if (any_doubtful) {
    d.data += fmt::format("{}doubtful << EOD\n{}EOD\n", name, doubtful_rows);
    d.doubtful = fmt::format("{}doubtful using 1:2 {} notitle", name,
                             stroke_text(curve.points, curve.stroke, colour, true));
  }
  if (!any) return d;
  d.data += fmt::format("{} << EOD\n{}EOD\n", name, rows);
  if (banded)
    d.band =
        fmt::format("{} using 1:3:4 with filledcurves fs transparent solid 0.18 noborder lc rgb '{}' notitle",
                    name, colour);
  d.line =
      fmt::format("{} using 1:2 {} notitle", name, stroke_text(curve.points, curve.stroke, colour, false));
  return d;
}

std::string triangle_text(const SlopeTriangle& t) {
  return fmt::format(
      "set object polygon from {},{} to {},{} to {},{} to {},{} fs solid 0.25 border rgb '#777777' fc rgb "
      "'#777777'\nset label '{}' at {},{} left offset character 0.5,0 textcolor rgb '#555555'\n",
      t.x0, t.y0, t.x1, t.y0, t.x1, t.y1, t.x0, t.y0, t.slope, t.x1, std::sqrt(t.y0 * t.y1));
}

std::string panel_text(const Plot& plot, const AxisRange& x, const AxisRange& y, const Layout& l,
                       const Frame& frame, std::size_t number) {
  std::string text = margins(frame);
  text += fmt::format("set title {} noenhanced offset 0,-0.5\nset xlabel {} noenhanced offset 0,0.3\n",
                      gnuplot_quoted(plot.title), gnuplot_quoted(plot.x_label));
  // Not by ylabel: its place depends on the labels' widths, which the SVG terminal guesses too large.
  if (!plot.y_label.empty())
    text += fmt::format("set label {} at screen {:.5f},{:.5f} center rotate by 90 noenhanced\n",
                        gnuplot_quoted(plot.y_label), frame.left - (left_margin - 16) / l.width,
                        (frame.bottom + frame.top) / 2);
  text +=
      "set border 3 lc rgb '#666666'\nset tics nomirror out scale 0.7\nset grid ytics lt 1 lc rgb "
      "'#e2e2e2'\n";
  text += axis('x', x, static_cast<int>(l.inner_width() / 44));
  text += axis('y', y, static_cast<int>(l.inner_height() / 32));
  for (const VerticalLine& line : plot.lines)
    if (is_shown(line.x, plot.log_x))
      text += fmt::format("set arrow from {},graph 0 to {},graph 1 nohead lw {} dt {} lc rgb '{}' front\n",
                          line.x, line.x, line.doubtful ? thin : 1.6, dash_of(1),
                          line.doubtful ? pale(colour_of(line.colour)) : colour_of(line.colour));
  for (const SlopeTriangle& t : slope_triangles(plot, x, y)) text += triangle_text(t);
  std::string bands, doubtful, lines;
  for (std::size_t c = 0; c < plot.curves.size(); ++c) {
    const Drawing d =
        drawing_of(plot.curves[c], static_cast<int>(c), plot, y, fmt::format("$panel{}curve{}", number, c));
    text += d.data;
    if (!d.band.empty()) bands += ", " + d.band;
    if (!d.doubtful.empty()) doubtful += ", " + d.doubtful;
    if (!d.line.empty()) lines += ", " + d.line;
  }
  if (doubtful.empty() && lines.empty())
    return text + "set label 'nothing finite to draw' at graph 0.5,0.5 center\nplot NaN notitle\n";
  return text + "plot " + (bands + doubtful + lines).substr(2) + "\n";
}

/// Below the panels: the legend, then the note.  Each entry is a plot of its own beside the frame, because
/// keys of gnuplot's do not align from one to the next.
std::string below_text(const Picture& picture, const Layout& l) {
  std::string text = margins({0, 1, 0, l.legend / l.height}) +
                     "unset border\nunset tics\nset xrange [0:1]\nset yrange [0:1]\n";
  double top = l.legend - 14;
  for (const Layout::LegendRow& row : l.legend_rows) {
    double left = row.left;
    for (const LegendEntry& entry : row.entries) {
      const std::string colour = colour_of(entry.colour);
      text += fmt::format(
          "set key at screen {:.5f},{:.5f} left top Left reverse samplen 2.4 noenhanced\nplot 2 notitle, "
          "keyentry ",
          left / l.width, top / l.height);
      text += entry.area
                  ? fmt::format("with filledcurves fs transparent solid 0.3 noborder lc rgb '{}'", colour)
                  : stroke_text(entry.points, entry.stroke, colour, entry.doubtful);
      text += " title " + gnuplot_quoted(entry.name) + "\n";
      left += row.column_width;
    }
    top -= legend_row_height;
  }
  if (picture.note.empty()) return text;
  return text +
         fmt::format("unset key\nset label 2 {} at screen 0.5,{:.5f} center noenhanced\nplot 2 notitle\n",
                     gnuplot_quoted(picture.note), 24 / l.height);
}

std::vector<LegendEntry> legend_of(const Picture& picture) {
  if (!picture.legend.empty()) return picture.legend;
  std::vector<LegendEntry> legend;
  for (const Plot& plot : picture.panels)
    for (std::size_t c = 0; c < plot.curves.size(); ++c) {
      const Curve& curve = plot.curves[c];
      const bool known = std::any_of(legend.begin(), legend.end(),
                                     [&](const LegendEntry& entry) { return entry.name == curve.name; });
      if (known || curve.name.empty()) continue;
      legend.push_back({curve.name, curve.colour < 0 ? static_cast<int>(c) : curve.colour, curve.stroke,
                        false, curve.points});
    }
  return legend;
}

}  // namespace

std::string script_of(const Picture& picture, PictureForm form) {
  const std::vector<LegendEntry> legend = legend_of(picture);
  const Layout l = layout_of(picture, legend);
  std::map<int, std::vector<const Plot*>> scales;
  for (const Plot& plot : picture.panels)
    if (plot.scale >= 0) scales[plot.scale].push_back(&plot);
  std::string script = terminal(form, l) + "set encoding utf8\nset multiplot\n";
  if (!picture.title.empty())
    script += fmt::format("set label 1 {} at screen 0.5,{:.5f} center noenhanced font ',15'\n",
                          gnuplot_quoted(shortened(picture.title, l.width)), 1 - 17 / l.height);
  for (std::size_t p = 0; p < picture.panels.size(); ++p) {
    const Plot& plot = picture.panels[p];
    const auto like = plot.scale < 0 ? std::vector<const Plot*>{&plot} : scales[plot.scale];
    script += panel_text(plot, x_axis(like), y_axis(like), l,
                         l.panel(p / picture.columns, p % picture.columns), p) +
              "reset\n";
  }
  if (!legend.empty() || !picture.note.empty()) script += below_text(picture, l);
  return script + "unset multiplot\n";
}

bool has_zeros_off_axis(const Picture& picture) {
  for (const Plot& plot : picture.panels)
    for (const Curve& curve : plot.curves)
      for (const auto* values : {&curve.y, &curve.low})
        if (plot.log_y && std::find(values->begin(), values->end(), 0) != values->end()) return true;
  return false;
}

std::string drawn(const Picture& picture, PictureForm form) {
  return picture_of(script_of(picture, form), form, picture.title);
}

std::string drawn(const Plot& plot, PictureForm form) {
  Picture picture{plot.title, 1, {plot}, {}};
  picture.panels.front().title.clear();
  return drawn(picture, form);
}

void check_can_draw() { run_gnuplot("set print '-'\nprint 'here'\n"); }

}  // namespace halfulp
