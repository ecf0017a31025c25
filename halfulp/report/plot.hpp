// Pictures: panels of curves, bands and histograms over two axes, drawn by gnuplot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halfulp {

/// y over x; what is not finite (or negative on a logarithmic axis) is left out, as a gap; to a 0 there, the
/// line goes down through the frame.
struct Curve {
  std::string name;  // in the legend
  std::vector<double> x, y;
  std::vector<double> low{},
      high{};                    // shaded between, where given; a low end off the axis: down to the frame
  int colour = -1;               // place in the palette; -1: the curve's place in its panel
  int stroke = 0;                // 0 solid, 1 dashed, 2 dotted, 3 dash-dotted
  bool points = true;            // a dot at every x
  std::vector<bool> doubtful{};  // where true, the curve is thin and pale and has no band; empty: nowhere
};

/// A vertical line through the panel.
struct VerticalLine {
  double x = 0;
  int colour = 0;
  bool doubtful = false;
};

/// One panel.
struct Plot {
  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<Curve> curves;
  std::vector<VerticalLine> lines{};
  std::vector<double> slopes{};  // a grey triangle for each, where both axes are logarithmic
  int scale = -1;                // panels of one scale >= 0 have the same axes
};

/// A name in the legend; notes, which say how things are drawn and not which, stand in lines of their own.
struct LegendEntry {
  std::string name;
  int colour = -1;  // -1: black
  int stroke = 0;
  bool area = false, points = false, doubtful = false, note = false;
};

/// Panels row by row, one legend below; where it is empty, it has the names of the curves.
struct Picture {
  std::string title;
  std::size_t columns = 1;
  std::vector<Plot> panels;
  std::vector<LegendEntry> legend{};
  std::string note{};  // below the legend
};

/// Whether a curve or the low end of its band has a 0 on a logarithmic axis.
bool has_zeros_off_axis(const Picture& picture);

enum class PictureForm { svg, png, pdf };

/// Of a file's ending: ".svg", ".png", else PDF.
inline PictureForm picture_form(std::string_view ending) {
  if (ending == ".svg") return PictureForm::svg;
  return ending == ".png" ? PictureForm::png : PictureForm::pdf;
}

/// The file's content.  Throws resource_error where gnuplot is missing (Debian: gnuplot-nox) or fails.
std::string drawn(const Picture& picture, PictureForm form);
std::string drawn(const Plot& plot, PictureForm form);

/// Throws resource_error where pictures cannot be drawn: asked before long work, not after.
void check_can_draw();

/// What gnuplot is told.  Texts of the picture are quoted: nothing in them is a command.
std::string script_of(const Picture& picture, PictureForm form);

}  // namespace halfulp
