// Bounds beside what happens, layer by layer: a document (schema halfulp.bounds/1), and its text, table and
// picture.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "halfulp/analysis/bounds.hpp"
#include "halfulp/report/plot.hpp"

namespace halfulp {

/// What the caller knows of where the numbers come from.  A random model is its own description: no hash, no
/// tokens.
struct BoundsOrigin {
  struct Tokens {
    std::string source, hash;
  };
  std::string command_line, model;  // folder as given, or "random d=..,seed=.."
  std::optional<std::string> model_hash;
  std::optional<Tokens> tokens;
};

/// "No statement" and what is not finite are null.
nlohmann::ordered_json bounds_document(const ModelBounds& bounds, const std::string& format,
                                       const BoundsOrigin& origin);
std::string bounds_text(const nlohmann::ordered_json& document);
/// One line per layer.
std::string bounds_csv(const nlohmann::ordered_json& document);
/// A curve for each of observed (largest, median), running, a priori, repaired and as printed.
Plot bounds_plot(const nlohmann::ordered_json& document);

}  // namespace halfulp
