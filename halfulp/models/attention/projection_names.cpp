#include "halfulp/models/attention/projection_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "halfulp/base/error.hpp"
#include "halfulp/models/attention/tensor_root.hpp"

namespace halfulp {
namespace {

using Text = std::string_view;

struct Separate {
  Text query, key, value;
};
constexpr auto separate_leaves = std::to_array<Separate>({{"q_proj", "k_proj", "v_proj"},
                                                          {"query", "key", "value"},
                                                          {"wq", "wk", "wv"},
                                                          {"q_lin", "k_lin", "v_lin"},
                                                          {"query_proj", "key_proj", "value_proj"},
                                                          {"to_q", "to_k", "to_v"},
                                                          {"q", "k", "v"}});

struct Fused {
  Text leaf;
  FusedOrder order;
};
constexpr auto fused_leaves = std::to_array<Fused>({{"query_key_value", FusedOrder::by_head},
                                                    {"qkv_proj", FusedOrder::blocks},
                                                    {"c_attn", FusedOrder::blocks},
                                                    {"Wqkv", FusedOrder::blocks},
                                                    {"wqkv", FusedOrder::blocks},
                                                    {"W_pack", FusedOrder::blocks},
                                                    {"att_proj", FusedOrder::blocks},
                                                    {"qkv", FusedOrder::blocks}});

/// A tensor's name as "model.layers." 3 "self_attn.q_proj" ".weight".
struct LayerName {
  std::string root;
  std::size_t layer = 0;
  std::string module;
};

std::optional<LayerName> split(Text name) {
  constexpr Text ending = ".weight";
  if (!name.ends_with(ending)) return std::nullopt;
  name.remove_suffix(ending.size());
  std::size_t begin = name.find('.') + 1;  // 0 where there is no dot
  while (begin != 0) {
    const std::size_t end = name.find('.', begin);
    if (end == Text::npos) break;
    std::size_t layer = 0;
    const auto [stop, error] = std::from_chars(name.data() + begin, name.data() + end, layer);
    if (error == std::errc() && stop == name.data() + end)
      return LayerName{std::string(name.substr(0, begin)), layer, std::string(name.substr(end + 1))};
    begin = end + 1;
  }
  return std::nullopt;
}

/// "self_attn." of "self_attn.q_proj" when the leaf is q_proj.
std::optional<std::string> path_before(const std::string& module, Text leaf) {
  if (!module.ends_with(leaf)) return std::nullopt;
  const std::string path = module.substr(0, module.size() - leaf.size());
  if (path.empty() || path.back() == '.') return path;
  return std::nullopt;
}

bool is_cross_attention(const std::string& module) {
  for (const Text word : {"cross", "EncDec", "encoder_attn"})
    if (module.find(word) != std::string::npos) return true;
  return false;
}

/// Fills path and names from the modules; false when they have no attention.
bool find_projections(RecognisedAttention& a) {
  for (const auto& [module, layers] : a.modules)
    for (const Separate& s : separate_leaves) {
      const auto path = is_cross_attention(module) ? std::nullopt : path_before(module, s.query);
      if (!path) continue;
      const std::string key = *path + std::string(s.key), value = *path + std::string(s.value);
      if (!a.modules.contains(key) || !a.modules.contains(value)) continue;
      a.path = *path;
      a.names.query = module, a.names.key = key, a.names.value = value;
      return true;
    }
  for (const auto& [module, layers] : a.modules)
    for (const Fused& f : fused_leaves) {
      const auto path = is_cross_attention(module) ? std::nullopt : path_before(module, f.leaf);
      if (!path) continue;
      a.path = *path;
      a.names.fused = module;
      a.names.order = f.order;
      return true;
    }
  return false;
}

}  // namespace

RecognisedAttention recognise_attention(const TensorTable& table, const std::string& label) {
  std::map<std::string, LayerModules> stacks;
  for (const TensorInfo& info : table.tensors())
    if (const auto name = split(info.tensor.name)) stacks[name->root][name->module].insert(name->layer);

  RecognisedAttention best;
  std::size_t most = 0;
  for (auto& [root, modules] : stacks) {
    if (is_other_tower(root)) continue;
    RecognisedAttention candidate;
    candidate.root = root;
    candidate.modules = std::move(modules);
    candidate.names.layers = "";
    if (!find_projections(candidate)) continue;
    const std::size_t layers = candidate.modules.at(candidate.first()).size();
    if (layers > most) {
      candidate.passed_over = best.root;
      best = std::move(candidate);
      most = layers;
    } else {
      best.passed_over = root;
    }
  }
  if (most == 0)
    throw input_error(fmt::format(
        "{}: no attention of {} is recognised by its tensors' names; known are {}, and names such as "
        "*.layers.N.*.q_proj.weight, query, wq, c_attn, query_key_value",
        table.where(), label, attention_families()));
  return best;
}

}  // namespace halfulp
