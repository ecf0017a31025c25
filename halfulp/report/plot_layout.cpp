#include "halfulp/report/plot_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace halfulp {

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
  std::size_t longest = 0;
  for (const LegendEntry& entry : legend) longest = std::max(longest, entry.name.size());
  const double entry_width = 60 + 7.5 * static_cast<double>(longest);
  l.legend_columns = std::clamp(static_cast<int>((l.width - 80) / entry_width), 1,
                                std::max(1, static_cast<int>(legend.size())));
  const auto columns = static_cast<std::size_t>(l.legend_columns);
  l.legend = 30 + 20 * static_cast<double>((legend.size() + columns - 1) / columns);
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
