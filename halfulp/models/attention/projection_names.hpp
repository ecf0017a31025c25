// Attention recognised in a list of tensor names: PREFIX.N.PATH.LEAF.weight, N a layer's number, with leaves
// such as q_proj, k_proj and v_proj beside each other, or one that holds all three.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "halfulp/models/attention/attention_family.hpp"
#include "halfulp/models/tensor_table.hpp"

namespace halfulp {

/// The modules of a stack of layers ("self_attn.q_proj"), and the layers that have each.
using LayerModules = std::map<std::string, std::set<std::size_t>>;

struct RecognisedAttention {
  std::string root;         // "model.layers."
  LayerModules modules;     // below it
  std::string path;         // "self_attn.", or ""
  LayerNames names;         // query, key and value, or fused; layers is "" because root has it
  std::string passed_over;  // root of another stack with attention that has no more layers

  /// The module whose tensor every layer with attention has.
  const std::string& first() const { return names.fused.empty() ? names.query : names.fused; }
};

/// The stack with the most layers; attention to another sequence and towers for images and sound do not
/// count. Throws input_error when there is none; `label` names the model.
RecognisedAttention recognise_attention(const TensorTable& table, const std::string& label);

}  // namespace halfulp
