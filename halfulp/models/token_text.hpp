// What tokens say, for people who read a result; nothing is computed from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace halfulp {

/// Texts by token id, in UTF-8; empty where the folder says nothing of an id.
class TokenText {
 public:
  TokenText() = default;
  explicit TokenText(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  bool empty() const { return texts_.empty(); }
  std::string_view of(std::uint32_t id) const {
    return id < texts_.size() ? std::string_view(texts_[id]) : std::string_view();
  }

 private:
  std::vector<std::string> texts_;
};

/// From the first of these that the folder of a checkpoint holds: tokenizer.json (Hugging Face's tokenizers:
/// the vocabulary and the added tokens), vocab.json ({"text": id, ..} or [{"id", "piece"}, ..]), chars.json
/// ({"chars": [..]}); without one, empty.  Spaces and bytes are written back as they were before the
/// tokenizer spelt them (byte-level: GPT-2's letters for bytes; SentencePiece: U+2581 and <0x0A>); a byte
/// that is not part of a character becomes <0xNN>.  Added tokens from `vocabulary` on are left out.  Throws
/// input_error for a file that is not JSON, holds none of these forms, is larger than 256 MiB, or whose
/// vocabulary has such ids itself.
TokenText read_token_text(const std::filesystem::path& folder, std::size_t vocabulary);

}  // namespace halfulp
