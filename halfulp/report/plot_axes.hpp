// Where the axes of a panel begin and end, where their labels stand, and where a slope triangle is in
// nobody's way.
#pragma once

#include <vector>

#include "halfulp/report/plot.hpp"

namespace halfulp {

/// low < high; on a logarithmic axis both are positive.
struct AxisRange {
  double low = 0, high = 1;
  bool log = false;
  bool whole = false;     // what it measures comes in whole numbers only
  bool doubling = false;  // logarithmic, and only in powers of two: labels stand at these

  /// Where x stands between low (0) and high (1).
  double place(double x) const;
  /// The inverse of place.
  double at(double place) const;
};

/// Of what is shown of the curves: finite, and positive on a logarithmic axis.  Where curves or their bands
/// are 0 on a logarithmic axis, it ends three decades below the middle of the lowest curve, or higher.  Slope
/// triangles have room below.
AxisRange x_axis(const std::vector<const Plot*>& panels);
AxisRange y_axis(const std::vector<const Plot*>& panels);

/// Distance of the labels on a linear axis, 1, 2 or 5 times a power of ten (at least 1 of whole numbers), for
/// at most `most` of them.
double label_step(const AxisRange& axis, int most);

/// Labels of a logarithmic axis: powers of ten, at most `most` of them.
struct Labels {
  std::vector<int> exponents;
  int step = 1;  // from one label to the next
};
Labels decade_labels(const AxisRange& axis, int most);

/// 10^k, correctly rounded.
double decade(int k);

/// A right triangle whose hypotenuse has that slope on logarithmic axes: corners (x0, y0), (x1, y0), (x1,
/// y1).
struct SlopeTriangle {
  double slope, x0, x1, y0, y1;
};

/// The triangles of a panel, side by side in the lower left corner, where y_axis leaves room below the
/// curves; none where axes are not logarithmic.
std::vector<SlopeTriangle> slope_triangles(const Plot& plot, const AxisRange& x, const AxisRange& y);

}  // namespace halfulp
