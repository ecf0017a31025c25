#include "halfulp/report/html_page.hpp"

#include <stdexcept>
#include <string_view>
#include <utility>

#include "halfulp/report/page_assets.hpp"
#include "halfulp/report/provenance.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// JSON that cannot end the element that holds it.  In valid JSON these characters stand in strings alone,
/// where \u003c means <; what is not ASCII is escaped already.
std::string island(const Json& data) {
  const std::string text = data.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      safe += "\\u003c";
    else if (c == '>')
      safe += "\\u003e";
    else if (c == '&')
      safe += "\\u0026";
    else
      safe += c;
  }
  return safe;
}

}  // namespace

std::string html_report(const std::vector<ResultFile>& results) {
  Json data = {{"version", tool_version()}, {"results", Json::array()}};
  for (const ResultFile& result : results)
    data["results"].push_back({{"name", result.name}, {"document", result.document}});
  const std::string documents = island(data);
  const std::pair<std::string_view, std::string_view> parts[] = {
      {"STYLE_HASH", page_style_hash()}, {"D3_HASH", page_d3_hash()}, {"SCRIPT_HASH", page_script_hash()},
      {"STYLE", page_style()},           {"D3", page_d3()},           {"SCRIPT", page_script()},
      {"DOCUMENTS", documents}};
  const std::string_view whole = page_template();
  std::string page;
  // Marks are looked for in the template only: what a part says stays as it is.
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t mark = whole.find('@', at);
    page += whole.substr(at, mark == std::string_view::npos ? mark : mark - at);
    if (mark == std::string_view::npos) break;
    const std::size_t end = whole.find('@', mark + 1);
    if (end == std::string_view::npos) throw std::logic_error("page.html: a mark is open");
    const std::string_view name = whole.substr(mark + 1, end - mark - 1);
    bool found = false;
    for (const auto& [part, content] : parts)
      if (part == name) page += content, found = true;
    if (!found) throw std::logic_error("page.html: unknown mark " + std::string(name));
    at = end + 1;
  }
  return page;
}

std::string html_page(const Json& document) { return html_report({ResultFile{"", document}}); }

}  // namespace halfulp
