#include "halfulp/models/attention/attention_family.hpp"

namespace halfulp {
namespace {

using Kind = NormParameters::Kind;

AttentionFamily llama() {
  AttentionFamily f;
  f.is_known = true;
  f.name = "llama";
  f.label = "Llama";
  f.class_stem = "Llama";
  LayerNames& n = f.names;
  n.query = "self_attn.q_proj";
  n.key = "self_attn.k_proj";
  n.value = "self_attn.v_proj";
  n.out = "self_attn.o_proj";
  n.norm = "input_layernorm";
  n.mlp_norm = "post_attention_layernorm";
  n.gate = "mlp.gate_proj";
  n.up = "mlp.up_proj";
  n.down = "mlp.down_proj";
  f.qkv_bias = f.out_bias = {"attention_bias", false};
  f.mlp_bias = {"mlp_bias", false};
  f.usual = {4096, 32, 32, 32};
  return f;
}

AttentionFamily mistral() {
  AttentionFamily f = llama();
  f.name = "mistral";
  f.label = "Mistral";
  f.class_stem = "Mistral";
  f.qkv_bias = f.out_bias = f.mlp_bias = {};
  f.usual.kv_heads = 8;
  return f;
}

AttentionFamily mixtral() {
  AttentionFamily f = mistral();
  f.name = "mixtral";
  f.label = "Mixtral";
  f.class_stem = "Mixtral";
  f.rotary_base = 1e6;
  f.epsilon = 1e-5;
  return f;
}

AttentionFamily qwen2() {
  AttentionFamily f = llama();
  f.name = "qwen2";
  f.label = "Qwen2";
  f.also = {"qwen2_moe"};
  f.class_stem = "Qwen2";
  f.qkv_bias = {"qkv_bias", true};
  f.out_bias = f.mlp_bias = {};
  return f;
}

void add_head_norms(AttentionFamily& f) {
  f.names.query_norm = "self_attn.q_norm";
  f.names.key_norm = "self_attn.k_norm";
}

AttentionFamily qwen3() {
  AttentionFamily f = llama();
  f.name = "qwen3";
  f.label = "Qwen3";
  f.also = {"qwen3_moe"};
  f.class_stem = "Qwen3";
  f.mlp_bias = {};
  f.head_width = 128;
  add_head_norms(f);
  return f;
}

AttentionFamily gemma() {
  AttentionFamily f = llama();
  f.name = "gemma";
  f.label = "Gemma";
  f.class_stem = "Gemma";
  f.one_plus_gain = true;
  f.head_width = 256;
  f.mlp_bias = {};
  f.usual = {3072, 28, 16, 16};
  return f;
}

AttentionFamily gemma2() {
  AttentionFamily f = gemma();
  f.name = "gemma2";
  f.label = "Gemma 2";
  f.class_stem = "Gemma2";
  f.names.attention_post_norm = "post_attention_layernorm";
  f.names.mlp_norm = "pre_feedforward_layernorm";
  f.names.mlp_post_norm = "post_feedforward_layernorm";
  f.query_scalar = 256;
  f.score_cap = 50;
  f.usual = {2304, 26, 8, 4};
  return f;
}

AttentionFamily gemma3() {
  AttentionFamily f = gemma2();
  f.name = "gemma3";
  f.label = "Gemma 3";
  f.also = {"gemma3_text"};
  f.class_stem = "Gemma3";
  f.score_cap = 0;
  f.rotary_base = 1e6;
  f.local_rotary_base = 1e4;
  add_head_norms(f);
  return f;
}

AttentionFamily phi3() {
  AttentionFamily f = llama();
  f.name = "phi3";
  f.label = "Phi-3";
  f.class_stem = "Phi3";
  LayerNames& n = f.names;
  n.query = n.key = n.value = n.gate = n.up = "";
  n.fused = "self_attn.qkv_proj";
  n.gate_up = "mlp.gate_up_proj";
  f.qkv_bias = f.out_bias = f.mlp_bias = {};
  f.epsilon = 1e-5;
  f.usual = {3072, 32, 32, 32};
  return f;
}

/// OLMo 2 normalises what attention and perceptron give, not what they take.
AttentionFamily olmo2() {
  AttentionFamily f = llama();
  f.name = "olmo2";
  f.label = "OLMo 2";
  f.class_stem = "Olmo2";
  f.normed_input = false;
  f.names.norm = f.names.mlp_norm = "";
  f.names.attention_post_norm = "post_attention_layernorm";
  f.names.mlp_post_norm = "post_feedforward_layernorm";
  f.mlp_bias = {};
  f.epsilon = 1e-5;
  add_head_norms(f);
  return f;
}

/// What the older architectures have in common.
AttentionFamily with_layer_norm(const char* name, const char* label, const char* stem) {
  AttentionFamily f;
  f.is_known = true;
  f.name = name;
  f.label = label;
  f.class_stem = stem;
  f.norm = Kind::layer;
  f.epsilon = 1e-5;
  f.grouped = false;
  f.position_kind = "learned";
  f.qkv_bias = f.out_bias = f.mlp_bias = {nullptr, true};
  return f;
}

AttentionFamily gpt2() {
  AttentionFamily f = with_layer_norm("gpt2", "GPT-2", "GPT2");
  LayerNames& n = f.names;
  n.layers = "h.";
  n.fused = "attn.c_attn";
  n.out = "attn.c_proj";
  n.norm = "ln_1";
  n.mlp_norm = "ln_2";
  n.up = "mlp.c_fc";
  n.down = "mlp.c_proj";
  n.transposed = true;
  return f;
}

AttentionFamily opt() {
  AttentionFamily f = with_layer_norm("opt", "OPT", "OPT");
  LayerNames& n = f.names;
  n.query = "self_attn.q_proj";
  n.key = "self_attn.k_proj";
  n.value = "self_attn.v_proj";
  n.out = "self_attn.out_proj";
  n.norm = "self_attn_layer_norm";
  n.mlp_norm = "final_layer_norm";
  n.up = "fc1";
  n.down = "fc2";
  f.qkv_bias = f.out_bias = f.mlp_bias = {"enable_bias", true};
  f.pre_norm_key = "do_layer_norm_before";
  return f;
}

AttentionFamily gpt_neox() {
  AttentionFamily f = with_layer_norm("gpt_neox", "GPT-NeoX", "GPTNeoX");
  LayerNames& n = f.names;
  n.fused = "attention.query_key_value";
  n.order = FusedOrder::by_head;
  n.out = "attention.dense";
  n.norm = "input_layernorm";
  n.mlp_norm = "post_attention_layernorm";
  n.up = "mlp.dense_h_to_4h";
  n.down = "mlp.dense_4h_to_h";
  f.qkv_bias = f.out_bias = {"attention_bias", true};
  f.position_kind = "rotary";
  f.rotary_part = 0.25;
  return f;
}

AttentionFamily bert() {
  AttentionFamily f = with_layer_norm("bert", "BERT", "Bert");
  f.also = {"roberta", "xlm-roberta", "camembert"};
  LayerNames& n = f.names;
  n.layers = "encoder.layer.";
  n.query = "attention.self.query";
  n.key = "attention.self.key";
  n.value = "attention.self.value";
  n.out = "attention.output.dense";
  n.norm = "attention.output.LayerNorm";
  n.mlp_norm = "output.LayerNorm";
  n.up = "intermediate.dense";
  n.down = "output.dense";
  f.post_norm = true;
  f.embedding_norm = "embeddings.LayerNorm";
  f.epsilon = 1e-12;
  return f;
}

/// arXiv:2503.10251, eqs. (6) and (9): RMS norm without gain, no output projection.
AttentionFamily paper() {
  AttentionFamily f = with_layer_norm("paper", "the paper's architecture", "PaperTransformer");
  LayerNames& n = f.names;
  n.layers = "blocks.";
  n.query = "attention.query";
  n.key = "attention.key";
  n.value = "attention.value";
  n.up = "mlp.0";
  n.down = "mlp.2";
  f.norm = Kind::rms;
  f.qkv_bias = f.out_bias = {};
  f.mlp_bias = {"mlp_bias", true};
  f.epsilon = 1e-6;
  return f;
}

}  // namespace

const std::vector<AttentionFamily>& known_attention_families() {
  static const std::vector<AttentionFamily> all{llama(), mistral(), mixtral(),  qwen2(), qwen3(),
                                                gemma(), gemma2(),  gemma3(),   phi3(),  olmo2(),
                                                gpt2(),  opt(),     gpt_neox(), bert(),  paper()};
  return all;
}

}  // namespace halfulp
