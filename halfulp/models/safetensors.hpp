// The safetensors format:  8 bytes: header length N, little-endian | N bytes of JSON | the tensors' bytes.
// The header maps each name to {"dtype", "shape", "data_offsets": [begin, end)}, offsets counted from the end
// of the header.  A file that passes here is whole: every byte after the header belongs to exactly one
// tensor.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "halfulp/linalg/weight_view.hpp"
#include "halfulp/models/mapped_file.hpp"

namespace halfulp {

/// One tensor where the file has it.
struct StoredTensor {
  std::string name;
  std::string dtype_name;      // as the file spells it: "BF16", "I64", "F8_E4M3", ...
  std::optional<DType> dtype;  // empty when it is no dtype of weights that we read
  std::vector<std::size_t> shape;
  std::size_t offset = 0;  // of the first byte, from the start of the file
  std::size_t bytes = 0;
  const std::byte* data = nullptr;

  std::span<const std::byte> contents() const { return {data, bytes}; }
};

/// [2, 3]
std::string describe_shape(const std::vector<std::size_t>& shape);

/// The tensors of a safetensors file in memory, by place.  `where` opens every message.
/// Throws input_error for a header length beyond the file or over 100 MB, invalid JSON, keys that are
/// missing, unknown, repeated or of the wrong type, a dtype that the format does not have, and offsets that
/// are reversed, out of range, overlapping, leave holes, or differ from shape times dtype.
std::vector<StoredTensor> parse_safetensors(std::span<const std::byte> file, const std::string& where);

struct SafetensorsFile {
  MappedFile file;
  std::vector<StoredTensor> tensors;
};

/// The file, mapped, and its tensors.  Throws input_error as both of its parts do.
SafetensorsFile open_safetensors(const std::filesystem::path& path);

}  // namespace halfulp
