// Where the result of a figure goes: files by their endings, standard output.
#pragma once

#include <string>
#include <vector>

#include "halfulp/cli/verb.hpp"
#include "halfulp/report/figure_document.hpp"

namespace halfulp {

/// Refuses before the work whatever can be refused: usage_error for an unknown ending, resource_error for
/// what cannot be written or drawn.
void check_outputs(const std::vector<std::string>& outputs);

/// Writes a document of schema halfulp.figure/1 in every form asked for, and shows it as JSON or as text.
void give(const nlohmann::ordered_json& document, const std::vector<std::string>& outputs, bool json,
          Console& console);

}  // namespace halfulp
