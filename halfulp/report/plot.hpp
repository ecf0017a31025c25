// Pictures: curves over one axis, drawn by gnuplot.
#pragma once

#include <string>
#include <vector>

namespace halfulp {

/// y over x; what is not finite (or not positive on a logarithmic axis) is left out, as a gap.
struct Curve {
  std::string name;
  std::vector<double> x, y;
};

struct Plot {
  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<Curve> curves;
};

enum class PictureForm { svg, png };

/// The file's content.  Throws resource_error where gnuplot is missing (Debian: gnuplot-nox) or fails.
std::string drawn(const Plot& plot, PictureForm form);

}  // namespace halfulp
