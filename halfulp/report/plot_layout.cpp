#include "halfulp/report/plot_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "halfulp/report/gnuplot.hpp"

namespace halfulp {
namespace {

/// Entries, or notes, in rows of as many as fit one beside the other, all as wide as the widest.
void add_rows(const std::vector<LegendEntry>& legend, bool notes, Layout& l) {
  std::size_t longest = 0, count = 0;
  for (const LegendEntry& entry : legend) {
    if (entry.note != notes) continue;
    longest = std::max(longest, entry.name.size());
    ++count;
  }
  const double column = 60 + 7.5 * static_cast<double>(longest);
  const auto fitting = static_cast<std::size_t>(std::max(1.0, (l.width - 80) / column));
  const std::size_t columns = std::min(fitting, count);
  const double left = std::max(0.0, (l.width - column * static_cast<double>(columns)) / 2);
  std::size_t placed = 0;
  for (const LegendEntry& entry : legend) {
    if (entry.note != notes) continue;
    if (placed++ % columns == 0) l.legend_rows.push_back({left, column, {}});
    l.legend_rows.back().entries.push_back(entry);
  }
}

}  // namespace

Frame Layout::panel(std::size_t row, std::size_t column) const {
  const double left = static_cast<double>(column) * cell_width + left_margin;
  const double top = height - header - static_cast<double>(row) * cell_height - 28;
  return {left / width, (left + inner_width()) / width, (top - inner_height()) / height, top / height};
}

Layout layout_of(const Picture& picture, const std::vector<LegendEntry>& legend) {
  Layout l{};
  l.cell_width = picture.columns == 1 ? 900 : picture.columns == 2 ? 480 : 310;
  l.cell_height = picture.panels.size() == 1 ? 470 : picture.columns <= 2 ? 330 : 258;
  l.width = l.cell_width * static_cast<double>(picture.columns);
  for (const bool notes : {false, true}) add_rows(legend, notes, l);
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

std::string shortened(const std::string& title, double width) {
  const auto most = static_cast<std::size_t>(std::max(20.0, width / 8.4));
  if (title.size() <= most) return title;
  std::size_t first = most / 2, last = title.size() - (most - first - 1);
  const auto inside = [&](std::size_t at) { return (static_cast<unsigned char>(title[at]) & 0xC0) == 0x80; };
  while (first > 0 && inside(first)) --first;  // whole characters of UTF-8
  while (last < title.size() && inside(last)) ++last;
  return title.substr(0, first) + "\u2026" + title.substr(last);
}

std::string margins(const Frame& f) {
  return fmt::format(
      "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset bmargin at screen {:.5f}\n"
      "set tmargin at screen {:.5f}\n",
      f.left, f.right, f.bottom, f.top);
}

std::string picture_of(const std::string& script, PictureForm form, const std::string& title) {
  std::string picture = run_gnuplot(script);
  const std::string theirs = "<title>Gnuplot</title>";
  const std::size_t at = form == PictureForm::svg ? picture.find(theirs) : std::string::npos;
  if (at == std::string::npos) return picture;
  std::string ours;
  for (const char c : title) ours += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return picture.replace(at, theirs.size(), "<title>" + ours + "</title>");
}

}  // namespace halfulp
