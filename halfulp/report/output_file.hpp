// Result files: written whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace halfulp {

/// Writes `content` to a new file beside `path`, forces it to disk, and gives it the name `path` in one step;
/// an existing file stays as it was until then; a symbolic link stays, and the file behind it is written.
/// Throws resource_error (no permission, full disk, missing folder).
void write_whole_file(const std::filesystem::path& path, std::string_view content);

/// Throws resource_error when write_whole_file could not begin: asked before long work, not after.
void check_writable(const std::filesystem::path& path);

}  // namespace halfulp
