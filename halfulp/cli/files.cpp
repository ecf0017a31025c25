#include "halfulp/cli/files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"
#include "halfulp/models/token_ids.hpp"
#include "halfulp/report/output_file.hpp"

namespace halfulp {

std::filesystem::path token_file(const std::string& ids, const std::string& model) {
  if (!ids.empty()) return ids;
  const auto beside = std::filesystem::path(model) / "tokens.json";
  std::error_code ignored;
  return std::filesystem::exists(beside, ignored) ? beside : std::filesystem::path();
}

std::vector<std::uint32_t> first_token_ids(const std::filesystem::path& path,
                                           std::optional<std::size_t> count) {
  std::vector<std::uint32_t> ids = read_token_ids(path);
  if (!count) return ids;
  if (*count > ids.size())
    throw usage_error(fmt::format("--tokens {}: {} has {} ids", *count, path.string(), ids.size()));
  ids.resize(*count);
  return ids;
}

std::string form_of_output(const std::string& path, std::initializer_list<std::string_view> forms,
                           const std::vector<std::string>& inputs) {
  if (path.empty()) return {};
  std::string form = std::filesystem::path(path).extension().string();
  if (std::find(forms.begin(), forms.end(), form) == forms.end())
    throw usage_error("-o " + path + ": the ending says the form: " + list_of({forms.begin(), forms.end()}));
  std::error_code unknown;
  const std::string name =
      std::filesystem::weakly_canonical(path, unknown).filename().string();  // behind links
  const bool is_of_a_model = name == "config.json" || name == "tokens.json" || name == "vocab.json" ||
                             name == "tokenizer.json" || name == "chars.json" ||
                             name.ends_with(".index.json");
  if (is_of_a_model && std::filesystem::exists(path, unknown))
    throw usage_error("-o " + path + ": that is a file of a checkpoint: choose another name");
  for (const std::string& input : inputs)
    if (std::filesystem::equivalent(input.substr(input.starts_with('@') ? 1 : 0), path, unknown))
      throw usage_error("-o " + path + ": that is read too: choose another name");
  check_writable(path);
  return form;
}

}  // namespace halfulp
