#include "halfulp/report/result_file.hpp"

#include <fmt/format.h>

#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"
#include "halfulp/models/json_reading.hpp"
#include "halfulp/models/mapped_file.hpp"
#include "halfulp/models/message.hpp"
#include "halfulp/report/page_assets.hpp"
#include "halfulp/report/schema.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

constexpr std::size_t largest_file = std::size_t{64} << 20;
// The document that keeps the order of its keys looks each up among those before it.
constexpr JsonLimits limits = {32, 4'000'000, 1000};

/// "profile" of "halfulp.profile/1".
std::string verb_of(const json& document, const std::string& where) {
  constexpr const char* cure = "results are what verbs write with --json or -o FILE.json";
  if (!document.is_object() || !document.contains("schema") || !document["schema"].is_string())
    throw input_error(fmt::format("{}: not a result of halfulp, there is no key 'schema': {}", where, cure));
  const std::string& schema = document["schema"].get_ref<const std::string&>();
  const std::size_t slash = schema.find('/');
  if (!schema.starts_with("halfulp.") || slash == std::string::npos)
    throw input_error(fmt::format("{}: not a result of halfulp, its schema is {}: {}", where,
                                  in_quotes(schema.substr(0, 80)), cure));
  std::string verb = schema.substr(8, slash - 8);
  if (schema_of(verb).empty())
    throw input_error(
        fmt::format("{}: a result of {}, which this halfulp does not know; it reads those of {}", where,
                    in_quotes(schema.substr(0, 80)), list_of(verbs_with_results())));
  return verb;
}

}  // namespace

ResultFile read_result_file(const std::filesystem::path& path) {
  const std::string where = display(path);
  const MappedFile file(path);
  if (file.size() > largest_file)
    throw input_error(
        fmt::format("{}: {} bytes; a result has at most {} MiB", where, file.size(), largest_file >> 20));
  const json document = parse_json(file.text(), where, 0, limits);
  const std::string verb = verb_of(document, where);
  const json schema = json::parse(schema_of(verb));
  const json& version = schema["properties"]["schema"]["const"];
  if (document["schema"] != version)
    throw input_error(
        fmt::format("{}: a result of {}, and this halfulp reads {}: make it again with this version", where,
                    in_quotes(document["schema"].get_ref<const std::string&>().substr(0, 80)),
                    version.get<std::string>()));
  if (const auto wrong = violation(document, schema))
    throw input_error(fmt::format("{}: not a whole result of {}: {} (docs/schema/{}.json)", where,
                                  version.get<std::string>(), *wrong, verb));
  // Once more in the order of the file: people read it so.
  return {where, nlohmann::ordered_json::parse(file.text())};
}

}  // namespace halfulp
