// The page of results: one file with style, scripts and data in it, which opens from disk and asks no
// network.
#pragma once

#include <string>
#include <vector>

#include "halfulp/report/result_file.hpp"

namespace halfulp {

/// The page for documents as verbs make them.  Their text reaches the page as data of one JSON island and is
/// shown by textContent alone: no string in it is ever markup.
std::string html_report(const std::vector<ResultFile>& results);
/// The page of one result, for `-o FILE.html`.
std::string html_page(const nlohmann::ordered_json& document);

}  // namespace halfulp
