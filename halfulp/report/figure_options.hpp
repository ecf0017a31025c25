// The options of an experiment as a document, so that a result says what was computed and a checkpoint can go
// on with it.
#pragma once

#include <nlohmann/json.hpp>

#include "halfulp/experiments/figure.hpp"

namespace halfulp {

/// What is set; what is left to the paper is absent.
nlohmann::ordered_json document_of(const FigureOptions& options);
/// Throws input_error for what document_of did not write.
FigureOptions figure_options_of(const nlohmann::ordered_json& document);

}  // namespace halfulp
