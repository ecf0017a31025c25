// The attention of a checkpoint from its weights alone, for many architectures: whatever else the model does
// is neither understood nor needed.
//
// Known by name: Llama, Mistral, Mixtral, Qwen 2, Qwen 3, Gemma 1 to 3, Phi-3, GPT-2, OPT, GPT-NeoX, BERT,
// and the paper's architecture.  Others are read by the names of their tensors, with a warning that says what
// was assumed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "halfulp/models/attention/attention_weights.hpp"
#include "halfulp/models/checkpoint.hpp"

namespace halfulp {

/// Moves, does not copy: the views look into `files`.
struct AttentionModel {
  std::filesystem::path folder;
  std::string family;               // "llama", "gpt_neox", ...; "unknown" when read by tensor names alone
  std::string stated_architecture;  // as config.json says it
  AttentionShape shape;
  std::vector<AttentionWeights> layers;  // in order; those with attention
  std::vector<std::string> warnings;     // one line each: what was assumed, and what was not read
  std::vector<TensorInfo> tensors;       // of all files; `use` says which were taken
  std::string config_dtype;              // as config.json says it, or empty
  std::string config_text;
  std::vector<MappedFile> files;

  /// "FILE: tensor 'NAME' at byte N": the beginning of a message about a view of this model.
  std::string describe(const WeightView& view) const;
};

/// Opens a checkpoint's folder.  Norms and biases are checked to be finite unless allowed otherwise; the
/// matrices, which can be many gigabytes, are not read: whoever reads them must look for NaN and infinity.
/// Throws input_error, one line naming file and key or tensor, when anything is missing, broken,
/// contradictory or absurd.
AttentionModel read_attention(const std::filesystem::path& folder, const LoadOptions& options = {});

/// The same of a model whose config_text and tensors are there already; the names open messages.
void find_attention(AttentionModel& model, const std::string& config_name, const std::string& tensors_name);

/// As model_hash(const Checkpoint&), of the same bytes.
std::string model_hash(const AttentionModel& model);

}  // namespace halfulp
