// The text of a config.json as one flat JSON object, and what no reader of weights can do without.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "halfulp/models/config_keys.hpp"

namespace halfulp {

/// The object in `text`.  Multimodal configurations keep the language model's keys in "text_config"; those
/// that are not null replace the outer ones.  `nested` becomes whether there is one. Throws input_error for
/// text that is too long, no JSON, or no object.
nlohmann::json parse_config_document(std::string_view text, const std::string& where, bool* nested = nullptr);

/// Throws input_error when a key says that the weights are quantised.
void refuse_quantised(ConfigKeys& keys);

}  // namespace halfulp
