// For tests only: small transformers of every supported kind with random weights.
#pragma once

#include <deque>

#include "halfulp/layers/room_laws_testing.hpp"
#include "halfulp/layers/transformer/transformer.hpp"

namespace halfulp::testing {

/// Moves, does not copy: the weights look into the matrices.
struct RandomModel {
  Architecture architecture;
  std::deque<Matrix<double>> matrices;
  TransformerWeights weights;
  std::vector<std::uint32_t> tokens;

  Place place(std::size_t layer, Site) const { return {architecture, weights, tokens, layer}; }
};

namespace detail {

/// Draws weights for an architecture; matrices stored as [in, out] (GPT-2) or [out, in].
class Maker {
 public:
  Maker(RandomModel& model, Draws& draws) : model_(model), draws_(draws) {}

  void make(std::size_t tokens) {
    const Architecture& a = model_.architecture;
    TransformerWeights& w = model_.weights;
    w.embedding = view(a.vocabulary, a.width, 1);
    if (a.learned_positions) w.positions = view(a.positions, a.width, 0.3);
    for (std::size_t l = 0; l < a.layers; ++l) {
      BlockWeights b;
      b.attn_norm = norm();
      b.query = linear(a.heads * a.head_dim, a.width, a.qkv_bias);
      b.key = linear(a.kv_heads * a.head_dim, a.width, a.qkv_bias);
      b.value = linear(a.kv_heads * a.head_dim, a.width, a.qkv_bias);
      if (a.attn_out) b.attn_out = linear(a.width, a.heads * a.head_dim, a.attn_out_bias);
      b.mlp_norm = norm();
      if (a.gated) b.mlp_gate = linear(a.inner, a.width, a.mlp_bias);
      b.mlp_in = linear(a.inner, a.width, a.mlp_bias);
      b.mlp_out = linear(a.width, a.inner, a.mlp_bias);
      w.blocks.push_back(b);
    }
    w.final_norm = norm();
    w.head.weight = a.tied_head ? w.embedding : view(a.vocabulary, a.width, 0.5);
    for (std::size_t t = 0; t < tokens; ++t)
      model_.tokens.push_back(static_cast<std::uint32_t>(draws_.below(a.vocabulary)));
  }

 private:
  WeightView view(std::size_t rows, std::size_t columns, double scale, double mean = 0) {
    const bool by_columns = model_.architecture.family == Family::gpt2 && rows > 1;
    model_.matrices.push_back(by_columns ? draws_.matrix(columns, rows, scale)
                                         : draws_.matrix(rows, columns, scale));
    for (double& entry : model_.matrices.back().values()) entry += mean;
    return operand_of(model_.matrices.back().view(), by_columns).view;
  }
  NormWeights norm() {
    const Architecture& a = model_.architecture;
    NormWeights w;
    if (a.norm_gain) w.gain = view(1, a.width, 0.3, 1);
    if (a.norm_bias) w.bias = view(1, a.width, 0.3);
    return w;
  }
  LinearWeights linear(std::size_t out, std::size_t in, bool bias) {
    LinearWeights w;
    w.weight = view(out, in, 1 / std::sqrt(static_cast<double>(in)));
    if (bias) w.bias = view(1, out, 0.3);
    return w;
  }

  RandomModel& model_;
  Draws& draws_;
};

}  // namespace detail

/// Grouped heads and separate ones, rotary embeddings whole, partial and none, every activation, norms with
/// and without gain and bias, biases everywhere and nowhere, tied and untied heads, the paper's model.
inline std::vector<Architecture> every_architecture() {
  Architecture llama;
  llama.vocabulary = 11;
  llama.width = 8;
  llama.layers = 2;
  llama.heads = 4;
  llama.kv_heads = 2;
  llama.head_dim = 4;
  llama.inner = 10;
  llama.positions = 16;
  llama.epsilon = 1e-5;
  llama.rotary_dims = 4;

  Architecture biased = llama;
  biased.kv_heads = 1;
  biased.rotary_dims = 2;
  biased.qkv_bias = biased.attn_out_bias = biased.mlp_bias = true;
  biased.activation = Activation::gelu_tanh;
  biased.tied_head = true;

  Architecture gpt2 = llama;
  gpt2.family = Family::gpt2;
  gpt2.kv_heads = 4;
  gpt2.head_dim = 2;
  gpt2.rotary_dims = 0;
  gpt2.norm = Norm::layer;
  gpt2.norm_bias = gpt2.qkv_bias = gpt2.attn_out_bias = gpt2.mlp_bias = true;
  gpt2.activation = Activation::gelu_tanh;
  gpt2.gated = false;
  gpt2.learned_positions = gpt2.tied_head = true;

  Architecture gpt2_erf = gpt2;
  gpt2_erf.activation = Activation::gelu_erf;
  gpt2_erf.tied_head = false;

  Architecture paper = llama;
  paper.family = Family::paper;
  paper.heads = paper.kv_heads = 1;
  paper.head_dim = paper.width;
  paper.rotary_dims = 0;
  paper.norm_gain = false;
  paper.attn_out = false;
  paper.mlp_bias = true;
  paper.activation = Activation::relu;
  paper.gated = false;
  paper.learned_positions = true;
  return {llama, biased, gpt2, gpt2_erf, paper};
}

inline RandomModel random_model(const Architecture& architecture, std::size_t tokens, Draws& draws) {
  RandomModel model;
  model.architecture = architecture;
  detail::Maker(model, draws).make(tokens);
  return model;
}

}  // namespace halfulp::testing
