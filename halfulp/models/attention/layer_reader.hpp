// The tensors of one layer as views, head by head, by the names of its family.
#pragma once

#include <string>

#include "halfulp/models/attention/attention_family.hpp"
#include "halfulp/models/tensor_table.hpp"

namespace halfulp {

/// Which biases and norms to ask for.  `expected`: the tensor must be there; `if_there`: it is taken when it
/// is.
struct LayerExpectations {
  enum class Bias { none, expected, if_there };
  Bias qkv = Bias::none, out = Bias::none, mlp = Bias::none;
  bool post_norm = false;
  bool norm_gain = true;  // OPT's norms may be without gain and bias
  double epsilon = 0;
};

class LayerReader {
 public:
  /// `root`: what stands before the names of the family ("model.").  All must outlive this.
  LayerReader(TensorTable& table, std::string root, const AttentionFamily& family,
              const AttentionShape& shape, LayerExpectations expectations);

  /// Everything but rotary and score_scale.  Throws input_error when a tensor is missing or has another
  /// shape; a perceptron whose first matrix is missing is left empty.
  AttentionWeights read(std::size_t layer);
  /// Whether the queries' tensor of this layer is there.
  bool has_attention(std::size_t layer) const;

 private:
  using Bias = LayerExpectations::Bias;

  std::string at(std::size_t layer, const std::string& module) const;
  WeightView matrix(const std::string& name, std::size_t out, std::size_t in);
  WeightView bias(const std::string& name, std::size_t n, Bias rule);
  LinearWeights linear(const std::string& name, std::size_t out, std::size_t in, Bias rule);
  NormParameters norm(const std::string& name);
  HeadNorm head_norm(const std::string& name, std::size_t heads);
  void read_projections(std::size_t layer, AttentionWeights& w);
  void read_fused(const std::string& name, AttentionWeights& w);
  PerceptronWeights read_perceptron(std::size_t layer);

  TensorTable& table_;
  std::string root_;
  const AttentionFamily& family_;
  const AttentionShape& shape_;
  LayerExpectations expect_;
};

}  // namespace halfulp
