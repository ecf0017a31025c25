// A tolerance as a document (schema halfulp.tolerance/1), and that document as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/analysis/tolerance/tolerance.hpp"

namespace halfulp {

nlohmann::ordered_json tolerance_document(const Tolerance& tolerance, const std::string& command_line);
std::string tolerance_text(const nlohmann::ordered_json& document);

/// Four significant digits, never below x: what is pasted into a test.
std::string rounded_up(double x);

}  // namespace halfulp
