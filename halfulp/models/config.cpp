#include "halfulp/models/config.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "halfulp/base/error.hpp"
#include "halfulp/models/config_document.hpp"
#include "halfulp/models/config_keys.hpp"
#include "halfulp/models/mapped_file.hpp"
#include "halfulp/models/message.hpp"
#include "halfulp/models/rope_config.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

// Far above any model, and low enough that no product of three of them overflows.
constexpr std::size_t largest_width = 1 << 20, largest_inner = 1 << 22, largest_layers = 1 << 14,
                      largest_vocabulary = 1 << 24, largest_positions = 1 << 28;

Activation activation(ConfigKeys& keys, ConfigKeys::Names names) {
  const std::string name = keys.text(names);
  if (name == "relu") return Activation::relu;
  if (name == "gelu") return Activation::gelu_erf;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return Activation::gelu_tanh;
  if (name == "silu" || name == "swish") return Activation::silu;
  keys.fail(*names.begin(), fmt::format("activation {} is not supported; supported: relu, gelu, gelu_new, "
                                        "gelu_pytorch_tanh, silu, swish",
                                        in_quotes(name)));
}

/// Refuses a key that has any other value than the one that we implement.
void require_flag(ConfigKeys& keys, const char* key, bool value, const char* why) {
  if (keys.flag_or({key}, value) != value)
    keys.fail(key, fmt::format("{} is not supported: {}", !value, why));
}

void require_text(ConfigKeys& keys, const char* key, const std::string& value) {
  if (const std::string found = keys.text_or({key}, value); found != value)
    keys.fail(key, fmt::format("{} is not supported; supported: {}", in_quotes(found), in_quotes(value)));
}

/// What any family may carry; asked here so that the answer is a sentence of its own.
void refuse_what_we_lack(ConfigKeys& keys, const Architecture& a) {
  refuse_quantised(keys);
  const bool windowed = keys.flag_or({"use_sliding_window"}, true);
  if (keys.find({"sliding_window"}) != nullptr && windowed) {
    const std::size_t window = keys.size({"sliding_window"}, largest_positions);
    if (window < a.positions)
      keys.fail("sliding_window", fmt::format("a window of {} tokens is not supported", window));
  }
  if (const json* types = keys.find({"layer_types"})) {
    if (!types->is_array()) keys.fail("layer_types", show(*types) + " is not a list");
    for (const json& type : *types)
      if (type != "full_attention")
        keys.fail("layer_types", fmt::format("{} is not supported; supported: full_attention", show(type)));
  }
  if (const json* kind = keys.find({"position_embedding_type"}); kind != nullptr && *kind != "absolute")
    keys.fail("position_embedding_type", show(*kind) + " is not supported");
}

Architecture read_llama(ConfigKeys& keys) {
  Architecture a;
  a.family = Family::llama;
  a.vocabulary = keys.size({"vocab_size"}, largest_vocabulary);
  a.width = keys.size({"hidden_size"}, largest_width);
  a.inner = keys.size({"intermediate_size"}, largest_inner);
  a.layers = keys.size({"num_hidden_layers"}, largest_layers);
  a.heads = keys.size({"num_attention_heads"}, largest_width);
  a.kv_heads = keys.size_or({"num_key_value_heads"}, a.heads, largest_width);
  a.positions = keys.size({"max_position_embeddings"}, largest_positions);
  if (keys.find({"head_dim"}) == nullptr && a.width % a.heads != 0)
    keys.fail("num_attention_heads", fmt::format("{} does not divide hidden_size {}", a.heads, a.width));
  a.head_dim = keys.size_or({"head_dim"}, a.width / a.heads, largest_width);
  if (a.heads % a.kv_heads != 0)
    keys.fail("num_key_value_heads",
              fmt::format("{} does not divide num_attention_heads {}", a.kv_heads, a.heads));
  if (a.heads * a.head_dim > 4 * largest_width)
    keys.fail("head_dim", fmt::format("{} heads of {} are absurd", a.heads, a.head_dim));
  a.norm = Norm::rms;
  a.epsilon = keys.number({"rms_norm_eps"}, 0, 1);
  a.qkv_bias = a.attn_out_bias = keys.flag_or({"attention_bias"}, false);
  a.mlp_bias = keys.flag_or({"mlp_bias"}, false);
  a.activation = activation(keys, {"hidden_act"});
  a.gated = true;
  a.tied_head = keys.flag_or({"tie_word_embeddings"}, false);
  read_rope(keys, a);
  return a;
}

Architecture read_gpt2(ConfigKeys& keys) {
  Architecture a;
  a.family = Family::gpt2;
  a.vocabulary = keys.size({"vocab_size"}, largest_vocabulary);
  a.width = keys.size({"n_embd", "hidden_size"}, largest_width);
  a.layers = keys.size({"n_layer", "num_hidden_layers"}, largest_layers);
  a.heads = a.kv_heads = keys.size({"n_head", "num_attention_heads"}, largest_width);
  a.inner = keys.size_or({"n_inner"}, 4 * a.width, largest_inner);
  a.positions = keys.size({"n_positions", "max_position_embeddings"}, largest_positions);
  if (a.width % a.heads != 0)
    keys.fail("n_head", fmt::format("{} does not divide n_embd {}", a.heads, a.width));
  a.head_dim = a.width / a.heads;
  a.norm = Norm::layer;
  a.norm_bias = true;
  a.epsilon = keys.number({"layer_norm_epsilon"}, 0, 1);
  a.qkv_bias = a.attn_out_bias = a.mlp_bias = true;
  a.activation = activation(keys, {"activation_function"});
  a.gated = false;
  a.learned_positions = true;
  a.tied_head = keys.flag_or({"tie_word_embeddings"}, true);
  require_flag(keys, "scale_attn_weights", true, "scores are always divided by sqrt(head_dim)");
  require_flag(keys, "scale_attn_by_inverse_layer_idx", false, "scores are not scaled by the layer's index");
  require_flag(keys, "reorder_and_upcast_attn", false, "it changes the precision of the scores");
  require_flag(keys, "add_cross_attention", false, "there is no encoder to attend to");
  return a;
}

/// Eqs. (6) and (9) of arXiv:2503.10251: one head of width d, no gain, no output projection.
Architecture read_paper(ConfigKeys& keys) {
  Architecture a;
  a.family = Family::paper;
  a.vocabulary = keys.size({"vocab_size"}, largest_vocabulary);
  a.width = a.head_dim = keys.size({"hidden_size"}, largest_width);
  a.inner = keys.size({"intermediate_size"}, largest_inner);
  a.layers = keys.size({"num_hidden_layers"}, largest_layers);
  a.heads = a.kv_heads = keys.size_or({"num_attention_heads"}, 1, largest_width);
  if (a.heads != 1)
    keys.fail("num_attention_heads", fmt::format("{}: the paper's attention has one head", a.heads));
  a.positions = keys.size({"max_position_embeddings"}, largest_positions);
  a.norm = Norm::rms;
  a.norm_gain = false;
  a.epsilon = keys.number({"rms_norm_eps"}, 0, 1);
  a.attn_out = false;
  a.mlp_bias = keys.flag_or({"mlp_bias"}, true);
  a.activation = activation(keys, {"hidden_act"});
  a.gated = false;
  a.learned_positions = true;
  a.tied_head = keys.flag_or({"tie_word_embeddings"}, false);
  require_flag(keys, "rms_norm_gain", false, "the paper's norm has no gain");
  require_flag(keys, "attention_bias", false, "the paper's queries, keys and values have no bias");
  require_flag(keys, "attention_output_projection", false, "the paper's attention has none");
  require_text(keys, "attention_scale", fmt::format("1/sqrt({})", a.width));
  require_text(keys, "positions", "learned, added to the input");
  keys.text_or({"forward"}, "");  // the forward pass in words, for people
  return a;
}

std::optional<Family> family_of(const std::string& name) {
  if (name == "LlamaForCausalLM" || name == "llama") return Family::llama;
  if (name == "GPT2LMHeadModel" || name == "gpt2") return Family::gpt2;
  if (name == "PaperTransformer" || name == "paper") return Family::paper;
  return std::nullopt;
}

/// From "architectures" (a list of one) and "model_type"; either is enough, and they must agree.
Family read_family(ConfigKeys& keys) {
  std::optional<Family> family;
  const auto add = [&](const char* key, const std::string& name) {
    const auto found = family_of(name);
    if (!found)
      keys.fail(
          key, fmt::format("{} is not supported; supported: {}", in_quotes(name), supported_architectures()));
    if (family && *family != *found)
      keys.fail(key, fmt::format("{} disagrees with 'architectures'", in_quotes(name)));
    family = found;
  };
  if (const json* list = keys.find({"architectures"})) {
    if (!list->is_array() || list->size() != 1 || !(*list)[0].is_string())
      keys.fail("architectures", show(*list) + " is not a list of one name");
    add("architectures", (*list)[0].get<std::string>());
  }
  if (keys.find({"model_type"}) != nullptr) add("model_type", keys.text({"model_type"}));
  if (!family)
    keys.fail("architectures", "is missing, and so is 'model_type'; supported: " + supported_architectures());
  return *family;
}

}  // namespace

std::string supported_architectures() { return "LlamaForCausalLM, GPT2LMHeadModel, and model_type 'paper'"; }

ModelConfig parse_config(std::string_view text, const std::string& where) {
  const json object = parse_config_document(text, where);
  ConfigKeys keys(object, where);
  ModelConfig config;
  switch (read_family(keys)) {
    case Family::llama:
      config.architecture = read_llama(keys);
      break;
    case Family::gpt2:
      config.architecture = read_gpt2(keys);
      break;
    case Family::paper:
      config.architecture = read_paper(keys);
      break;
  }
  config.dtype = keys.text_or({"dtype", "torch_dtype"}, "");
  refuse_what_we_lack(keys, config.architecture);
  config.unknown_keys = refuse_unasked(keys);
  return config;
}

ModelConfig read_config(const std::filesystem::path& path) {
  return parse_config(MappedFile(path).text(), display(path));
}

}  // namespace halfulp
