#include "halfulp/models/attention/name_patterns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "halfulp/base/error.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using Text = std::string_view;

struct Triple {
  Text query, key, value;
};
constexpr auto triples = std::to_array<Triple>({{"q_proj", "k_proj", "v_proj"},
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

constexpr auto out_leaves = std::to_array<Text>({"o_proj", "out_proj", "wo", "o", "out_lin", "c_proj",
                                                 "dense", "output.dense", "attn_out", "proj", "to_out.0"});
constexpr auto norm_names =
    std::to_array<Text>({"input_layernorm", "ln_1", "attention_norm", "self_attn_layer_norm", "norm1",
                         "norm_1", "ln1", "input_norm", "attn_norm", "self_attention_layernorm",
                         "pre_attention_layernorm", "layernorm_before", "ln_attn"});

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
                                    {"", "mlp.dense_h_to_4h", "", "mlp.dense_4h_to_h"},
                                    {"", "fc1", "", "fc2"}});
constexpr auto mlp_norm_names =
    std::to_array<Text>({"pre_feedforward_layernorm", "post_attention_layernorm", "ln_2", "ffn_norm",
                         "final_layer_norm", "norm2", "norm_2", "ln2", "post_attention_norm", "mlp_norm"});

bool contains(Text text, Text part) { return text.find(part) != Text::npos; }

/// Of images or sound.
bool is_other_tower(Text root) {
  for (const Text word : {"vision", "visual", "audio", "image", "speech"})
    if (contains(root, word)) return true;
  return false;
}

/// A tensor's name as "root layers." N "." rest ".weight".
struct LayerName {
  std::string before;  // with its last dot: "model.layers."
  std::size_t layer = 0;
  std::string module;  // "self_attn.q_proj"
};

std::optional<LayerName> split(Text name) {
  constexpr Text ending = ".weight";
  if (!name.ends_with(ending)) return std::nullopt;
  name.remove_suffix(ending.size());
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    LayerName found;
    const auto [stop, error] = std::from_chars(name.data() + begin, name.data() + end, found.layer);
    if (error == std::errc() && stop == name.data() + end && end + 1 < name.size() && begin > 0) {
      found.before = name.substr(0, begin);
      found.module = name.substr(end + 1);
      return found;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

/// Modules of the layers below one prefix.
using Modules = std::map<std::string, std::set<std::size_t>>;

/// Path and leaf of the attention's projections, if these modules have any.
struct Projections {
  std::string path;  // "self_attn.", with its dot, or ""
  const Triple* triple = nullptr;
  const Fused* fused = nullptr;
};

bool ends_as(Text module, Text leaf) {
  return module.ends_with(leaf) &&
         (module.size() == leaf.size() || module[module.size() - leaf.size() - 1] == '.');
}

/// Attention to something else than the stream itself.
bool is_cross(Text path) {
  return contains(path, "cross") || contains(path, "EncDec") || contains(path, "encoder_attn");
}

std::optional<Projections> find_projections(const Modules& modules) {
  for (const auto& [module, layers] : modules) {
    if (is_cross(module)) continue;
    for (const Triple& t : triples) {
      if (!ends_as(module, t.query)) continue;
      const std::string path = module.substr(0, module.size() - t.query.size());
      if (modules.contains(path + std::string(t.key)) && modules.contains(path + std::string(t.value)))
        return Projections{path, &t, nullptr};
    }
  }
  for (const auto& [module, layers] : modules)
    for (const Fused& f : fused_leaves)
      if (!is_cross(module) && ends_as(module, f.leaf))
        return Projections{module.substr(0, module.size() - f.leaf.size()), nullptr, &f};
  return std::nullopt;
}

[[noreturn]] void fail(const TensorTable& table, const std::string& what) {
  throw input_error(fmt::format("{}: {}", table.where(), what));
}

/// The first of `names` that is a module, or "".
template <class Names>
std::string first_present(const Modules& modules, const std::string& path, const Names& names) {
  for (const Text name : names)
    if (const std::string module = path + std::string(name); modules.contains(module)) return module;
  return "";
}

/// "attention.self." -> "attention."
std::string parent(const std::string& path) {
  if (path.size() < 2) return "";
  const std::size_t dot = path.rfind('.', path.size() - 2);
  return dot == std::string::npos ? "" : path.substr(0, dot + 1);
}

PerceptronNames find_perceptron(const Modules& modules) {
  const auto has = [&](Text name) { return name.empty() || modules.contains(std::string(name)); };
  for (const PerceptronNames& p : perceptrons)
    if (has(p.gate) && has(p.up) && has(p.gate_up) && has(p.down)) return p;
  return {};
}

}  // namespace

std::string find_root(const TensorTable& table, const LayerNames& names) {
  const std::string module = names.fused.empty() ? names.query : names.fused;
  const std::string probe = names.layers + "0." + module + ".weight";
  std::set<std::string> roots, others;
  for (const TensorInfo& info : table.tensors()) {
    const std::string& name = info.tensor.name;
    if (!name.ends_with(probe)) continue;
    const std::string root = name.substr(0, name.size() - probe.size());
    if (root.empty() || root.ends_with('.')) (is_other_tower(root) ? others : roots).insert(root);
  }
  if (roots.empty() && others.size() == 1) return *others.begin();
  if (roots.empty())
    fail(table,
         fmt::format("no tensor {} is there, with any prefix; config.json asks for it", in_quotes(probe)));
  if (roots.size() > 1)
    fail(table, fmt::format("tensor {} stands below {} and below {}; give a checkpoint of one model",
                            in_quotes(probe), in_quotes(*roots.begin()), in_quotes(*roots.rbegin())));
  return *roots.begin();
}

void guess_names(const TensorTable& table, AttentionFamily& family, AttentionShape& shape, std::string& root,
                 std::vector<std::string>& warnings) {
  std::map<std::string, Modules> stacks;
  for (const TensorInfo& info : table.tensors())
    if (const auto name = split(info.tensor.name)) stacks[name->before][name->module].insert(name->layer);

  const Modules* modules = nullptr;
  std::optional<Projections> chosen;
  std::size_t most = 0;
  std::string passed_over;
  for (const auto& [before, candidates] : stacks) {
    const auto found = is_other_tower(before) ? std::nullopt : find_projections(candidates);
    if (!found) continue;
    const std::string first =
        found->path + std::string(found->triple ? found->triple->query : found->fused->leaf);
    const std::size_t layers = candidates.at(first).size();
    if (layers > most) {
      if (modules != nullptr) passed_over = root;
      most = layers, modules = &candidates, chosen = found, root = before;
    } else {
      passed_over = before;
    }
  }
  if (modules == nullptr)
    fail(table, fmt::format("no attention is recognised by its tensors' names in {}; known are {}, and "
                            "names such as *.layers.N.*.q_proj.weight, query, wq, c_attn, query_key_value",
                            family.label, attention_families()));
  warnings.push_back(
      fmt::format("{} is not a known architecture: its attention was recognised by the names of its tensors",
                  family.label));
  if (!passed_over.empty())
    warnings.push_back(fmt::format("attention below {} was not read; that below {} has more layers",
                                   in_quotes(passed_over), in_quotes(root)));

  LayerNames& names = family.names;
  const auto& path = chosen->path;
  if (chosen->triple != nullptr) {
    names.query = path + std::string(chosen->triple->query);
    names.key = path + std::string(chosen->triple->key);
    names.value = path + std::string(chosen->triple->value);
  } else {
    names.fused = path + std::string(chosen->fused->leaf);
    names.order = chosen->fused->order;
  }
  names.layers = "";
  const std::string first = names.fused.empty() ? names.query : names.fused;
  if (shape.layers == 0) shape.layers = *modules->at(first).rbegin() + 1;

  // Shapes: which way round, and what config.json does not say.
  const TensorInfo* const info =
      table.find(fmt::format("{}{}.{}.weight", root, *modules->at(first).begin(), first));
  const auto& stored = info->tensor.shape;
  if (stored.size() != 2) fail(table, fmt::format("tensor {} is not a matrix", in_quotes(info->tensor.name)));
  names.transposed = stored[1] != shape.width && stored[0] == shape.width;
  const std::size_t rows = names.transposed ? stored[1] : stored[0];
  const std::size_t blocks = names.fused.empty() ? shape.heads : shape.heads + 2 * shape.kv_heads;
  if (shape.head_width == 0) {
    if (rows % blocks != 0)
      throw input_error(
          fmt::format("{}: {} rows are not a multiple of {} heads; config.json must give "
                      "num_attention_heads, num_key_value_heads and head_dim",
                      info->describe(), rows, blocks));
    shape.head_width = rows / blocks;
  }
  if (shape.value_width == 0) shape.value_width = shape.head_width;
  if (names.order == FusedOrder::by_head && shape.kv_heads != shape.heads)
    throw input_error(
        fmt::format("{}: queries, keys and values of grouped heads in one tensor are not supported for "
                    "an unknown architecture; convert it to separate tensors",
                    info->describe()));
  if (!names.fused.empty())
    warnings.push_back(fmt::format("{} was read as {}", in_quotes(first),
                                   names.order == FusedOrder::by_head
                                       ? "query, key and value of head 0, then of head 1, and so on"
                                       : "all queries, then all keys, then all values"));
  if (names.transposed)
    warnings.push_back(fmt::format("matrices were read as [in, out], for {} is so", in_quotes(first)));

  names.out = first_present(*modules, path, out_leaves);
  if (names.out.empty()) names.out = first_present(*modules, parent(path), out_leaves);
  if (names.out.empty())
    warnings.push_back("no output projection was recognised: values are described without it");
  names.norm = first_present(*modules, "", norm_names);
  const auto bias_of = [&](const std::string& module) {
    return table.has(fmt::format("{}{}.{}.bias", root, *modules->at(first).begin(), module));
  };
  family.normed_input = !names.norm.empty();
  if (names.norm.empty()) {
    warnings.push_back("no norm before the attention was recognised: no gain is folded in");
  } else {
    family.norm = bias_of(names.norm) ? NormParameters::Kind::layer : NormParameters::Kind::rms;
    warnings.push_back(fmt::format("{} was read as the norm before the attention, {} with its gain as stored",
                                   in_quotes(names.norm),
                                   bias_of(names.norm) ? "a layer norm" : "an RMS norm"));
  }
  for (const auto& [query_norm, key_norm] : {std::pair<Text, Text>{"q_norm", "k_norm"},
                                             {"q_layernorm", "k_layernorm"},
                                             {"query_layernorm", "key_layernorm"}})
    if (modules->contains(path + std::string(query_norm)) &&
        modules->contains(path + std::string(key_norm))) {
      names.query_norm = path + std::string(query_norm);
      names.key_norm = path + std::string(key_norm);
      warnings.push_back("queries and keys were taken to be normalised before they turn");
      break;
    }

  const PerceptronNames mlp = find_perceptron(*modules);
  names.mlp_norm = first_present(*modules, "", mlp_norm_names);
  if (!mlp.down.empty() && !names.mlp_norm.empty()) {
    names.gate = mlp.gate, names.up = mlp.up, names.gate_up = mlp.gate_up, names.down = mlp.down;
  }
}

}  // namespace halfulp
