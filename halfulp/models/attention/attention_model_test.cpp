// Every entry of every view of every architecture is the one that its layout says.
#include "halfulp/models/attention/attention_model.hpp"

#include <cmath>
#include <optional>

#include "halfulp/models/attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;
using Kind = NormParameters::Kind;

AttentionModel model_of(const TinyCheckpoint& tiny) {
  const TemporaryFolder folder;
  tiny.write(folder.path());
  return read_attention(folder.path());  // what is mapped stays when its name goes
}

void expect_heads(const HeadViews& views, Role role, std::size_t layer, std::size_t heads, std::size_t rows,
                  std::size_t columns) {
  SCOPED_TRACE("role " + std::to_string(static_cast<int>(role)));
  ASSERT_FALSE(views.empty());
  ASSERT_EQ(views.heads, heads);
  for (std::size_t h = 0; h < heads; ++h) {
    const WeightView w = views.head(h);
    ASSERT_EQ(w.rows, rows);
    ASSERT_EQ(w.columns, columns);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        ASSERT_EQ(w.at(i, j), told(role, layer, h, i, j)) << "head " << h << " " << i << " " << j;
  }
}

void expect_plain(const WeightView& w, Role role, std::size_t layer, std::size_t rows, std::size_t columns) {
  SCOPED_TRACE("role " + std::to_string(static_cast<int>(role)));
  ASSERT_FALSE(w.empty());
  ASSERT_EQ(w.rows, rows);
  ASSERT_EQ(w.columns, columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      ASSERT_EQ(w.at(i, j), told(role, layer, 0, i, j)) << i << " " << j;
}

/// The gain is 1 + what is stored, or what is stored; so is what gain_at says.
void expect_norm(const NormParameters& n, Kind kind, Role gain, std::optional<Role> bias, std::size_t layer,
                 std::size_t width, bool one_plus) {
  SCOPED_TRACE("norm, role " + std::to_string(static_cast<int>(gain)));
  EXPECT_EQ(n.kind, kind);
  EXPECT_EQ(n.one_plus_gain, one_plus);
  expect_plain(n.gain, gain, layer, 1, width);
  for (std::size_t i = 0; i < width; ++i)
    EXPECT_EQ(n.gain_at(i), (one_plus ? 1.0 : 0.0) + told(gain, layer, 0, 0, i));
  EXPECT_EQ(n.bias.empty(), !bias);
  if (bias) {
    expect_plain(n.bias, *bias, layer, 1, width);
    EXPECT_EQ(n.bias_at(1), told(*bias, layer, 0, 0, 1));
  }
}

struct Expected {
  TinySizes sizes;
  Kind kind = Kind::rms;
  bool biases = false, out_bias = false, mlp_biases = false, gated = true, head_norms = false,
       one_plus = false, post_norms = false;
};

void expect_head_norm(const HeadNorm& n, Role role, std::size_t layer, std::size_t heads, const Expected& e) {
  EXPECT_EQ(n.kind, Kind::rms);
  EXPECT_FALSE(n.across_heads);
  EXPECT_EQ(n.gain.heads, heads);
  for (std::size_t h = 0; h < heads; ++h)
    for (std::size_t i = 0; i < e.sizes.head_width; ++i)
      EXPECT_EQ(n.gain_at(h, i), (e.one_plus ? 1.0 : 0.0) + told(role, layer, 0, 0, i));
}

void expect_layer(const AttentionWeights& w, const Expected& e, std::size_t layer, bool has_norm = true) {
  SCOPED_TRACE("layer " + std::to_string(layer));
  const TinySizes& s = e.sizes;
  const std::size_t a = s.head_width, d = s.width;
  EXPECT_EQ(w.layer, layer);
  expect_heads(w.query.weight, Role::query, layer, s.heads, a, d);
  expect_heads(w.key.weight, Role::key, layer, s.kv_heads, a, d);
  expect_heads(w.value.weight, Role::value, layer, s.kv_heads, a, d);
  expect_heads(w.out.weight, Role::out, layer, s.heads, d, a);
  EXPECT_EQ(w.query.bias.empty(), !e.biases);
  if (e.biases) {
    expect_heads(w.query.bias, Role::query_bias, layer, s.heads, 1, a);
    expect_heads(w.key.bias, Role::key_bias, layer, s.kv_heads, 1, a);
    expect_heads(w.value.bias, Role::value_bias, layer, s.kv_heads, 1, a);
  }
  EXPECT_EQ(w.out_bias.empty(), !e.out_bias);
  if (e.out_bias) expect_plain(w.out_bias, Role::out_bias, layer, 1, d);
  const bool has_bias = e.kind == Kind::layer;
  const auto bias = [&](Role role) { return has_bias ? std::optional(role) : std::nullopt; };
  if (has_norm)
    expect_norm(w.norm, e.kind, Role::norm, bias(Role::norm_bias), layer, d, e.one_plus);
  else
    EXPECT_EQ(w.norm.kind, Kind::none);
  expect_norm(w.mlp.norm, e.kind, Role::mlp_norm, bias(Role::mlp_norm_bias), layer, d, e.one_plus);
  expect_plain(w.mlp.up.weight, Role::up, layer, s.inner, d);
  expect_plain(w.mlp.down.weight, Role::down, layer, d, s.inner);
  EXPECT_EQ(w.mlp.gate.weight.empty(), !e.gated);
  if (e.gated) expect_plain(w.mlp.gate.weight, Role::gate, layer, s.inner, d);
  EXPECT_EQ(w.mlp.up.bias.empty(), !e.mlp_biases);
  if (e.mlp_biases) {
    expect_plain(w.mlp.up.bias, Role::up_bias, layer, 1, s.inner);
    expect_plain(w.mlp.down.bias, Role::down_bias, layer, 1, d);
  }
  EXPECT_EQ(w.query_norm.kind == Kind::none, !e.head_norms);
  if (e.head_norms) {
    expect_head_norm(w.query_norm, Role::query_norm, layer, s.heads, e);
    expect_head_norm(w.key_norm, Role::key_norm, layer, s.kv_heads, e);
  }
  EXPECT_EQ(w.post_norm.kind == Kind::none, !e.post_norms);
  if (e.post_norms) {
    expect_norm(w.post_norm, e.kind, Role::post_norm, {}, layer, d, e.one_plus);
    expect_norm(w.mlp.post_norm, e.kind, Role::mlp_post_norm, {}, layer, d, e.one_plus);
  }
}

/// Reads it, expects every entry, no warning, and the sizes.
AttentionModel expect_model(const TinyCheckpoint& tiny, const std::string& family, const Expected& e) {
  SCOPED_TRACE(family);
  AttentionModel m = model_of(tiny);
  EXPECT_EQ(m.family, family);
  EXPECT_EQ(m.shape.layers, e.sizes.layers);
  EXPECT_EQ(m.shape.width, e.sizes.width);
  EXPECT_EQ(m.shape.heads, e.sizes.heads);
  EXPECT_EQ(m.shape.kv_heads, e.sizes.kv_heads);
  EXPECT_EQ(m.shape.head_width, e.sizes.head_width);
  EXPECT_EQ(m.shape.value_width, e.sizes.head_width);
  EXPECT_EQ(m.shape.inner, e.sizes.inner);
  EXPECT_EQ(m.shape.positions, 64U);
  EXPECT_EQ(m.layers.size(), e.sizes.layers);
  for (const AttentionWeights& w : m.layers) expect_layer(w, e, w.layer);
  for (const std::string& warning : m.warnings) ADD_FAILURE() << warning;
  return m;
}

double root(double x) { return 1 / std::sqrt(x); }

TEST(AttentionModel, LlamaAndMistral) {
  const AttentionModel m = expect_model(told_llama(), "llama", {});
  EXPECT_EQ(m.layers[1].score_scale, root(4));
  EXPECT_EQ(m.layers[1].rotary.dims, 4U);
  EXPECT_EQ(m.layers[1].norm.epsilon, 1e-5);
  EXPECT_EQ(m.shape.kv_head_of(1), 0U);
  EXPECT_EQ(m.shape.kv_head_of(2), 1U);
  expect_model(told_llama("LlamaModel", "llama", ""), "llama", {});
  expect_model(told_llama("MistralForCausalLM", "mistral"), "mistral", {});
}

TEST(AttentionModel, Qwen2HasBiases) {
  Expected e;
  e.biases = true;
  expect_model(told_llama("Qwen2ForCausalLM", "qwen2"), "qwen2", e);
  TinyCheckpoint without = told_llama("Qwen2ForCausalLM", "qwen2");
  without.remove("model.layers.1.self_attn.k_proj.bias");
  expect_input_error([&] { model_of(without); },
                     {"model.safetensors", "'model.layers.1.self_attn.k_proj.bias' [8]", "missing"});
}

TEST(AttentionModel, Qwen3NormalisesQueriesAndKeysHeadByHead) {
  Expected e;
  e.head_norms = true;
  expect_model(told_llama("Qwen3ForCausalLM", "qwen3"), "qwen3", e);
}

TEST(AttentionModel, GemmaAddsOneToItsGains) {
  Expected e;
  e.one_plus = e.post_norms = true;
  const AttentionModel two = expect_model(told_gemma(2), "gemma2", e);
  EXPECT_EQ(two.shape.score_cap, 50);
  EXPECT_EQ(two.layers[0].score_scale, 0.25);
  e.head_norms = true;
  const AttentionModel three = expect_model(told_gemma(3), "gemma3", e);
  EXPECT_EQ(three.shape.score_cap, 0);
  EXPECT_EQ(three.layers[0].score_scale, 0.25);
}

TEST(AttentionModel, Phi3SplitsItsFusedTensors) {
  expect_model(told_phi3(), "phi3", {TinySizes{2, 16, 4, 2, 4, 6}});
}

TEST(AttentionModel, Gpt2IsTransposedAndSplit) {
  Expected e{ungrouped, Kind::layer, true, true, true, false};
  for (const char* const prefix : {"transformer.", ""}) {
    const AttentionModel m = expect_model(told_gpt2(prefix), "gpt2", e);
    EXPECT_EQ(m.shape.position_kind, "learned");
    EXPECT_EQ(m.layers[0].rotary.dims, 0U);
  }
}

TEST(AttentionModel, OptBeforeAndAfterTheSum) {
  const Expected e{ungrouped, Kind::layer, true, true, true, false};
  expect_model(told_opt(), "opt", e);
  const AttentionModel m = model_of(told_opt(false));
  expect_layer(m.layers[0], e, 0, false);  // the embeddings, not normalised
  expect_layer(m.layers[1], e, 1);         // the norm after layer 0
  ASSERT_EQ(m.warnings.size(), 1U);
  EXPECT_NE(m.warnings[0].find("1 of 2 layers reads a stream that is not normalised"), std::string::npos);
}

TEST(AttentionModel, GptNeoXIsInterleavedByHeads) {
  const AttentionModel m = expect_model(told_gpt_neox(), "gpt_neox",
                                        {TinySizes{2, 32, 4, 4, 8, 6}, Kind::layer, true, true, true, false});
  EXPECT_EQ(m.layers[0].rotary.dims, 2U);
  EXPECT_FALSE(m.layers[0].rotary.interleaved);
}

TEST(AttentionModel, BertReadsTheNormOfTheLayerBefore) {
  const Expected e{ungrouped, Kind::layer, true, true, true, false};
  for (const bool old_names : {false, true}) {
    expect_model(told_bert("bert.", old_names), "bert", e);
    expect_model(told_bert("", old_names), "bert", e);
  }
}

TEST(AttentionModel, TextBesideAnImageTowerIsFound) {
  TinyCheckpoint tiny = told_gemma(3, "language_model.model.");
  const TinyCheckpoint tower = told_llama("", "", "vision_tower.vision_model.encoder.");
  tiny.tensors.insert(tiny.tensors.end(), tower.tensors.begin(), tower.tensors.end());
  tiny.config = {{"architectures", {"Gemma3ForConditionalGeneration"}},
                 {"model_type", "gemma3"},
                 {"hidden_size", nullptr},
                 {"text_config", tiny.config},
                 {"vision_config", {{"hidden_size", 1152}}}};
  tiny.config["text_config"].erase("architectures");
  Expected e;
  e.one_plus = e.post_norms = e.head_norms = true;
  expect_model(tiny, "gemma3", e);
  const TinyCheckpoint twice = told_gemma(3, "other.model.");
  tiny.tensors.insert(tiny.tensors.end(), twice.tensors.begin(), twice.tensors.end());
  expect_input_error([&] { model_of(tiny); },
                     {"model.safetensors", "'language_model.model.'", "'other.model.'"});
}

TEST(AttentionModel, AttentionAloneIsEnough) {
  TinyCheckpoint tiny = told_llama();
  std::erase_if(tiny.tensors, [](const TinyTensor& t) { return t.name.find("mlp") != std::string::npos; });
  const AttentionModel m = model_of(tiny);
  EXPECT_TRUE(m.layers[0].mlp.empty());
  EXPECT_EQ(m.shape.inner, 0U);
  ASSERT_EQ(m.warnings.size(), 1U);
  EXPECT_NE(m.warnings[0].find("perceptrons of 2 of 2 layers were not read"), std::string::npos);
}

TEST(AttentionModel, Olmo2NormalisesOverAllHeadsAndOnlyAfterwards) {
  const TinySizes s;
  TinyCheckpoint tiny = told_gemma(2);
  tiny.config = llama_like_config("Olmo2ForCausalLM", "olmo2", s);
  std::erase_if(tiny.tensors, [](const TinyTensor& t) {
    return t.name.find("input_layernorm") != std::string::npos ||
           t.name.find("pre_feed") != std::string::npos;
  });
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string at = "model.layers." + std::to_string(layer) + ".self_attn.";
    fill_head_bias(tiny, at + "q_norm.weight", s, s.heads, Role::query_norm, layer);
    fill_head_bias(tiny, at + "k_norm.weight", s, s.kv_heads, Role::key_norm, layer);
  }
  const AttentionModel m = model_of(tiny);
  const AttentionWeights& w = m.layers[1];
  EXPECT_EQ(w.norm.kind, Kind::none);
  EXPECT_TRUE(w.query_norm.across_heads && w.key_norm.across_heads);
  for (std::size_t h = 0; h < s.heads; ++h)
    for (std::size_t i = 0; i < s.head_width; ++i)
      EXPECT_EQ(w.query_norm.gain_at(h, i), told(Role::query_norm, 1, h, 0, i));
  expect_norm(w.post_norm, Kind::rms, Role::post_norm, {}, 1, s.width, false);
  EXPECT_EQ(m.warnings.size(), 2U);
}

TEST(AttentionModel, NamesTheTensorOfAView) {
  const AttentionModel m = model_of(told_gpt2());
  EXPECT_NE(m.describe(m.layers[1].value.weight.head(3)).find("'transformer.h.1.attn.c_attn.weight'"),
            std::string::npos);
}

TEST(AttentionModel, NormsAndBiasesMustBeFinite) {
  for (const char* const name :
       {"model.layers.1.input_layernorm.weight", "model.layers.0.self_attn.v_proj.bias"}) {
    TinyCheckpoint tiny = told_llama("Qwen2ForCausalLM", "qwen2");
    tiny.tensor(name).bytes.replace(8, 4, little_endian(0x7fc00000, 4));
    expect_input_error([&] { model_of(tiny); }, {name, "entry [2] is NaN", "give a checkpoint"});
    const TemporaryFolder folder;
    tiny.write(folder.path());
    EXPECT_EQ(read_attention(folder.path(), {.allow_nonfinite = true}).layers.size(), 2U);
  }
}

TEST(AttentionModel, ItsHashIsThatOfTheCheckpoint) {
  const TemporaryFolder folder;
  tiny_llama().write(folder.path());
  EXPECT_EQ(model_hash(read_attention(folder.path())), model_hash(load_checkpoint(folder.path())));
}

}  // namespace
}  // namespace halfulp
