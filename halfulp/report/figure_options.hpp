// The options of an experiment as a document, so that a result says what was computed and a checkpoint can go
// on with it.
#pragma once

#include <nlohmann/json.hpp>

#include "halfulp/experiments/figure.hpp"

namespace halfulp {

/// Names of enumerators as options and documents have them.
std::string name_of(NormOrder norm);
std::string name_of(Blocks blocks);
std::string name_of(Granularity granularity);
/// Throw usage_error naming the option and what it takes.
NormOrder norm_order_named(const std::string& name);
Blocks blocks_named(const std::string& name);
Granularity granularity_named(const std::string& name);

/// What is set; what is left to the paper is absent.
nlohmann::ordered_json document_of(const FigureOptions& options);
/// Throws input_error for what document_of did not write.
FigureOptions figure_options_of(const nlohmann::ordered_json& document);

}  // namespace halfulp
