#include "halfulp/report/model_document.hpp"

#include <fmt/format.h>

#include "halfulp/report/provenance.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// The formats of every step, layers of like formats together.
Json expanded(const Recipe& recipe, const Architecture& architecture) {
  const bool flash = recipe.flash_block() > 0;
  Json steps = Json::array();
  std::vector<Site> sites = {Site::embed};
  const auto inner = layer_sites(architecture, flash);
  sites.insert(sites.end(), inner.begin(), inner.end());
  sites.insert(sites.end(), {Site::final_norm, Site::head});
  for (const Site s : sites) {
    for (const Step step : steps_of(s, flash)) {
      const std::size_t layers = is_in_layer(s) ? architecture.layers : 1;
      for (std::size_t first = 0; first < layers;) {
        const StepFormats formats = recipe.formats(architecture, first, s, step);
        std::size_t last = first;
        while (last + 1 < layers && recipe.formats(architecture, last + 1, s, step) == formats) ++last;
        Json entry;
        entry["layers"] = is_in_layer(s) ? Json(first == last ? fmt::format("{}", first)
                                                              : fmt::format("{}-{}", first, last))
                                         : Json();
        entry["site"] = name_of(s);
        entry["step"] = name_of(step);
        if (step == Step::weight) {
          entry["stored"] = name_of(formats.out);
        } else {
          entry["in"] = name_of(formats.in);
          entry["acc"] = name_of(formats.acc);
          entry["out"] = name_of(formats.out);
        }
        steps.push_back(std::move(entry));
        first = last + 1;
      }
    }
  }
  return steps;
}

Json recipe_entry(const Recipe& recipe, const Architecture& architecture) {
  const Summation& how = recipe.summation();
  const std::string order = how.order == Order::recursive  ? "recursive"
                            : how.order == Order::pairwise ? "pairwise"
                                                           : fmt::format("blocked:{}", how.block);
  return {{"text", recipe.text()},
          {"order", order},
          {"fma", how.fused},
          {"flash_block", recipe.flash_block()},
          {"softmax_shift", recipe.shift(architecture) == Shift::by_maximum},
          {"steps", expanded(recipe, architecture)}};
}

}  // namespace

nlohmann::ordered_json model_document(const std::string& schema, const Architecture& architecture,
                                      const Recipe& recipe, std::size_t tokens, const ModelOrigin& origin) {
  Json document = document_of(schema, origin.command_line);
  document["provenance"]["seed"] = origin.seed;
  document["model"] = {{"folder", origin.model},
                       {"hash", origin.model_hash},
                       {"layers", architecture.layers},
                       {"width", architecture.width},
                       {"heads", architecture.heads},
                       {"vocabulary", architecture.vocabulary},
                       {"parameters", architecture.parameters()}};
  document["tokens"] = {{"count", tokens}, {"source", origin.token_source}, {"hash", origin.token_hash}};
  document["recipe"] = recipe_entry(recipe, architecture);
  return document;
}

std::string model_headline(const nlohmann::ordered_json& d) {
  return fmt::format("{} on {}: {} layers, {} parameters, {} tokens\n\n",
                     d["recipe"]["text"].get<std::string>(), d["model"]["folder"].get<std::string>(),
                     d["model"]["layers"].get<std::size_t>(), d["model"]["parameters"].get<std::size_t>(),
                     d["tokens"]["count"].get<std::size_t>());
}

}  // namespace halfulp
