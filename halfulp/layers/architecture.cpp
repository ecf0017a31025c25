#include "halfulp/layers/architecture.hpp"

namespace halfulp {

std::size_t Architecture::parameters() const {
  const std::size_t d = width, queries = heads * head_dim, keys = kv_heads * head_dim;
  const std::size_t norm_size = (norm_gain ? d : 0) + (norm_bias ? d : 0);
  const std::size_t attention = d * (queries + 2 * keys) + (qkv_bias ? queries + 2 * keys : 0) +
                                (attn_out ? queries * d : 0) + (attn_out && attn_out_bias ? d : 0);
  const std::size_t ins = gated ? 2 : 1;  // gate and up, or one
  const std::size_t perceptron = (ins + 1) * d * inner + (mlp_bias ? ins * inner + d : 0);
  return vocabulary * d * (tied_head ? 1 : 2) + (learned_positions ? positions * d : 0) +
         layers * (2 * norm_size + attention + perceptron) + norm_size;
}

}  // namespace halfulp
