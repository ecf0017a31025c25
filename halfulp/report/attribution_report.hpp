// An attribution as a document (schema halfulp.attribute/1, docs/schema/attribute.json), and the document as
// text, CSV and the picture of its ladder.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/analysis/attribution/attribution.hpp"
#include "halfulp/report/model_document.hpp"
#include "halfulp/report/plot.hpp"

namespace halfulp {

nlohmann::ordered_json attribution_document(const Attribution& attribution, const Architecture& architecture,
                                            const Recipe& recipe, const ModelOrigin& origin);

/// What a person reads: the prediction (beside the truth where the recipe has been run), the roundings that
/// matter most, layer by layer.
std::string attribution_text(const nlohmann::ordered_json& document);

/// One line a step: layer, site, step, head, then its numbers.
std::string attribution_csv(const nlohmann::ordered_json& document);

/// The ladder of errors over depth.
Plot attribution_plot(const nlohmann::ordered_json& document);

}  // namespace halfulp
