#include "halfulp/models/token_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "halfulp/base/error.hpp"
#include "halfulp/base/utf8.hpp"
#include "halfulp/models/json_reading.hpp"
#include "halfulp/models/mapped_file.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

constexpr std::size_t largest_file = std::size_t{1} << 28;
constexpr JsonLimits limits{32, 6'000'000};
constexpr std::string_view space_of_pieces = "\u2581", space_of_bytes = "\u0120";

std::string hexadecimal(unsigned char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return std::string("<0x") + digits[byte >> 4] + digits[byte & 15] + ">";
}

/// Bytes as text; what is no character stays visible.
std::string shown(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    if (const auto length = utf8_length(bytes, at)) {
      text += bytes.substr(at, *length);
      at += *length;
    } else {
      text += hexadecimal(static_cast<unsigned char>(bytes[at++]));
    }
  }
  return text;
}

/// GPT-2's letters: printable bytes of Latin-1 stand for themselves, the others for U+0100, U+0101, ...
std::map<std::string, char, std::less<>> letters_of_bytes() {
  std::map<std::string, char, std::less<>> bytes;
  unsigned next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
    const unsigned letter = printable ? byte : next++;
    std::string utf8;
    if (letter < 0x80) {
      utf8 = static_cast<char>(letter);
    } else {
      utf8 = {static_cast<char>(0xC0 | letter >> 6), static_cast<char>(0x80 | (letter & 0x3F))};
    }
    bytes[utf8] = static_cast<char>(byte);
  }
  return bytes;
}

std::string from_letters(std::string_view piece) {
  static const auto bytes_of = letters_of_bytes();
  std::string bytes;
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t length = utf8_length(piece, at).value_or(1);
    const auto found = bytes_of.find(piece.substr(at, length));
    if (found == bytes_of.end())
      bytes += piece.substr(at, length);
    else
      bytes += found->second;
    at += length;
  }
  return shown(bytes);
}

std::string from_piece(std::string_view piece) {
  if (piece.size() == 6 && piece.starts_with("<0x") && piece.ends_with('>')) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(piece.data() + 3, piece.data() + 5, byte, 16);
    if (error == std::errc() && end == piece.data() + 5 && byte < 0x80) return {static_cast<char>(byte)};
  }
  std::string text;
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t next = std::min(piece.size(), piece.find(space_of_pieces, at));
    text += piece.substr(at, next - at);
    if (next < piece.size()) text += ' ';
    at = next + space_of_pieces.size();
  }
  return text;
}

/// Pieces by id, as a tokenizer spells them.
class Pieces {
 public:
  Pieces(std::string file, std::size_t vocabulary) : file_(std::move(file)), vocabulary_(vocabulary) {}

  void put(const json& id, const std::string& piece) {
    if (is_beyond(id))
      throw input_error(fmt::format(
          "{}: it has a token {}, but the model's vocabulary has {}: another model's file?  Take it "
          "away to go on without",
          file_, id.get<std::uint64_t>(), vocabulary_));
    if (!id.is_number_unsigned()) return;
    const auto at = id.get<std::size_t>();
    if (pieces_.size() <= at) pieces_.resize(at + 1);
    pieces_[at] = piece;
  }
  void put_all(const json& ids) {
    for (const auto& [piece, id] : ids.items()) put(id, piece);
  }
  bool is_beyond(const json& id) const {
    return id.is_number_unsigned() && id.get<std::uint64_t>() >= vocabulary_;
  }
  bool any_has(std::string_view part) const {
    for (const std::string& piece : pieces_)
      if (piece.find(part) != std::string::npos) return true;
    return false;
  }
  std::vector<std::string> texts() && {
    const bool of_pieces = any_has(space_of_pieces), of_bytes = !of_pieces && any_has(space_of_bytes);
    for (std::string& piece : pieces_)
      piece = of_bytes ? from_letters(piece) : of_pieces ? from_piece(piece) : shown(piece);
    return std::move(pieces_);
  }

 private:
  std::string file_;
  std::size_t vocabulary_;
  std::vector<std::string> pieces_;
};

/// Entries [{"id": 3, name: "piece"}, ..].  added: tokens that the model need not have been given.
void put_entries(const json& entries, const char* name, Pieces& pieces, bool added = false) {
  for (const json& entry : entries)
    if (entry.is_object() && entry.contains("id") && entry.contains(name) && entry[name].is_string() &&
        !(added && pieces.is_beyond(entry["id"])))
      pieces.put(entry["id"], entry[name].get<std::string>());
}

/// False where the document has none of the forms.
bool put_document(const json& d, Pieces& pieces) {
  if (d.is_array()) {
    put_entries(d, "piece", pieces);
    return true;
  }
  if (!d.is_object()) return false;
  if (d.contains("model") && d["model"].is_object() && d["model"].contains("vocab")) {
    const json& vocabulary = d["model"]["vocab"];
    if (vocabulary.is_object()) pieces.put_all(vocabulary);
    if (vocabulary.is_array())  // Unigram: [["piece", score], ..]
      for (std::size_t id = 0; id < vocabulary.size(); ++id)
        if (vocabulary[id].is_array() && !vocabulary[id].empty() && vocabulary[id][0].is_string())
          pieces.put(id, vocabulary[id][0].get<std::string>());
    if (d.contains("added_tokens") && d["added_tokens"].is_array())
      put_entries(d["added_tokens"], "content", pieces, true);
    return true;
  }
  if (d.contains("chars") && d["chars"].is_array()) {
    for (std::size_t id = 0; id < d["chars"].size(); ++id)
      if (d["chars"][id].is_string()) pieces.put(id, d["chars"][id].get<std::string>());
    return true;
  }
  pieces.put_all(d);
  return true;
}

}  // namespace

TokenText read_token_text(const std::filesystem::path& folder, std::size_t vocabulary) {
  for (const char* name : {"tokenizer.json", "vocab.json", "chars.json"}) {
    const std::filesystem::path path = folder / name;
    std::error_code missing;
    if (!std::filesystem::exists(path, missing)) continue;
    const MappedFile file(path);
    if (file.size() > largest_file)
      throw input_error(path.string() +
                        ": larger than 256 MiB: no vocabulary is; take it away to go on without");
    Pieces pieces(path.string(), vocabulary);
    if (!put_document(parse_json(file.text(), path.string(), 0, limits), pieces))
      throw input_error(path.string() +
                        ": no vocabulary: expected an object or a list; take it away to go on without");
    return TokenText(std::move(pieces).texts());
  }
  return {};
}

}  // namespace halfulp
