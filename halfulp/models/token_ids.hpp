// Token ids from a file: JSON (a list, or an object with "ids"), NPY, or numbers separated by white space.
// The content decides, not the name of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "halfulp/layers/architecture.hpp"

namespace halfulp {

/// No prompt is longer; a file that claims more lies or is another file.
inline constexpr std::size_t most_token_ids = std::size_t{1} << 26;

/// The ids in the bytes of a file; `where` opens every message.  Ids are whole numbers from 0 to 2^32 - 1.
/// Throws input_error naming the entry or byte for anything else, and for more than most_token_ids.
std::vector<std::uint32_t> parse_token_ids(std::span<const std::byte> file, const std::string& where);

/// The ids in a file of at most 1 GiB.
std::vector<std::uint32_t> read_token_ids(const std::filesystem::path& path);

/// Throws input_error when there is no id, an id is outside the vocabulary, or there are more than positions.
void check_token_ids(std::span<const std::uint32_t> ids, const Architecture& architecture,
                     const std::filesystem::path& path);

}  // namespace halfulp
