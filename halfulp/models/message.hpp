// Text from files and file systems made fit for a message of one line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace halfulp {

/// `text` with control characters as \xNN, cut to about `longest` bytes.
std::string printable(std::string_view text, std::size_t longest = 200);
/// 'text', printable.
std::string in_quotes(std::string_view text);
/// The path as the user wrote it, printable and whole.
std::string display(const std::filesystem::path& path);

}  // namespace halfulp
