#include "halfulp/analysis/plan/recipe_overrides.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace halfulp {
namespace {

/// visit(part) for every part between separators, empty ones too.
template <class Visit>
void each_part(std::string_view text, char separator, Visit visit) {
  for (;;) {
    const auto at = text.find(separator);
    visit(text.substr(0, at));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

void RecipeOverrides::add(const std::string& path, Site site, std::size_t layer) {
  auto at = std::find_if(paths_.begin(), paths_.end(), [&](const Path& p) { return p.path == path; });
  if (at == paths_.end())
    at = paths_.insert(paths_.end(), {path, is_in_layer(site), std::vector<bool>(layers_)});
  if (at->inside) at->layers[layer] = true;
}

std::string RecipeOverrides::text(const std::string& format) const {
  std::string text;
  for (const Path& p : paths_) {
    if (!p.inside || std::find(p.layers.begin(), p.layers.end(), false) == p.layers.end()) {
      text += fmt::format(",{}={}", p.path, format);
      continue;
    }
    for (std::size_t first = 0; first < layers_; ++first) {
      if (!p.layers[first]) continue;
      std::size_t last = first;
      while (last + 1 < layers_ && p.layers[last + 1]) ++last;
      const std::string layers = first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
      text += fmt::format(",{}.{}={}", layers, p.path, format);
      first = last;
    }
  }
  return text;
}

std::string one_line(std::string_view recipe_text) {
  std::string line;
  each_part(recipe_text, '\n', [&](std::string_view row) {
    each_part(row.substr(0, row.find('#')), ',', [&](std::string_view item) {
      if (!trimmed(item).empty()) line += (line.empty() ? "" : ",") + std::string(trimmed(item));
    });
  });
  return line;
}

std::string recipe_file(std::string_view one_line, std::string_view comment) {
  std::string file;
  each_part(comment, '\n', [&](std::string_view row) { file += fmt::format("# {}\n", row); });
  each_part(one_line, ',', [&](std::string_view item) { file += fmt::format("{}\n", item); });
  return file;
}

}  // namespace halfulp
