#include "halfulp/report/plot_axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {
namespace {

constexpr double log_10 = 2.302585092994046;

double log10(double x) { return halfulp::log(x) / log_10; }
double power_of_10(double x) { return halfulp::exp(x * log_10); }

struct Extent {
  double least = HUGE_VAL, most = -HUGE_VAL;
  bool whole = true;     // whole numbers only
  bool doubling = true;  // powers of two only

  void take(double value, bool log) {
    if (!std::isfinite(value) || (log && !(value > 0))) return;
    least = std::min(least, value);
    most = std::max(most, value);
    whole &= value == std::floor(value);
    int exponent = 0;
    doubling &= value >= 1 && std::frexp(value, &exponent) == 0.5;
  }
};

AxisRange logarithmic(const Extent& e) {
  if (!(e.least <= e.most)) return {0.1, 1, true};
  if (e.doubling && e.most >= 4 * e.least) return {e.least / 1.3, 1.3 * e.most, true, true, true};
  const double low = std::max(log10(e.least), -280.0), high = std::min(log10(e.most), 280.0);
  // Short axes begin and end at labels, so that there are two of them.
  if (high - low < 2.2) {
    const double first = std::floor(low + 1e-6), last = std::max(std::ceil(high - 1e-6), first + 1);
    return {decade(static_cast<int>(first)), decade(static_cast<int>(last)), true};
  }
  const double air = 0.04 * (high - low);
  return {power_of_10(low - air), power_of_10(high + air), true};
}

AxisRange linear(const Extent& e, bool from_zero) {
  if (!(e.least <= e.most)) return {0, 1, false};
  if (from_zero) return {0, e.most > 0 ? 1.06 * e.most : 1, false, e.whole};
  double air = e.most > e.least ? 0.02 * (e.most - e.least) : 0.5;
  if (e.whole) air = std::max(air, 0.3);
  return {e.least - air, e.most + air, false, e.whole};
}

/// Errors that fall to 0 fall through every magnitude on their way.  Where any is 0, a logarithmic axis ends
/// three decades below the middle of the lowest curve; else nowhere (0).
double floor_of(const std::vector<const Plot*>& panels) {
  double floor = HUGE_VAL;
  bool any_zero = false;
  for (const Plot* plot : panels)
    for (const Curve& curve : plot->curves) {
      std::vector<double> positive;
      for (const double y : curve.y)
        if (y > 0 && std::isfinite(y)) positive.push_back(y);
      for (const auto* values : {&curve.y, &curve.low})
        any_zero |= std::find(values->begin(), values->end(), 0) != values->end();
      if (positive.empty()) continue;
      const auto middle = positive.begin() + static_cast<std::ptrdiff_t>(positive.size() / 2);
      std::nth_element(positive.begin(), middle, positive.end());
      floor = std::fmin(floor, 1e-3 * *middle);
    }
  return any_zero && std::isfinite(floor) ? floor : 0;
}

// Slope triangles stand side by side in the lower left corner, in fractions of the panel: each as wide as a
// tenth of it, but not higher than `highest`, and all above `base`.
constexpr double triangle_width = 0.1, triangle_room = 0.19, highest = 0.18, base = 0.04, left = 0.04;

/// Decades along the hypotenuse's rise, as wide as a triangle may be.
double steepest_rise(const std::vector<const Plot*>& panels, double x_decades) {
  double slope = 0;
  for (const Plot* plot : panels)
    for (const double one : plot->slopes) slope = std::max(slope, one);
  return slope * triangle_width * x_decades;
}

/// The axis with room below all curves for the triangles: (rise + whole axis before) / (1 - 2 base) decades.
AxisRange with_room(const AxisRange& y, double rise) {
  const double decades = log10(y.high) - log10(y.low);
  const double whole = std::min((decades + rise) / (1 - 2 * base), decades / (1 - 2 * base - highest));
  return {std::max(power_of_10(log10(y.high) - whole), 1e-300), y.high, true};
}

}  // namespace

double AxisRange::place(double x) const {
  return log ? (log10(x) - log10(low)) / (log10(high) - log10(low)) : (x - low) / (high - low);
}

double AxisRange::at(double place) const {
  return log ? power_of_10(log10(low) + place * (log10(high) - log10(low))) : low + place * (high - low);
}

AxisRange x_axis(const std::vector<const Plot*>& panels) {
  Extent extent;
  for (const Plot* plot : panels) {
    for (const Curve& curve : plot->curves)
      for (const double x : curve.x) extent.take(x, plot->log_x);
    for (const VerticalLine& line : plot->lines) extent.take(line.x, plot->log_x);
  }
  return panels.front()->log_x ? logarithmic(extent) : linear(extent, false);
}

AxisRange y_axis(const std::vector<const Plot*>& panels) {
  Extent extent;
  const bool log = panels.front()->log_y;
  const double floor = log ? floor_of(panels) : -HUGE_VAL;
  for (const Plot* plot : panels)
    for (const Curve& curve : plot->curves)
      for (const auto* values : {&curve.y, &curve.low, &curve.high})
        for (const double y : *values) extent.take(log && y > 0 ? std::fmax(y, floor) : y, log);
  if (!log) return linear(extent, extent.least >= 0);
  const AxisRange y = logarithmic(extent), x = x_axis(panels);
  const double rise = x.log ? steepest_rise(panels, log10(x.high) - log10(x.low)) : 0;
  return rise > 0 ? with_room(y, rise) : y;
}

double label_step(const AxisRange& axis, int most) {
  const double power = decade(static_cast<int>(std::floor(log10((axis.high - axis.low) / most))));
  for (const double factor : {1.0, 2.0, 5.0})
    if (axis.high - axis.low <= factor * power * most)
      return axis.whole ? std::max(factor * power, 1.0) : factor * power;
  return 10 * power;
}

Labels decade_labels(const AxisRange& axis, int most) {
  const int first = static_cast<int>(std::ceil(log10(axis.low) - 1e-6));
  const int last = static_cast<int>(std::floor(log10(axis.high) + 1e-6));
  Labels labels;
  while ((last - first) / labels.step >= most) ++labels.step;
  for (int k = first; k <= last; ++k)
    if (k % labels.step == 0) labels.exponents.push_back(k);
  return labels;
}

double decade(int k) { return std::strtod(fmt::format("1e{}", k).c_str(), nullptr); }

std::vector<SlopeTriangle> slope_triangles(const Plot& plot, const AxisRange& x, const AxisRange& y) {
  std::vector<SlopeTriangle> triangles;
  if (!x.log || !y.log) return triangles;
  const double x_decades = log10(x.high) - log10(x.low), y_decades = log10(y.high) - log10(y.low);
  double at = left;
  for (const double slope : plot.slopes) {
    double width = triangle_width, height = slope * width * x_decades / y_decades;
    if (height > highest) {
      width *= highest / height;
      height = highest;
    }
    triangles.push_back({slope, x.at(at), x.at(at + width), y.at(base), y.at(base + height)});
    at += triangle_room;
  }
  return triangles;
}

}  // namespace halfulp
