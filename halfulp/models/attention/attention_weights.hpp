// The weights of one layer's attention and perceptron, head by head, as views of the checkpoint's bytes:
//
//   x = norm(stream),   q = turn(q_norm(W_q x + b_q)),   k likewise,   v = W_v x + b_v,
//   attention = post_norm(sum over heads of W_o (softmax weights times v) + b_o),
//
// whichever way a family stores them: fused, interleaved by heads, or transposed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "halfulp/layers/architecture.hpp"
#include "halfulp/models/attention/attention_shape.hpp"

namespace halfulp {

/// One matrix (or vector, a matrix of one row) for each head, at equal distances in one tensor.
struct HeadViews {
  WeightView first;             // of head 0
  std::size_t heads = 0;        // 0: there are none
  std::size_t head_stride = 0;  // numbers from one head to the next; 0: one matrix for all heads

  bool empty() const { return first.empty(); }
  WeightView head(std::size_t h) const;
};

/// W and b of each head.
struct HeadProjection {
  HeadViews weight;  // q, k: [head_width, width]; v: [value_width, width]; output: [width, value_width]
  HeadViews bias;    // [1, rows]; empty when there is none (the output's is AttentionWeights::out_bias)
};

/// A norm  y_i = g_i n_i(x) + b_i,  n(x) = x / rms(x) or (x - mean) / deviation.
struct NormParameters {
  enum class Kind { none, rms, layer };  // none: y = x

  Kind kind = Kind::none;
  WeightView gain, bias;       // [1, width]; empty: g = 1, b = 0
  bool one_plus_gain = false;  // g = 1 + what is stored
  double epsilon = 0;

  /// g_i: as stored, or 1 + w_i rounded once to binary64.
  double gain_at(std::size_t i) const;
  double bias_at(std::size_t i) const;
};

/// A norm of each query or key, after its projection and before it turns.
struct HeadNorm {
  NormParameters::Kind kind = NormParameters::Kind::none;
  HeadViews gain, bias;  // [1, head_width]; empty: 1 and 0
  bool one_plus_gain = false;
  bool across_heads = false;  // one mean square over all heads together (OLMo 2)
  double epsilon = 0;

  double gain_at(std::size_t head, std::size_t i) const;
};

/// y = W_down (act(W_gate x) * (W_up x)), x = norm(stream); without W_gate: y = W_down act(W_up x + b) + b.
struct PerceptronWeights {
  NormParameters norm;
  LinearWeights gate;  // [D, d]; empty when not gated
  LinearWeights up;    // [D, d]
  LinearWeights down;  // [d, D]
  NormParameters post_norm;

  /// Nothing was read: a mixture of experts, or tensors that the checkpoint does not have.
  bool empty() const { return up.weight.empty(); }
};

struct AttentionWeights {
  std::size_t layer = 0;  // its number in the model
  NormParameters norm;    // of the input: in a post-norm model that of the layer before, or of the embedding
  HeadProjection query;   // shape.heads of them
  HeadProjection key, value;  // shape.kv_heads of them
  HeadProjection out;         // shape.heads of them; empty in the paper's architecture
  WeightView out_bias;        // [1, width] or empty
  HeadNorm query_norm, key_norm;
  NormParameters post_norm;  // of the attention's output before it is added to the stream (Gemma 2 and 3)
  RotaryEmbedding rotary;
  double score_scale = 0;  // usually 1 / sqrt(head_width)
  PerceptronWeights mlp;
};

}  // namespace halfulp
