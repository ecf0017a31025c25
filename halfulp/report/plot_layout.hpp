// Where the panels of a picture and its legend stand.
#pragma once

#include <string>
#include <vector>

#include "halfulp/report/plot.hpp"

namespace halfulp {

/// A rectangle in fractions of the picture, from the lower left.
struct Frame {
  double left, right, bottom, top;
};

inline constexpr double left_margin = 82;

/// Sizes in units of a pixel of the SVG picture.
struct Layout {
  /// Entries that stand in columns, from `left`.
  struct LegendRow {
    double left, column_width;
    std::vector<LegendEntry> entries;
  };
  double width, height, cell_width, cell_height, header, legend;
  std::vector<LegendRow> legend_rows;

  double inner_width() const { return cell_width - left_margin - 14; }
  double inner_height() const { return cell_height - 80; }
  /// Between the axes of a panel.
  Frame panel(std::size_t row, std::size_t column) const;
};

inline constexpr double legend_row_height = 20;

Layout layout_of(const Picture& picture, const std::vector<LegendEntry>& legend);

/// gnuplot's "set terminal" and "set margin".
std::string terminal(PictureForm form, const Layout& layout);
std::string margins(const Frame& frame);

/// A picture's title, cut in the middle where it is wider than the picture.
std::string shortened(const std::string& title, double width);

/// The picture that gnuplot draws.  An SVG says its title, which viewers and screen readers show.
std::string picture_of(const std::string& script, PictureForm form, const std::string& title);

}  // namespace halfulp
