// Where a result comes from: enough to make it again.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace halfulp {

/// "0.1.0", and the commit it was built from ("unknown" outside a checkout).
std::string tool_version();
std::string tool_commit();

/// The document that every result begins with: {"schema": "halfulp.VERB/1", "provenance": {"version",
/// "commit", "command_line"}}.
nlohmann::ordered_json document_of(const std::string& schema, const std::string& command_line);

}  // namespace halfulp
