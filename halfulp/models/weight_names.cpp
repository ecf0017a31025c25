#include "halfulp/models/weight_names.hpp"

#include <fmt/format.h>

#include <string>

namespace halfulp {
namespace {

/// y = W x + b with W stored [out, in].
LinearWeights linear(TensorTable& table, const std::string& name, std::size_t out, std::size_t in,
                     bool bias) {
  LinearWeights w;
  w.weight = table.matrix(name + ".weight", out, in);
  if (bias) w.bias = table.vector(name + ".bias", out);
  return w;
}

/// The same with W stored [in, out], as GPT-2's Conv1D does.
LinearWeights conv1d(TensorTable& table, const std::string& name, std::size_t out, std::size_t in) {
  return {table.transposed(name + ".weight", out, in), table.vector(name + ".bias", out)};
}

/// Outputs first .. first + count - 1 of a fused linear map: a view of the same bytes.
LinearWeights outputs_part(const LinearWeights& fused, std::size_t first, std::size_t count) {
  LinearWeights part = fused;
  part.weight.data += first * fused.weight.row_stride * size_of(fused.weight.dtype);
  part.weight.rows = count;
  part.bias.data += first * size_of(fused.bias.dtype);
  part.bias.columns = part.bias.row_stride = count;
  return part;
}

void finish_head(const Architecture& a, TensorTable& table, const std::string& embedding,
                 const std::string& head, TransformerWeights& w) {
  if (a.tied_head) {
    w.head.weight = w.embedding;
    table.same_as(head, embedding, "config.json says tie_word_embeddings");
  } else {
    w.head.weight = table.matrix(head, a.vocabulary, a.width);
  }
}

TransformerWeights find_llama(const Architecture& a, TensorTable& table) {
  const std::size_t d = a.width, queries = a.heads * a.head_dim, keys = a.kv_heads * a.head_dim;
  const bool bare = !table.has("model.embed_tokens.weight") && table.has("embed_tokens.weight");
  const std::string prefix = bare ? "" : "model.";
  TransformerWeights w;
  w.embedding = table.matrix(prefix + "embed_tokens.weight", a.vocabulary, d);
  for (std::size_t layer = 0; layer < a.layers; ++layer) {
    const std::string at = fmt::format("{}layers.{}.", prefix, layer);
    BlockWeights b;
    b.attn_norm.gain = table.vector(at + "input_layernorm.weight", d);
    b.query = linear(table, at + "self_attn.q_proj", queries, d, a.qkv_bias);
    b.key = linear(table, at + "self_attn.k_proj", keys, d, a.qkv_bias);
    b.value = linear(table, at + "self_attn.v_proj", keys, d, a.qkv_bias);
    b.attn_out = linear(table, at + "self_attn.o_proj", d, queries, a.attn_out_bias);
    b.mlp_norm.gain = table.vector(at + "post_attention_layernorm.weight", d);
    b.mlp_gate = linear(table, at + "mlp.gate_proj", a.inner, d, a.mlp_bias);
    b.mlp_in = linear(table, at + "mlp.up_proj", a.inner, d, a.mlp_bias);
    b.mlp_out = linear(table, at + "mlp.down_proj", d, a.inner, a.mlp_bias);
    w.blocks.push_back(b);
    table.ignore(at + "self_attn.rotary_emb.inv_freq");  // follows from rope_theta
  }
  table.ignore(prefix + "rotary_emb.inv_freq");
  w.final_norm.gain = table.vector(prefix + "norm.weight", d);
  finish_head(a, table, prefix + "embed_tokens.weight", "lm_head.weight", w);
  return w;
}

NormWeights layer_norm(TensorTable& table, const std::string& name, std::size_t d) {
  return {table.vector(name + ".weight", d), table.vector(name + ".bias", d)};
}

TransformerWeights find_gpt2(const Architecture& a, TensorTable& table) {
  const std::size_t d = a.width;
  const bool bare = !table.has("transformer.wte.weight") && table.has("wte.weight");
  const std::string prefix = bare ? "" : "transformer.";
  TransformerWeights w;
  w.embedding = table.matrix(prefix + "wte.weight", a.vocabulary, d);
  w.positions = table.matrix(prefix + "wpe.weight", a.positions, d);
  for (std::size_t layer = 0; layer < a.layers; ++layer) {
    const std::string at = fmt::format("{}h.{}.", prefix, layer);
    BlockWeights b;
    b.attn_norm = layer_norm(table, at + "ln_1", d);
    const LinearWeights fused = conv1d(table, at + "attn.c_attn", 3 * d, d);
    b.query = outputs_part(fused, 0, d);
    b.key = outputs_part(fused, d, d);
    b.value = outputs_part(fused, 2 * d, d);
    b.attn_out = conv1d(table, at + "attn.c_proj", d, d);
    b.mlp_norm = layer_norm(table, at + "ln_2", d);
    b.mlp_in = conv1d(table, at + "mlp.c_fc", a.inner, d);
    b.mlp_out = conv1d(table, at + "mlp.c_proj", d, a.inner);
    w.blocks.push_back(b);
    table.ignore(at + "attn.bias");  // the causal mask and its value
    table.ignore(at + "attn.masked_bias");
  }
  w.final_norm = layer_norm(table, prefix + "ln_f", d);
  finish_head(a, table, prefix + "wte.weight", "lm_head.weight", w);
  return w;
}

TransformerWeights find_paper(const Architecture& a, TensorTable& table) {
  const std::size_t d = a.width;
  TransformerWeights w;
  w.embedding = table.matrix("embed.weight", a.vocabulary, d);
  w.positions = table.matrix("position.weight", a.positions, d);
  for (std::size_t layer = 0; layer < a.layers; ++layer) {
    const std::string at = fmt::format("blocks.{}.", layer);
    BlockWeights b;
    b.query = linear(table, at + "attention.query", d, d, false);
    b.key = linear(table, at + "attention.key", d, d, false);
    b.value = linear(table, at + "attention.value", d, d, false);
    b.mlp_in = linear(table, at + "mlp.0", a.inner, d, a.mlp_bias);
    b.mlp_out = linear(table, at + "mlp.2", d, a.inner, a.mlp_bias);
    w.blocks.push_back(b);
  }
  finish_head(a, table, "embed.weight", "head.weight", w);
  return w;
}

TransformerWeights find_family(const Architecture& a, TensorTable& table) {
  switch (a.family) {
    case Family::llama:
      return find_llama(a, table);
    case Family::gpt2:
      return find_gpt2(a, table);
    case Family::paper:
      return find_paper(a, table);
  }
  return {};
}

}  // namespace

TransformerWeights find_weights(const Architecture& architecture, TensorTable& table) {
  TransformerWeights weights = find_family(architecture, table);
  table.check_nothing_left();
  return weights;
}

}  // namespace halfulp
