// Text as UTF-8 (RFC 3629): what may stand in a result.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace halfulp {

/// The bytes of the character that begins at text[at]; none where no character does.  at < text.size().
std::optional<std::size_t> utf8_length(std::string_view text, std::size_t at);

bool is_utf8(std::string_view text);

}  // namespace halfulp
