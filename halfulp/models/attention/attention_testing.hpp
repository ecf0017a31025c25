// For tests: a tiny checkpoint of every architecture whose entries say what they are.  The layouts are
// written here a second time, tensor by tensor, as transformers' modeling files define them.
#pragma once

#include <string>

#include "halfulp/models/attention/told_tensors_testing.hpp"

namespace halfulp::testing {

inline nlohmann::ordered_json llama_like_config(const char* name, const char* model_type,
                                                const TinySizes& s) {
  return {{"architectures", {name}},
          {"model_type", model_type},
          {"hidden_size", s.width},
          {"intermediate_size", s.inner},
          {"num_hidden_layers", s.layers},
          {"num_attention_heads", s.heads},
          {"num_key_value_heads", s.kv_heads},
          {"head_dim", s.head_width},
          {"max_position_embeddings", 64},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", 10000.0}};
}

inline void add_separate_projections(TinyCheckpoint& c, const std::string& at, const TinySizes& s,
                                     std::size_t layer, const char* out = "o_proj") {
  fill_heads(c, at + "self_attn.q_proj.weight", s, s.heads, Role::query, layer);
  fill_heads(c, at + "self_attn.k_proj.weight", s, s.kv_heads, Role::key, layer);
  fill_heads(c, at + "self_attn.v_proj.weight", s, s.kv_heads, Role::value, layer);
  fill_out(c, at + "self_attn." + out + ".weight", s, layer);
}

inline void add_biases(TinyCheckpoint& c, const std::string& at, const TinySizes& s, std::size_t layer) {
  fill_head_bias(c, at + "self_attn.q_proj.bias", s, s.heads, Role::query_bias, layer);
  fill_head_bias(c, at + "self_attn.k_proj.bias", s, s.kv_heads, Role::key_bias, layer);
  fill_head_bias(c, at + "self_attn.v_proj.bias", s, s.kv_heads, Role::value_bias, layer);
}

inline void add_gated_perceptron(TinyCheckpoint& c, const std::string& at, const TinySizes& s,
                                 std::size_t layer) {
  fill_plain(c, at + "mlp.gate_proj.weight", s.inner, s.width, Role::gate, layer);
  fill_plain(c, at + "mlp.up_proj.weight", s.inner, s.width, Role::up, layer);
  fill_plain(c, at + "mlp.down_proj.weight", s.width, s.inner, Role::down, layer);
}

/// Llama, Mistral, Qwen 2 (with biases) and Qwen 3 (with norms of queries and keys).
inline TinyCheckpoint told_llama(const char* name = "LlamaForCausalLM", const char* model_type = "llama",
                                 const std::string& prefix = "model.", const TinySizes& s = {}) {
  TinyCheckpoint c;
  c.config = llama_like_config(name, model_type, s);
  const std::string type = model_type;
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string at = prefix + "layers." + std::to_string(layer) + ".";
    fill_norm(c, at + "input_layernorm.weight", s.width, Role::norm, layer);
    add_separate_projections(c, at, s, layer);
    if (type == "qwen2") add_biases(c, at, s, layer);
    if (type == "qwen3") {
      fill_norm(c, at + "self_attn.q_norm.weight", s.head_width, Role::query_norm, layer);
      fill_norm(c, at + "self_attn.k_norm.weight", s.head_width, Role::key_norm, layer);
    }
    fill_norm(c, at + "post_attention_layernorm.weight", s.width, Role::mlp_norm, layer);
    add_gated_perceptron(c, at, s, layer);
  }
  return c;
}

/// Gemma 2, and 3 with its norms of queries and keys.
inline TinyCheckpoint told_gemma(int version, const std::string& prefix = "model.", const TinySizes& s = {}) {
  TinyCheckpoint c;
  c.config = llama_like_config(version == 2 ? "Gemma2ForCausalLM" : "Gemma3ForCausalLM",
                               version == 2 ? "gemma2" : "gemma3_text", s);
  c.config["query_pre_attn_scalar"] = 16;
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string at = prefix + "layers." + std::to_string(layer) + ".";
    fill_norm(c, at + "input_layernorm.weight", s.width, Role::norm, layer);
    add_separate_projections(c, at, s, layer);
    if (version == 3) {
      fill_norm(c, at + "self_attn.q_norm.weight", s.head_width, Role::query_norm, layer);
      fill_norm(c, at + "self_attn.k_norm.weight", s.head_width, Role::key_norm, layer);
    }
    fill_norm(c, at + "post_attention_layernorm.weight", s.width, Role::post_norm, layer);
    fill_norm(c, at + "pre_feedforward_layernorm.weight", s.width, Role::mlp_norm, layer);
    fill_norm(c, at + "post_feedforward_layernorm.weight", s.width, Role::mlp_post_norm, layer);
    add_gated_perceptron(c, at, s, layer);
  }
  return c;
}

inline TinyCheckpoint told_phi3(const TinySizes& s = {2, 16, 4, 2, 4, 6}) {
  TinyCheckpoint c;
  c.config = llama_like_config("Phi3ForCausalLM", "phi3", s);
  c.config.erase("head_dim");
  const std::size_t a = s.head_width, h = s.heads, g = s.kv_heads;
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string at = "model.layers." + std::to_string(layer) + ".";
    fill_norm(c, at + "input_layernorm.weight", s.width, Role::norm, layer);
    fill(c, at + "self_attn.qkv_proj.weight", (h + 2 * g) * a, s.width, [=](std::size_t i, std::size_t j) {
      if (i < h * a) return told(Role::query, layer, i / a, i % a, j);
      const std::size_t k = i - h * a;
      if (k < g * a) return told(Role::key, layer, k / a, k % a, j);
      return told(Role::value, layer, (k - g * a) / a, k % a, j);
    });
    fill_out(c, at + "self_attn.o_proj.weight", s, layer);
    fill_norm(c, at + "post_attention_layernorm.weight", s.width, Role::mlp_norm, layer);
    fill(c, at + "mlp.gate_up_proj.weight", 2 * s.inner, s.width, [=](std::size_t i, std::size_t j) {
      return told(i < s.inner ? Role::gate : Role::up, layer, 0, i % s.inner, j);
    });
    fill_plain(c, at + "mlp.down_proj.weight", s.width, s.inner, Role::down, layer);
  }
  return c;
}

constexpr TinySizes ungrouped{2, 16, 4, 4, 4, 6};

inline TinyCheckpoint told_gpt2(const std::string& prefix = "transformer.", const TinySizes& s = ungrouped) {
  TinyCheckpoint c;
  c.config = {{"architectures", {"GPT2LMHeadModel"}},
              {"model_type", "gpt2"},
              {"n_embd", s.width},
              {"n_layer", s.layers},
              {"n_head", s.heads},
              {"n_positions", 64},
              {"n_inner", s.inner},
              {"layer_norm_epsilon", 1e-5}};
  const std::size_t d = s.width, a = s.head_width;
  const auto part = [=](std::size_t j) { return j / d; };  // query, key, value
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string at = prefix + "h." + std::to_string(layer) + ".";
    fill_layer_norm(c, at + "ln_1", d, Role::norm, Role::norm_bias, layer);
    fill(c, at + "attn.c_attn.weight", d, 3 * d, [=](std::size_t i, std::size_t j) {
      return told(static_cast<Role>(part(j)), layer, j % d / a, j % a, i);
    });
    fill_vector(c, at + "attn.c_attn.bias", 3 * d, [=](std::size_t, std::size_t j) {
      return told(static_cast<Role>(static_cast<std::size_t>(Role::query_bias) + part(j)), layer, j % d / a,
                  0, j % a);
    });
    fill(c, at + "attn.c_proj.weight", d, d,
         [=](std::size_t i, std::size_t j) { return told(Role::out, layer, i / a, j, i % a); });
    fill_norm(c, at + "attn.c_proj.bias", d, Role::out_bias, layer);
    fill_layer_norm(c, at + "ln_2", d, Role::mlp_norm, Role::mlp_norm_bias, layer);
    fill_plain(c, at + "mlp.c_fc.weight", s.inner, d, Role::up, layer, true);
    fill_norm(c, at + "mlp.c_fc.bias", s.inner, Role::up_bias, layer);
    fill_plain(c, at + "mlp.c_proj.weight", d, s.inner, Role::down, layer, true);
    fill_norm(c, at + "mlp.c_proj.bias", d, Role::down_bias, layer);
  }
  return c;
}

/// Pre-norm as most, or post-norm as the one of 350 million parameters, whose norm of a layer's input is the
/// final_layer_norm of the layer before: then that one's entries are told as the norm of the next layer.
inline TinyCheckpoint told_opt(bool pre_norm = true, const TinySizes& s = ungrouped) {
  TinyCheckpoint c;
  c.config = {{"architectures", {"OPTForCausalLM"}},
              {"model_type", "opt"},
              {"hidden_size", s.width},
              {"ffn_dim", s.inner},
              {"num_hidden_layers", s.layers},
              {"num_attention_heads", s.heads},
              {"max_position_embeddings", 64},
              {"word_embed_proj_dim", 8},
              {"do_layer_norm_before", pre_norm}};
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string at = "model.decoder.layers." + std::to_string(layer) + ".";
    add_separate_projections(c, at, s, layer, "out_proj");
    add_biases(c, at, s, layer);
    fill_norm(c, at + "self_attn.out_proj.bias", s.width, Role::out_bias, layer);
    if (pre_norm) {
      fill_layer_norm(c, at + "self_attn_layer_norm", s.width, Role::norm, Role::norm_bias, layer);
      fill_layer_norm(c, at + "final_layer_norm", s.width, Role::mlp_norm, Role::mlp_norm_bias, layer);
    } else {
      fill_layer_norm(c, at + "self_attn_layer_norm", s.width, Role::mlp_norm, Role::mlp_norm_bias, layer);
      fill_layer_norm(c, at + "final_layer_norm", s.width, Role::norm, Role::norm_bias, layer + 1);
    }
    fill_plain(c, at + "fc1.weight", s.inner, s.width, Role::up, layer);
    fill_norm(c, at + "fc1.bias", s.inner, Role::up_bias, layer);
    fill_plain(c, at + "fc2.weight", s.width, s.inner, Role::down, layer);
    fill_norm(c, at + "fc2.bias", s.width, Role::down_bias, layer);
  }
  return c;
}

/// Query, key and value of head 0, then of head 1, ...
inline TinyCheckpoint told_gpt_neox(const TinySizes& s = {2, 32, 4, 4, 8, 6}) {
  TinyCheckpoint c;
  c.config = {{"architectures", {"GPTNeoXForCausalLM"}},
              {"model_type", "gpt_neox"},
              {"hidden_size", s.width},
              {"intermediate_size", s.inner},
              {"num_hidden_layers", s.layers},
              {"num_attention_heads", s.heads},
              {"max_position_embeddings", 64},
              {"layer_norm_eps", 1e-5},
              {"rotary_pct", 0.25},
              {"rotary_emb_base", 10000}};
  const std::size_t a = s.head_width;
  const auto role = [=](Role first, std::size_t i) {
    return static_cast<Role>(static_cast<std::size_t>(first) + i % (3 * a) / a);
  };
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string at = "gpt_neox.layers." + std::to_string(layer) + ".";
    fill_layer_norm(c, at + "input_layernorm", s.width, Role::norm, Role::norm_bias, layer);
    fill(c, at + "attention.query_key_value.weight", 3 * s.heads * a, s.width,
         [=](std::size_t i, std::size_t j) {
           return told(role(Role::query, i), layer, i / (3 * a), i % a, j);
         });
    fill_vector(c, at + "attention.query_key_value.bias", 3 * s.heads * a, [=](std::size_t, std::size_t j) {
      return told(role(Role::query_bias, j), layer, j / (3 * a), 0, j % a);
    });
    fill_out(c, at + "attention.dense.weight", s, layer);
    fill_norm(c, at + "attention.dense.bias", s.width, Role::out_bias, layer);
    fill_layer_norm(c, at + "post_attention_layernorm", s.width, Role::mlp_norm, Role::mlp_norm_bias, layer);
    fill_plain(c, at + "mlp.dense_h_to_4h.weight", s.inner, s.width, Role::up, layer);
    fill_norm(c, at + "mlp.dense_h_to_4h.bias", s.inner, Role::up_bias, layer);
    fill_plain(c, at + "mlp.dense_4h_to_h.weight", s.width, s.inner, Role::down, layer);
    fill_norm(c, at + "mlp.dense_4h_to_h.bias", s.width, Role::down_bias, layer);
  }
  return c;
}

/// Post-norm: layer 0 reads the embeddings' norm, layer l the output norm of l - 1.  Old names: gamma and
/// beta.
inline TinyCheckpoint told_bert(const std::string& prefix = "bert.", bool old_names = false,
                                const TinySizes& s = ungrouped) {
  TinyCheckpoint c;
  c.config = {{"architectures", {"BertForMaskedLM"}},
              {"model_type", "bert"},
              {"hidden_size", s.width},
              {"intermediate_size", s.inner},
              {"num_hidden_layers", s.layers},
              {"num_attention_heads", s.heads},
              {"max_position_embeddings", 64},
              {"layer_norm_eps", 1e-12}};
  const auto layer_norm = [&](const std::string& name, Role gain, Role bias, std::size_t layer) {
    fill_norm(c, name + (old_names ? ".gamma" : ".weight"), s.width, gain, layer);
    fill_norm(c, name + (old_names ? ".beta" : ".bias"), s.width, bias, layer);
  };
  layer_norm(prefix + "embeddings.LayerNorm", Role::norm, Role::norm_bias, 0);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string at = prefix + "encoder.layer." + std::to_string(layer) + ".";
    const std::string self = at + "attention.self.";
    fill_heads(c, self + "query.weight", s, s.heads, Role::query, layer);
    fill_heads(c, self + "key.weight", s, s.heads, Role::key, layer);
    fill_heads(c, self + "value.weight", s, s.heads, Role::value, layer);
    fill_head_bias(c, self + "query.bias", s, s.heads, Role::query_bias, layer);
    fill_head_bias(c, self + "key.bias", s, s.heads, Role::key_bias, layer);
    fill_head_bias(c, self + "value.bias", s, s.heads, Role::value_bias, layer);
    fill_out(c, at + "attention.output.dense.weight", s, layer);
    fill_norm(c, at + "attention.output.dense.bias", s.width, Role::out_bias, layer);
    layer_norm(at + "attention.output.LayerNorm", Role::mlp_norm, Role::mlp_norm_bias, layer);
    fill_plain(c, at + "intermediate.dense.weight", s.inner, s.width, Role::up, layer);
    fill_norm(c, at + "intermediate.dense.bias", s.inner, Role::up_bias, layer);
    fill_plain(c, at + "output.dense.weight", s.width, s.inner, Role::down, layer);
    fill_norm(c, at + "output.dense.bias", s.width, Role::down_bias, layer);
    layer_norm(at + "output.LayerNorm", Role::norm, Role::norm_bias, layer + 1);
  }
  return c;
}

}  // namespace halfulp::testing
