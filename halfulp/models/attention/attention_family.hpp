// What distinguishes architectures for whoever reads attention weights: the names of tensors, how fused
// tensors are laid out, which norm stands where, and what config.json need not say.
//
// Source: the modeling and configuration files of Hugging Face transformers (4.40 to 5.x), checked against
// checkpoints that it writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "halfulp/models/attention/attention_weights.hpp"

namespace halfulp {

/// How queries, keys and values lie in one tensor: all queries, all keys, all values; or those of head 0, of
/// head 1, ...
enum class FusedOrder { blocks, by_head };

/// Names of a layer's modules (a weight is NAME.weight, its bias NAME.bias) after "PREFIX layers N."; empty
/// where the architecture has none.
struct LayerNames {
  std::string layers = "layers.";  // the layer's number follows
  std::string query, key, value;   // or
  std::string fused;               // all three
  FusedOrder order = FusedOrder::blocks;
  std::string out;
  std::string query_norm, key_norm;
  std::string norm;                 // beside the attention: before it, or after it in a post-norm model
  std::string attention_post_norm;  // of the attention's output alone, before the sum
  std::string mlp_norm;             // beside the perceptron
  std::string gate, up, gate_up, down;
  std::string mlp_post_norm;
  bool transposed = false;  // matrices are stored [in, out]
};

/// Whether there are biases: as the key of config.json says, or by default.
struct BiasRule {
  const char* key = nullptr;
  bool otherwise = false;
};

struct AttentionFamily {
  std::string name = "unknown";   // the model_type of transformers
  std::string label;              // as people write it
  std::vector<std::string> also;  // other model_types
  std::string class_stem;         // "Qwen2" of Qwen2ForCausalLM
  bool is_known = false;
  LayerNames names;

  NormParameters::Kind norm = NormParameters::Kind::rms;
  bool normed_input = true;  // a norm before the attention (also one without gain)
  bool one_plus_gain = false;
  const char* pre_norm_key = nullptr;  // config.json may say that this model is post-norm
  bool post_norm = false;              // the norms stand after the sums
  std::string embedding_norm;          // post-norm: of the first layer's input; empty: none
  double epsilon = 1e-6;               // where config.json does not say

  BiasRule qkv_bias, out_bias, mlp_bias;
  bool grouped = true;         // may have fewer keys than queries, and a head_dim of its own
  std::size_t head_width = 0;  // where config.json does not say; 0: width / heads

  std::string position_kind = "rotary";
  double rotary_base = 10000, rotary_part = 1;
  double local_rotary_base = 0;  // of sliding layers (Gemma 3); 0: the same
  double query_scalar = 0;       // scale 1/sqrt(this), where config.json does not say; 0: 1/sqrt(head_width)
  double score_cap = 0;          // where config.json does not say

  /// Sizes that a nested text_config may leave out because they are the class's own.
  struct {
    std::size_t width = 0, layers = 0, heads = 0, kv_heads = 0;
  } usual;
};

/// The known family of a model_type or of the class's name ("Qwen2ForCausalLM"), or nullptr.
const AttentionFamily* family_of_type(std::string_view model_type);
const AttentionFamily* family_of_class(std::string_view architecture);

/// All known ones.
const std::vector<AttentionFamily>& known_attention_families();
/// "Llama, Mistral, ...": for messages.
std::string attention_families();

}  // namespace halfulp
