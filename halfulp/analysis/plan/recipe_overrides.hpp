// Recipes as text: overrides that hold in many layers, written once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "halfulp/layers/site.hpp"

namespace halfulp {

/// Overrides of one format, by path ("score", "qkv.product.in") and layer.
class RecipeOverrides {
 public:
  explicit RecipeOverrides(std::size_t layers) : layers_(layers) {}
  /// layer is ignored for sites outside layers.
  void add(const std::string& path, Site site, std::size_t layer);
  /// ",score=fp32,0-2.act=fp32,4.act=fp32": paths in the order in which they came, no layers where all have
  /// it.
  std::string text(const std::string& format) const;

 private:
  struct Path {
    std::string path;
    bool inside;
    std::vector<bool> layers;
  };
  std::size_t layers_;
  std::vector<Path> paths_;
};

/// The items of a recipe's text, without comments, "a,b,c".
std::string one_line(std::string_view recipe_text);

/// The same as a file, an item a line below the comment's lines.
std::string recipe_file(std::string_view one_line, std::string_view comment);

}  // namespace halfulp
