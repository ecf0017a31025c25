#include "halfulp/base/utf8.hpp"

namespace halfulp {

std::optional<std::size_t> utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0 && follows(1)) return 2;
  if ((first & 0xF0) == 0xE0 && follows(1) && follows(2)) {
    const unsigned value = (first & 0xF) << 12 | (byte(1) & 0x3F) << 6;
    if (value >= 0x800 && (value < 0xD800 || value >= 0xE000)) return 3;
  }
  if (first >= 0xF0 && first < 0xF5 && follows(1) && follows(2) && follows(3)) {
    const unsigned value = (first & 7) << 18 | (byte(1) & 0x3F) << 12;
    if (value >= 0x10000 && value < 0x110000) return 4;
  }
  return std::nullopt;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text, at);
    if (!length) return false;
    at += *length;
  }
  return true;
}

}  // namespace halfulp
