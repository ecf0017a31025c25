#include "halfulp/models/config_document.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/json_reading.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {

using nlohmann::json;

json parse_config_document(std::string_view text, const std::string& where, bool* nested) {
  constexpr std::size_t largest = 16 << 20;
  if (text.size() > largest)
    throw input_error(fmt::format("{}: {} bytes are too many for a configuration", where, text.size()));
  json config = parse_json(text, where);
  if (!config.is_object()) throw input_error(where + ": is not a JSON object");
  const auto found = config.find("text_config");
  const bool has_inner = found != config.end() && !found->is_null();
  if (nested != nullptr) *nested = has_inner;
  if (!has_inner) return config;
  if (!found->is_object()) throw input_error(where + ": key 'text_config': is not an object");
  const json inner = std::move(*found);
  config.erase("text_config");
  for (const auto& [key, value] : inner.items())
    if (!value.is_null()) config[key] = value;
  return config;
}

void refuse_quantised(ConfigKeys& keys) {
  for (const char* const key : {"quantization_config", "compression_config", "quantization"})
    if (const json* q = keys.find({key})) {
      const bool named = q->is_object() && q->contains("quant_method") && (*q)["quant_method"].is_string();
      keys.fail(
          key, fmt::format("quantised weights{} are not supported; give the unquantised checkpoint",
                           named ? " (" + printable((*q)["quant_method"].get<std::string>(), 40) + ")" : ""));
    }
}

}  // namespace halfulp
