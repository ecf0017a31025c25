// Every entry of every view of every architecture is the one that its layout says.
#include <cmath>

#include "halfulp/models/attention/attention_expectations_testing.hpp"
#include "halfulp/models/attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;
using Kind = NormParameters::Kind;

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
