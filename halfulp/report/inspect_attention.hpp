// What is read of a checkpoint's attention from the weights alone, for inspect and spectra.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/models/attention/attention_model.hpp"

namespace halfulp {

/// Sizes, norms, positions and scales; `warnings` is what was assumed and what was not read.
nlohmann::ordered_json attention_entry(const AttentionModel& model);
/// The entry as a table.
std::string attention_text(const nlohmann::ordered_json& entry);

}  // namespace halfulp
