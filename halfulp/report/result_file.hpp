// Result files that verbs wrote earlier, read back: the right version, whole, and as their schema says.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace halfulp {

struct ResultFile {
  std::string name;  // the path as the user wrote it, fit for a message
  nlohmann::ordered_json document;
};

/// Throws input_error with one line that names the file and the cure: not JSON, not ours, of another version,
/// not as docs/schema says, beyond the limits (64 MiB, 32 levels, 4 million values).
ResultFile read_result_file(const std::filesystem::path& path);

}  // namespace halfulp
