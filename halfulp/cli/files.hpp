// Files that options name: token ids, and results whose ending says their form.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halfulp {

/// What --ids says, or tokens.json in the model's folder; empty where neither is.
std::filesystem::path token_file(const std::string& ids, const std::string& model);

/// The first `count` ids of a file, or all.  Throws usage_error where it has fewer, and what read_token_ids
/// does.
std::vector<std::uint32_t> first_token_ids(const std::filesystem::path& path,
                                           std::optional<std::size_t> count);

/// The ending of an -o option, asked before long work; nothing for an empty path.  inputs: what options name
/// as files to read, "@FILE" too.  Throws usage_error for an ending not among `forms`, for a file of a
/// checkpoint and for an input, resource_error for a path that cannot be written.
std::string form_of_output(const std::string& path, std::initializer_list<std::string_view> forms,
                           const std::vector<std::string>& inputs = {});

}  // namespace halfulp
