// What the build embeds for the page of results (cmake/page.cmake): its parts, and the schemas of the
// documents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halfulp {

/// halfulp/report/html/page.html, with marks @LIKE_THIS@ for the parts.
std::string_view page_template();
std::string_view page_style();
/// d3, and the scripts of halfulp/report/html/ in one function.
std::string_view page_d3();
std::string_view page_script();

/// "sha256-..." as a Content-Security-Policy names the part.
std::string_view page_style_hash();
std::string_view page_d3_hash();
std::string_view page_script_hash();

/// docs/schema/VERB.json; empty for a verb without one.
std::string_view schema_of(std::string_view verb);
std::vector<std::string> verbs_with_results();

}  // namespace halfulp
