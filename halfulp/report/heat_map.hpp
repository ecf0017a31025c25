// Pictures of numbers on a grid, drawn by gnuplot: a colour scale that people who see few colours can read,
// and that prints in grey.
#pragma once

#include <string>
#include <vector>

#include "halfulp/report/plot.hpp"

namespace halfulp {

struct HeatMap {
  std::string title, x_label, y_label;
  bool log = true;                          // colours by the logarithm; what is not positive is left white
  std::vector<double> rows, columns;        // their numbers on the axes, evenly spaced
  std::vector<std::vector<double>> values;  // [rows][columns]; what is not finite is left white
};

struct HeatMaps {
  std::string title;
  std::vector<HeatMap> maps;
  std::string note{};
};

/// The file's content.  Throws as drawn(Picture).
std::string drawn(const HeatMaps& maps, PictureForm form);

/// What gnuplot is told.
std::string script_of(const HeatMaps& maps, PictureForm form);

}  // namespace halfulp
