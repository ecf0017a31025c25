// What became of test vectors: a document (schema halfulp.check/1) and its text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "halfulp/analysis/check.hpp"

namespace halfulp {

nlohmann::ordered_json check_document(const CheckResult& result, const std::vector<std::string>& files,
                                      const std::string& command_line);
std::string check_text(const CheckResult& result);

}  // namespace halfulp
