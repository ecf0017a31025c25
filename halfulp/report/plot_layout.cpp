#include "halfulp/report/plot_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace halfulp {
namespace {

/// Entries, or notes, in rows of as many as fit one beside the other, all as wide as the widest.
void add_rows(const std::vector<LegendEntry>& legend, bool notes, double width,
              std::vector<std::vector<LegendEntry>>& rows) {
  std::size_t longest = 0;
  for (const LegendEntry& entry : legend)
    if (entry.note == notes) longest = std::max(longest, entry.name.size());
  const auto columns =
      static_cast<std::size_t>(std::max(1.0, width / (60 + 7.5 * static_cast<double>(longest))));
  std::size_t placed = 0;
  for (const LegendEntry& entry : legend) {
    if (entry.note != notes) continue;
    if (placed++ % columns == 0) rows.emplace_back();
    rows.back().push_back(entry);
  }
}

}  // namespace

Frame Layout::panel(std::size_t row, std::size_t column) const {
  const double left = static_cast<double>(column) * cell_width + 74;
  const double top = height - header - static_cast<double>(row) * cell_height - 28;
  return {left / width, (left + inner_width()) / width, (top - inner_height()) / height, top / height};
}

Layout layout_of(const Picture& picture, const std::vector<LegendEntry>& legend) {
  Layout l{};
  l.cell_width = picture.columns == 1 ? 900 : picture.columns == 2 ? 480 : 310;
  l.cell_height = picture.panels.size() == 1 ? 470 : picture.columns <= 2 ? 330 : 258;
  l.width = l.cell_width * static_cast<double>(picture.columns);
  for (const bool notes : {false, true}) add_rows(legend, notes, l.width - 80, l.legend_rows);
  l.legend = 30 + legend_row_height * static_cast<double>(l.legend_rows.size());
  if (!picture.note.empty()) l.legend += 22;
  l.header = picture.title.empty() ? 4 : 30;
  const std::size_t rows = (picture.panels.size() + picture.columns - 1) / picture.columns;
  l.height = l.header + static_cast<double>(rows) * l.cell_height + l.legend;
  return l;
}

std::string terminal(PictureForm form, const Layout& l) {
  switch (form) {
    case PictureForm::svg:
      return fmt::format("set terminal svg size {},{} enhanced font 'sans-serif,13' background 'white'\n",
                         l.width, l.height);
    case PictureForm::png:
      return fmt::format(
          "set terminal pngcairo size {},{} enhanced font 'sans-serif,13' fontscale 1.1 linewidth 1.6 "
          "pointscale 1.6\n",
          1.5 * l.width, 1.5 * l.height);
    case PictureForm::pdf:
      break;
  }
  return fmt::format("set terminal pdfcairo size {}in,{}in enhanced font 'sans-serif,13' fontscale 0.58\n",
                     l.width / 96, l.height / 96);
}

std::string margins(const Frame& f) {
  return fmt::format(
      "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset bmargin at screen {:.5f}\n"
      "set tmargin at screen {:.5f}\n",
      f.left, f.right, f.bottom, f.top);
}

}  // namespace halfulp
