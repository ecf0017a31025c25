// JSON from files that may lie: depth and number of values are bounded before anything is built, and a key
// that stands twice is an error, because readers disagree on which one counts.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace halfulp {

/// The longest honest headers have about 10^5 tensors of ten values each.
struct JsonLimits {
  std::size_t depth = 32, values = 2'000'000;
  std::size_t keys = SIZE_MAX;  // of one object
};

/// The document in `text`.  `where` opens every message; `first_byte` is the place of text in its file.
/// Throws input_error for invalid JSON (with its byte), keys that stand twice, and broken limits.
nlohmann::json parse_json(std::string_view text, const std::string& where, std::size_t first_byte = 0,
                          JsonLimits limits = {});

/// "invalid JSON at byte N": what both readers of JSON say when the parser stops.
[[noreturn]] void fail_json(const std::string& where, std::size_t byte, const std::string& near);

/// The parser takes a NUL for the end of the text; throws input_error if there is one.
void refuse_nul(std::string_view text, const std::string& where, std::size_t first_byte);

}  // namespace halfulp
