// A recipe says where an implementation rounds: which formats every step of every site has, how its weights
// are stored, in which order its sums are taken.
//
//   preset|@FILE [, [L.|L-M.]site[.step][.in|.acc|.out]=format[:mode][:saturate]] ... [,
//   order=recursive|pairwise|blocked:B]
//                [, flash_block=B] [, fma=on|off] [, shift=on|off]
//
// Presets: pure-F (Model 4.1: every elementary operation rounds to F), F (a framework's eager mode: results
// stored in F, binary32 inside), F-flash (the same with fused attention), amp-F (autocast), tf32.
// docs/recipes.md has their tables.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/layers/transformer/transformer.hpp"

namespace halfulp {

enum class PresetKind { pure, eager, flash, amp, tf32 };

struct Preset {
  PresetKind kind = PresetKind::eager;
  RoundingRule format;
};

/// Where an override applies and what it sets.
struct Override {
  enum class Part { site, step, in, acc, out };  // site, step: what a bare format means there
  std::optional<std::size_t> first_layer, last_layer;
  std::vector<Site> sites;
  std::optional<Step> step;
  Part part = Part::site;
  RoundingRule rule;
};

class Recipe {
 public:
  /// Throws usage_error naming the wrong word and the nearest legal ones; input_error for an unreadable
  /// @FILE.
  explicit Recipe(std::string_view text);

  const std::string& text() const { return text_; }
  const Preset& preset() const { return preset_; }
  const Summation& summation() const { return summation_; }
  /// Keys per block of fused attention, 0 without it.
  std::size_t flash_block() const { return preset_.kind == PresetKind::flash ? flash_block_ : 0; }
  /// Unshifted for pure recipes on the paper's architecture unless stated, shifted otherwise.
  Shift shift(const Architecture& architecture) const;
  /// The formats of a step.  layer is ignored for sites outside layers.
  StepFormats formats(const Architecture& architecture, std::size_t layer, Site site, Step step) const;
  /// The format in which the site's weights are stored.
  RoundingRule stored(const Architecture& architecture, std::size_t layer, Site site) const;
  /// The format in which the tensor that a site of this layer reads was stored; nearest for random rounding.
  RoundingRule stored_as(const Architecture& architecture, std::size_t layer, Tensor tensor) const;
  /// The arithmetic of a site; random bits are a function of (seed, layer, site, step, entry).
  Staged arithmetic(const Architecture& architecture, std::size_t layer, Site site, std::uint64_t seed) const;
  /// The same for a site that reads the reference's values, as local errors do.  Where the recipe's own run
  /// would find its operands already in the format `in` (the site before stores them so), reading them rounds
  /// nothing there, and must round nothing here: `in` becomes wide.  A cast that the site itself makes
  /// (autocast) stays.
  Staged arithmetic_on_reference(const Architecture& architecture, std::size_t layer, Site site,
                                 std::uint64_t seed) const;
  /// Refuses layers that the model does not have.
  void check(const Architecture& architecture) const;

 private:
  bool reads_what_was_stored(const Architecture& architecture, std::size_t layer, Site site,
                             const RoundingRule& in) const;
  Staged staged(const Architecture& architecture, std::size_t layer, Site site, std::uint64_t seed,
                bool on_reference) const;
  void read(std::string_view text, bool from_file);
  void read_item(std::string_view item);

  std::string text_;
  Preset preset_;
  Summation summation_;
  std::size_t flash_block_ = 128;
  bool states_flash_block_ = false;
  std::optional<Shift> shift_;
  std::vector<Override> overrides_;
};

/// What a preset does at a step, before overrides (docs/recipes.md).
StepFormats preset_formats(const Preset& preset, const Architecture& architecture, Site site, Step step);
/// "bf16", "pure-bf16", "bf16-flash", "amp-fp16", "tf32", "fp32".  Throws usage_error.
Preset preset_named(std::string_view name);

}  // namespace halfulp
