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
  bool whole = true;  // whole numbers only

  void take(double value, bool log) {
    if (!std::isfinite(value) || (log && !(value > 0))) return;
    least = std::min(least, value);
    most = std::max(most, value);
    whole &= value == std::floor(value);
  }
};

AxisRange logarithmic(const Extent& e) {
  if (!(e.least <= e.most)) return {0.1, 1, true};
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

struct Spot {
  double x, y;
};

/// What a triangle must not cover, in units of the panel's width and height.
std::vector<Spot> drawn_spots(const Plot& plot, const AxisRange& x, const AxisRange& y) {
  std::vector<Spot> spots;
  const auto along = [&](const Curve& curve, const std::vector<double>& values) {
    Spot before{};
    bool has_before = false;
    for (std::size_t i = 0; i < values.size() && i < curve.x.size(); ++i) {
      if (!std::isfinite(values[i]) || !(values[i] > 0) || !(curve.x[i] > 0)) {
        has_before = false;
        continue;
      }
      const Spot here{x.place(curve.x[i]), y.place(values[i])};
      for (int k = 1; has_before && k < 8; ++k)
        spots.push_back({before.x + k / 8.0 * (here.x - before.x), before.y + k / 8.0 * (here.y - before.y)});
      spots.push_back(here);
      before = here;
      has_before = true;
    }
  };
  for (const Curve& curve : plot.curves) {
    along(curve, curve.y);
    along(curve, curve.low);
    along(curve, curve.high);
  }
  return spots;
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
  return log ? logarithmic(extent) : linear(extent, extent.least >= 0);
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

std::vector<SlopeTriangle> slope_triangles(const Plot& plot, const AxisRange& x, const AxisRange& y,
                                           double height_over_width) {
  std::vector<SlopeTriangle> triangles;
  if (!x.log || !y.log) return triangles;
  const double x_decades = log10(x.high) - log10(x.low), y_decades = log10(y.high) - log10(y.low);
  std::vector<Spot> spots = drawn_spots(plot, x, y);
  for (const double slope : plot.slopes) {
    // As wide as a seventh of the panel, but at most a fourth of it high.
    double width = 0.14;
    double height = slope * width * x_decades / y_decades;
    if (height > 0.25) {
      width *= 0.25 / height;
      height = 0.25;
    }
    const double label = 0.08;  // room for the number to the right
    Spot best{0, 0};
    double clearance = -1;
    for (int i = 0; i <= 40; ++i)
      for (int k = 0; k <= 40; ++k) {
        const Spot corner{0.04 + i / 40.0 * (0.92 - width - label), 0.05 + k / 40.0 * (0.9 - height)};
        double nearest = 0.15;  // farther is no better: then the lowest, leftmost
        for (const Spot& spot : spots) {
          const double right = corner.x + width + label;
          const double dx = std::max({corner.x - spot.x, spot.x - right, 0.0});
          const double dy =
              std::max({corner.y - spot.y, spot.y - corner.y - height, 0.0}) * height_over_width;
          nearest = std::min(nearest, std::sqrt(dx * dx + dy * dy));
        }
        if (nearest > clearance) {
          clearance = nearest;
          best = corner;
        }
      }
    triangles.push_back({slope, x.at(best.x), x.at(best.x + width), y.at(best.y), y.at(best.y + height)});
    for (int i = 0; i <= 4; ++i)
      for (int k = 0; k <= 4; ++k)
        spots.push_back({best.x + i / 4.0 * (width + label), best.y + k / 4.0 * height});
  }
  return triangles;
}

}  // namespace halfulp
