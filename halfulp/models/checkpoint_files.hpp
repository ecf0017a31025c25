// Which files of a folder hold the weights, and why a folder has none that we open.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "halfulp/models/safetensors.hpp"

namespace halfulp {

struct CheckpointFiles {
  std::filesystem::path listing;  // model.safetensors, or the index of the shards
  std::vector<SafetensorsFile> files;
};

/// model.safetensors of the folder if it is there, otherwise the shards of model.safetensors.index.json;
/// every name of the index is in its shard, and every tensor of a shard in the index. Throws input_error for
/// a broken or missing file, names that leave the folder, pickle and GGUF checkpoints.
CheckpointFiles open_checkpoint_files(const std::filesystem::path& folder);

}  // namespace halfulp
