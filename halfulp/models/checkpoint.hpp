// A trained model on disk: a folder with config.json and model.safetensors, or its shards and
// model.safetensors.index.json.  The weights stay where they are; what is loaded are views.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "halfulp/layers/architecture.hpp"
#include "halfulp/models/mapped_file.hpp"
#include "halfulp/models/tensor_table.hpp"

namespace halfulp {

struct LoadOptions {
  bool allow_nonfinite = false;
};

/// Moves, does not copy: `weights` and `tensors` look into `files`.
struct Checkpoint {
  std::filesystem::path folder;
  Architecture architecture;
  TransformerWeights weights;
  std::vector<TensorInfo> tensors;        // of all files, in the order of the files
  std::vector<std::string> unknown_keys;  // of config.json, of no consequence as far as their names tell
  std::string config_dtype;               // as config.json says it, or empty
  std::string config_text;
  std::vector<MappedFile> files;

  /// Bytes of all tensors.
  std::size_t bytes() const;
};

/// Opens and checks a checkpoint; reads each weight once, unless allow_nonfinite.
/// Throws input_error, one line naming the file and the tensor, byte or key, when anything is missing,
/// broken, contradictory, or asks for what is not supported; `interrupted` on Ctrl-C.
Checkpoint load_checkpoint(const std::filesystem::path& folder, const LoadOptions& options = {});

/// "xxh3-128:" and 32 hexadecimal digits: a fingerprint of config.json and of every tensor's name, dtype,
/// shape and bytes, the same however the tensors are spread over files.  Reads the whole model.  Detects
/// accidents, not attacks.
std::string model_hash(const Checkpoint& checkpoint);

/// The same for token ids.
std::string token_hash(std::span<const std::uint32_t> ids);

}  // namespace halfulp
