#include "halfulp/cli/experiment_output.hpp"

#include <algorithm>
#include <filesystem>

#include "halfulp/base/error.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/report/figure_document.hpp"
#include "halfulp/report/figure_picture.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"

namespace halfulp {
namespace {

std::string ending(const std::string& path) { return std::filesystem::path(path).extension().string(); }
bool is_picture(const std::string& form) { return form == ".svg" || form == ".png" || form == ".pdf"; }

std::string in_json(const nlohmann::ordered_json& document) {
  return document.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// What the file's ending asks for.
std::string in_form(const std::string& form, const nlohmann::ordered_json& document) {
  if (form == ".json") return in_json(document);
  if (form == ".csv") return figure_csv(document);
  if (form == ".html") return html_page(document);
  return drawn(figure_picture(document), picture_form(form));
}

}  // namespace

void check_outputs(const std::vector<std::string>& outputs) {
  for (const std::string& path : outputs)
    if (path.empty()) throw usage_error("-o: the name of a file is missing");
  for (const std::string& path : outputs)
    form_of_output(path, {".json", ".csv", ".html", ".svg", ".png", ".pdf"});
  if (std::any_of(outputs.begin(), outputs.end(), [](const auto& path) { return is_picture(ending(path)); }))
    check_can_draw();
}

void give(const nlohmann::ordered_json& document, const std::vector<std::string>& outputs, bool json,
          Console& console) {
  std::vector<std::string> contents;
  for (const std::string& path : outputs) contents.push_back(in_form(ending(path), document));
  for (std::size_t i = 0; i < contents.size(); ++i) write_whole_file(outputs[i], contents[i]);
  if (json) {
    console.out << in_json(document);
    return;
  }
  console.out << figure_text(document);
  for (const std::string& path : outputs) console.out << "The result is in " << path << ".\n";
}

}  // namespace halfulp
