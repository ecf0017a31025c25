#include "halfulp/models/attention/name_patterns.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/attention/projection_names.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using Text = std::string_view;
using Kind = NormParameters::Kind;

constexpr auto out_leaves = std::to_array<Text>(
    {"o_proj", "out_proj", "wo", "o", "out_lin", "c_proj", "dense", "output.dense", "proj"});
constexpr auto norm_names =
    std::to_array<Text>({"input_layernorm", "ln_1", "attention_norm", "self_attn_layer_norm", "norm1",
                         "norm_1", "ln1", "input_norm", "attn_norm", "self_attention_layernorm",
                         "pre_attention_layernorm", "layernorm_before", "ln_attn"});
constexpr auto mlp_norm_names =
    std::to_array<Text>({"pre_feedforward_layernorm", "post_attention_layernorm", "ln_2", "ffn_norm",
                         "final_layer_norm", "norm2", "norm_2", "ln2", "post_attention_norm", "mlp_norm"});
constexpr auto head_norm_names = std::to_array<std::pair<Text, Text>>(
    {{"q_norm", "k_norm"}, {"q_layernorm", "k_layernorm"}, {"query_layernorm", "key_layernorm"}});

struct PerceptronNames {
  Text gate, up, gate_up, down;
};
constexpr auto perceptrons =
    std::to_array<PerceptronNames>({{"mlp.gate_proj", "mlp.up_proj", "", "mlp.down_proj"},
                                    {"", "", "mlp.gate_up_proj", "mlp.down_proj"},
                                    {"feed_forward.w1", "feed_forward.w3", "", "feed_forward.w2"},
                                    {"", "mlp.up_proj", "", "mlp.down_proj"},
                                    {"", "mlp.c_fc", "", "mlp.c_proj"},
                                    {"", "mlp.fc1", "", "mlp.fc2"},
                                    {"", "mlp.fc_in", "", "mlp.fc_out"},
                                    {"", "mlp.dense_h_to_4h", "", "mlp.dense_4h_to_h"},
                                    {"", "fc1", "", "fc2"}});

/// The first of `names` below `path` that is a module, or "".
template <class Names>
std::string first_present(const LayerModules& modules, const std::string& path, const Names& names) {
  for (const Text name : names)
    if (std::string module = path + std::string(name); modules.contains(module)) return module;
  return "";
}

/// "attention." of "attention.self."
std::string parent_of(const std::string& path) {
  const std::size_t dot = path.size() < 2 ? std::string::npos : path.rfind('.', path.size() - 2);
  return dot == std::string::npos ? "" : path.substr(0, dot + 1);
}

/// Which way round the matrices lie, and how wide heads are, from the tensor of the queries (or of all
/// three).
void read_stored_shape(const TensorInfo& info, LayerNames& names, AttentionShape& shape) {
  const auto& stored = info.tensor.shape;
  if (stored.size() != 2)
    throw input_error(info.describe() + ": is not a matrix, as weights of attention are");
  names.transposed = stored[1] != shape.width && stored[0] == shape.width;
  const std::size_t rows = stored[names.transposed ? 1 : 0];
  const std::size_t blocks = names.fused.empty() ? shape.heads : shape.heads + 2 * shape.kv_heads;
  if (shape.head_width == 0) {
    if (rows == 0 || rows % blocks != 0)
      throw input_error(
          fmt::format("{}: {} rows are not a multiple of {} heads; config.json must give "
                      "num_attention_heads, num_key_value_heads and head_dim",
                      info.describe(), rows, blocks));
    shape.head_width = rows / blocks;
  }
  if (shape.value_width == 0) shape.value_width = shape.head_width;
  if (names.fused.empty()) return;
  if (shape.kv_heads == 1)
    names.order = FusedOrder::blocks;  // then both mean the same but for Falcon, which has this
  if (names.order == FusedOrder::by_head && shape.kv_heads != shape.heads)
    throw input_error(
        fmt::format("{}: queries, keys and values of grouped heads in one tensor are not supported for "
                    "an unknown architecture; convert it to separate tensors",
                    info.describe()));
}

}  // namespace

std::string guess_names(const TensorTable& table, AttentionFamily& family, AttentionShape& shape,
                        std::vector<std::string>& warnings) {
  const RecognisedAttention found = recognise_attention(table, family.label);
  const LayerModules& modules = found.modules;
  const auto warn = [&](std::string line) { warnings.push_back(std::move(line)); };
  warn(family.label +
       " is not a known architecture: its attention was recognised by the names of its tensors");
  if (!found.passed_over.empty())
    warn(fmt::format("attention below {} was not read, only that below {}", in_quotes(found.passed_over),
                     in_quotes(found.root)));

  LayerNames& names = family.names = found.names;
  const std::set<std::size_t>& layers = modules.at(found.first());
  if (shape.layers == 0) shape.layers = *layers.rbegin() + 1;
  const auto tensor = [&](const std::string& module, const char* ending) {
    return table.find(fmt::format("{}{}.{}.{}", found.root, *layers.begin(), module, ending));
  };
  read_stored_shape(*tensor(found.first(), "weight"), names, shape);
  if (!names.fused.empty())
    warn(fmt::format("{} was read as {}", in_quotes(names.fused),
                     names.order == FusedOrder::by_head
                         ? "query, key and value of head 0, then of head 1, and so on"
                         : "all queries, then all keys, then all values"));
  if (names.transposed)
    warn(fmt::format("matrices were read as [in, out], because {} is so", in_quotes(found.first())));

  names.out = first_present(modules, found.path, out_leaves);
  if (names.out.empty()) names.out = first_present(modules, parent_of(found.path), out_leaves);
  if (names.out.empty()) warn("no output projection was recognised");

  names.norm = first_present(modules, "", norm_names);
  family.normed_input = !names.norm.empty();
  if (names.norm.empty()) {
    warn("no norm before the attention was recognised: no gain is folded in");
  } else {
    if (tensor(names.norm, "bias") != nullptr) family.norm = Kind::layer;
    warn(fmt::format("{} was read as the norm before the attention, {} with its gain as stored",
                     in_quotes(names.norm), family.norm == Kind::layer ? "a layer norm" : "an RMS norm"));
  }
  for (const auto& [query, key] : head_norm_names) {
    const std::string query_norm = found.path + std::string(query), key_norm = found.path + std::string(key);
    if (!modules.contains(query_norm) || !modules.contains(key_norm)) continue;
    names.query_norm = query_norm, names.key_norm = key_norm;
    warn("queries and keys were taken to be normalised before they turn");
    break;
  }

  names.mlp_norm = first_present(modules, "", mlp_norm_names);
  const auto has = [&](Text name) { return name.empty() || modules.contains(std::string(name)); };
  if (!names.mlp_norm.empty())
    for (const PerceptronNames& p : perceptrons)
      if (has(p.gate) && has(p.up) && has(p.gate_up) && has(p.down)) {
        names.gate = p.gate, names.up = p.up, names.gate_up = p.gate_up, names.down = p.down;
        break;
      }
  return found.root;
}

}  // namespace halfulp
