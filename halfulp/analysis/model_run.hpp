// A model, its tokens and a recipe: what every run of a profile shares.
#pragma once

#include <span>

#include "halfulp/analysis/recipe.hpp"

namespace halfulp {

struct ModelRun {
  const Architecture& architecture;
  const TransformerWeights& weights;
  std::span<const std::uint32_t> tokens;
  const Recipe& recipe;
  std::uint64_t seed = 0;

  std::vector<Site> sites_of_layer() const { return layer_sites(architecture, recipe.flash_block() > 0); }
  /// Weights as the recipe stores them, or as the file has them.
  Place place(std::size_t layer, Site site, bool as_stored = true) const {
    Place place{
        architecture, weights, tokens, layer, Rounder(), recipe.flash_block(), recipe.shift(architecture)};
    if (as_stored) place.stored = Rounder(recipe.stored(architecture, layer, site));
    return place;
  }
  Staged arithmetic(std::size_t layer, Site site) const {
    return recipe.arithmetic(architecture, layer, site, seed);
  }
  Staged arithmetic_on_reference(std::size_t layer, Site site) const {
    return recipe.arithmetic_on_reference(architecture, layer, site, seed);
  }
};

/// visit(i, j) for the entries that mean something: scores and weights of keys i > query j are masked.
template <class Visit>
void each_entry(Tensor tensor, std::size_t rows, std::size_t columns, std::size_t tokens, Visit visit) {
  const bool masked = tensor == Tensor::score || tensor == Tensor::weight;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = masked ? i % tokens : 0; j < columns; ++j) visit(i, j);
}

}  // namespace halfulp
