#include "halfulp/models/message.hpp"

#include <fmt/format.h>

namespace halfulp {

std::string printable(std::string_view text, std::size_t longest) {
  std::string out;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    // Never cut inside a UTF-8 sequence: continuation bytes are 10xxxxxx.
    if (out.size() >= longest && (byte(i) & 0xc0) != 0x80) break;
    // The C1 controls, which some terminals obey, are C2 80 .. C2 9F in UTF-8.
    const bool c1 = byte(i) == 0xc2 && i + 1 < text.size() && byte(i + 1) < 0xa0;
    if (byte(i) < 0x20 || byte(i) == 0x7f || c1) {
      out += fmt::format("\\x{:02x}", byte(i));
    } else {
      out += text[i];
    }
  }
  if (i < text.size()) out += "...";
  return out;
}

std::string in_quotes(std::string_view text) { return fmt::format("'{}'", printable(text)); }

std::string display(const std::filesystem::path& path) { return printable(path.string(), 4096); }

}  // namespace halfulp
