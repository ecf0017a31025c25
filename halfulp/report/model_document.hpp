// What every result about a checkpoint in a recipe begins with: where it comes from, the model, the tokens,
// the recipe written out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/analysis/recipe.hpp"

namespace halfulp {

/// What a document says of its origin beyond the numbers.
struct ModelOrigin {
  std::string command_line;
  std::string model, model_hash;         // folder as given; fingerprint
  std::string token_source, token_hash;  // file, or "random"
  std::uint64_t seed = 0;
  double seconds = 0;
};

/// {"schema", "provenance", "model", "tokens", "recipe"}; seconds are for the end of the document.
nlohmann::ordered_json model_document(const std::string& schema, const Architecture& architecture,
                                      const Recipe& recipe, std::size_t tokens, const ModelOrigin& origin);

/// "bf16 on DIR: 4 layers, 818048 parameters, 128 tokens", and an empty line.
std::string model_headline(const nlohmann::ordered_json& document);

}  // namespace halfulp
