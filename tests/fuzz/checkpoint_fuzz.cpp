// libFuzzer: the first byte chooses the reader, the rest is its file.  Needs clang:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined ...  ; ./checkpoint_fuzz -max_len=65536
//   CORPUS
// Anything but acceptance or an input_error of one line is a finding.
#include <cstddef>
#include <cstdint>
#include <span>

#include "halfulp/models/drive_readers_testing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace halfulp::testing;
  if (size == 0) return 0;
  const auto file = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 5) {
    case 0:
      (void)accepts_safetensors(file);
      break;
    case 1:
      (void)accepts_config(file);
      break;
    case 2:
      (void)accepts_token_ids(file);
      break;
    default: {  // two bytes of length, a config of that length, the weights
      if (file.size() < 2) break;
      const std::size_t asked = std::to_integer<std::size_t>(file[0]) | std::to_integer<std::size_t>(file[1])
                                                                            << 8;
      const std::size_t length = asked < file.size() - 2 ? asked : file.size() - 2;
      const auto config = file.subspan(2, length), weights = file.subspan(2 + length);
      (void)(data[0] % 5 == 3 ? accepts_checkpoint(config, weights) : accepts_attention(config, weights));
    }
  }
  return 0;
}
