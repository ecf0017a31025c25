#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "halfulp/base/interrupt.hpp"
#include "halfulp/models/attention/attention_model.hpp"
#include "halfulp/models/checkpoint.hpp"

namespace halfulp {
namespace {

/// XXH3 of 128 bits over fields; each is preceded by its length, so that no two lists of fields run together.
class Fingerprint {
 public:
  Fingerprint() { XXH3_128bits_reset(state_.get()); }

  void length(std::uint64_t n) {
    unsigned char bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(n >> (8 * i));
    XXH3_128bits_update(state_.get(), bytes, sizeof bytes);
  }
  void bytes(std::span<const std::byte> data) { XXH3_128bits_update(state_.get(), data.data(), data.size()); }
  void text(const std::string& s) {
    length(s.size());
    bytes(std::as_bytes(std::span(s)));
  }
  std::string digest() const {
    const XXH128_hash_t h = XXH3_128bits_digest(state_.get());
    return fmt::format("xxh3-128:{:016x}{:016x}", h.high64, h.low64);
  }

 private:
  struct Free {
    void operator()(XXH3_state_t* s) const { XXH3_freeState(s); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_{XXH3_createState()};
};

std::string hash_of(const std::string& config_text, const std::vector<TensorInfo>& tensors) {
  std::vector<const StoredTensor*> sorted;
  for (const TensorInfo& info : tensors) sorted.push_back(&info.tensor);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->name < b->name; });

  Fingerprint print;
  print.text(config_text);
  print.length(sorted.size());
  for (const StoredTensor* t : sorted) {
    print.text(t->name);
    print.text(t->dtype_name);
    print.length(t->shape.size());
    for (const std::size_t n : t->shape) print.length(n);
    print.length(t->bytes);
    constexpr std::size_t step = 4 << 20;
    for (std::size_t start = 0; start < t->bytes; start += step) {
      throw_if_interrupted();
      const auto part = t->contents().subspan(start, std::min(step, t->bytes - start));
      print.bytes(part);
      release_pages(part);
    }
  }
  return print.digest();
}

}  // namespace

std::string model_hash(const Checkpoint& checkpoint) {
  return hash_of(checkpoint.config_text, checkpoint.tensors);
}

std::string model_hash(const AttentionModel& model) { return hash_of(model.config_text, model.tensors); }

std::string token_hash(std::span<const std::uint32_t> ids) {
  Fingerprint fingerprint;
  fingerprint.length(ids.size());
  for (const std::uint32_t id : ids) fingerprint.length(id);
  return fingerprint.digest();
}

}  // namespace halfulp
