// The value of a quantity: a document (schema halfulp.eval/1) and its text; and the list of quantities.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/analysis/quantities/quantity.hpp"

namespace halfulp {

/// "value" is nested as "expected" of a test vector is: real numbers as decimal strings with all digits that
/// are known, results of simulated algorithms as hexadecimal floats.
nlohmann::ordered_json eval_document(const Quantity& quantity, const QuantityValue& value,
                                     const std::string& file, const std::string& command_line);
std::string eval_text(const Quantity& quantity, const QuantityValue& value);

/// All quantities, or those whose name contains `part`.
nlohmann::ordered_json quantities_document(const std::string& part, const std::string& command_line);
std::string quantities_text(const std::string& part);

}  // namespace halfulp
