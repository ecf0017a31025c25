#include "halfulp/models/checkpoint.hpp"

#include <utility>

#include "halfulp/models/checkpoint_files.hpp"
#include "halfulp/models/config.hpp"
#include "halfulp/models/finite.hpp"
#include "halfulp/models/message.hpp"
#include "halfulp/models/weight_names.hpp"

namespace halfulp {

std::size_t Checkpoint::bytes() const {
  std::size_t sum = 0;
  for (const TensorInfo& info : tensors) sum += info.tensor.bytes;
  return sum;
}

Checkpoint load_checkpoint(const std::filesystem::path& folder, const LoadOptions& options) {
  Checkpoint checkpoint;
  checkpoint.folder = folder;
  // The weights first: a folder of pickles should be told so, whatever else it lacks.
  CheckpointFiles found = open_checkpoint_files(folder);

  const std::filesystem::path config_path = folder / "config.json";
  checkpoint.config_text = MappedFile(config_path).text();
  ModelConfig config = parse_config(checkpoint.config_text, display(config_path));
  checkpoint.architecture = std::move(config.architecture);
  checkpoint.unknown_keys = std::move(config.unknown_keys);
  checkpoint.config_dtype = std::move(config.dtype);

  for (SafetensorsFile& file : found.files) {
    for (StoredTensor& t : file.tensors) checkpoint.tensors.push_back({std::move(t), file.file.path()});
    checkpoint.files.push_back(std::move(file.file));
  }
  TensorTable table(display(found.listing), checkpoint.tensors);
  checkpoint.weights = find_weights(checkpoint.architecture, table);

  if (!options.allow_nonfinite)
    for (const TensorInfo& info : checkpoint.tensors)
      if (info.use == TensorInfo::Use::weight) check_finite(info);
  return checkpoint;
}

}  // namespace halfulp
