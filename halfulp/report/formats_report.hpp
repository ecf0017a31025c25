// The table of number formats as a document (schema halfulp.formats/1) and as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "halfulp/arith/format.hpp"

namespace halfulp {

/// What the formats are that have no name of their own: eXmY, bin<t>, dec<p>.
extern const char* const also_formats;

nlohmann::ordered_json formats_document(const std::vector<Format>& formats, const std::string& command_line);
std::string formats_text(const std::vector<Format>& formats);

}  // namespace halfulp
