#include "halfulp/report/provenance.hpp"

namespace halfulp {

std::string tool_version() { return HALFULP_VERSION; }
std::string tool_commit() { return HALFULP_COMMIT; }

nlohmann::ordered_json document_of(const std::string& schema, const std::string& command_line) {
  nlohmann::ordered_json document;
  document["schema"] = schema;
  document["provenance"] = {
      {"version", tool_version()}, {"commit", tool_commit()}, {"command_line", command_line}};
  return document;
}

}  // namespace halfulp
