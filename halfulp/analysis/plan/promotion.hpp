// What can be promoted in a recipe: a site in a layer, kept in a wider format from its inputs to those who
// read its result.
//
// `L.site=G` makes the site compute and store as the preset of G does.  That alone gains nothing where the
// next site rounds what it reads (a matrix product takes its operands in F), so a promotion also lets the
// readers of its result read it as it is: `L.reader.step.in=G`.  The reader then multiplies in G, which is
// part of the cost; its own result it stores as before.  The rotary table is one for all layers: promoting
// `rope` in any of them promotes the table in all.  Weights are data and stay as they are stored.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "halfulp/analysis/recipe.hpp"

namespace halfulp {

/// A step that must read in the promoted format.
struct WidenedRead {
  std::size_t layer = 0;
  Site site = Site::embed;
  Step step = Step::product;
  bool operator==(const WidenedRead&) const = default;
};

struct Promotion {
  std::size_t layer = 0;  // 0 for embed, architecture.layers for final_norm and head
  Site site = Site::embed;
  std::vector<WidenedRead> reads;
  bool multiplies = false;    // its own operations change, not only what it stores
  double bytes = 0;           // moved more than in the base recipe
  std::size_t roundings = 0;  // steps that store fewer digits in the base recipe
  std::string text() const;   // "3.score", "head"
};

/// Every site of every layer whose formats change and nowhere become narrower, in the order of the forward
/// pass; for n tokens.  Throws usage_error when there is none.
std::vector<Promotion> promotions_of(const Architecture& architecture, const Recipe& base,
                                     const RoundingRule& format, std::size_t tokens);

/// Whether every number of `narrow` is one of `wide`.
bool holds(const Format& wide, const Format& narrow);

/// The bytes in which a number of a format is stored: up to 8 bits packed, else 2, 4 or 8 bytes; bin<t> as
/// with 8 bits of exponent.
double bytes_of(const Format& format);

/// What a recipe moves for n tokens: weights once, every activation written once and read by each of its
/// readers.
double moved_bytes(const Architecture& architecture, const Recipe& recipe, std::size_t tokens);

/// The base with every site promoted (reads, too), and with every read widened but no site promoted.
Recipe all_promoted(const Architecture& architecture, const Recipe& base, const RoundingRule& format);
Recipe all_widened(const Architecture& architecture, const Recipe& base, const RoundingRule& format);

/// Base and overrides such that Recipe(text) promotes exactly these; like layers together: "score=fp32",
/// "0-2.act=fp32".
std::string promoted_text(const Architecture& architecture, const Recipe& base, const RoundingRule& format,
                          const std::vector<Promotion>& promotions);

}  // namespace halfulp
