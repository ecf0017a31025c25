// What a decoder-only transformer computes, in exact arithmetic: sizes, which norm, which activation, which
// positions.  Nothing here says how it is rounded: that is the recipe's business.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "halfulp/linalg/weight_view.hpp"

namespace halfulp {

/// Whose order of operations the forward pass follows.
enum class Family { llama, gpt2, paper };
enum class Norm { rms, layer };
enum class Activation { relu, gelu_erf, gelu_tanh, silu };

struct Architecture {
  Family family = Family::llama;
  std::size_t vocabulary = 0;
  std::size_t width = 0;      // d
  std::size_t layers = 0;     // L
  std::size_t heads = 0;      // h
  std::size_t kv_heads = 0;   // h / kv_heads queries share a key
  std::size_t head_dim = 0;   // d_h; queries are [h d_h, n]
  std::size_t inner = 0;      // D, the width inside the perceptron
  std::size_t positions = 0;  // longest admitted sequence

  Norm norm = Norm::rms;
  double epsilon = 0;  // added to the mean square (RMS) or to the variance (layer norm)
  bool norm_gain = true, norm_bias = false;
  bool qkv_bias = false, attn_out = true, attn_out_bias = false, mlp_bias = false;
  Activation activation = Activation::silu;
  bool gated = true;
  bool learned_positions = false;
  bool tied_head = false;

  /// Rotary embedding: pairs (i, i + rotary_dims/2) of each head turn by position * inverse_frequency[i].
  /// Empty when there is none; head_dim > rotary_dims leaves the rest unturned.
  std::size_t rotary_dims = 0;
  double rope_theta = 10000;
  /// The frequencies' scaling by type: "default", "linear" (divide by factor), "llama3".
  struct RopeScaling {
    std::string type = "default";
    double factor = 1, low_frequency_factor = 1, high_frequency_factor = 4, original_positions = 8192;
    bool operator==(const RopeScaling&) const = default;
  } rope_scaling;

  std::size_t parameters() const;
};

/// gain and bias are [1, d]; empty when the architecture has none.
struct NormWeights {
  WeightView gain, bias;
};

/// y = W x + b, W [out, in], b [1, out] or empty.
struct LinearWeights {
  WeightView weight, bias;
};

struct BlockWeights {
  NormWeights attn_norm;
  LinearWeights query, key, value;  // [h d_h, d], [kv d_h, d], [kv d_h, d]
  LinearWeights attn_out;           // [d, h d_h]; empty when architecture.attn_out is false
  NormWeights mlp_norm;
  LinearWeights mlp_gate;  // [D, d]; empty when not gated
  LinearWeights mlp_in;    // [D, d]; "up" when gated
  LinearWeights mlp_out;   // [d, D]
};

struct TransformerWeights {
  WeightView embedding;  // [vocabulary, d]
  WeightView positions;  // [positions, d] or empty
  std::vector<BlockWeights> blocks;
  NormWeights final_norm;
  LinearWeights head;  // [vocabulary, d]; the embedding itself when tied
};

}  // namespace halfulp
