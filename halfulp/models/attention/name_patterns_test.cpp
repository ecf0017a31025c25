// Architectures that nobody has told us of.
#include "halfulp/models/attention/name_patterns.hpp"

#include <algorithm>

#include "halfulp/models/attention/attention_expectations_testing.hpp"
#include "halfulp/models/attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

bool warns(const AttentionModel& m, const std::string& part) {
  return std::any_of(m.warnings.begin(), m.warnings.end(),
                     [&](const std::string& w) { return w.find(part) != std::string::npos; });
}

TinyCheckpoint renamed(TinyCheckpoint c, const char* name) {
  c.config["architectures"] = {name};
  c.config["model_type"] = "other";
  return c;
}

void replace_all(TinyCheckpoint& c, const std::string& old, const std::string& fresh) {
  for (TinyTensor& t : c.tensors)
    if (const std::size_t at = t.name.find(old); at != std::string::npos)
      t.name.replace(at, old.size(), fresh);
}

/// Query, key, value and output of layer 1 are where they should be.
void expect_attention(const AttentionModel& m, const TinySizes& s) {
  ASSERT_EQ(m.layers.size(), s.layers);
  const AttentionWeights& w = m.layers[1];
  for (std::size_t h = 0; h < s.heads; ++h)
    for (std::size_t i = 0; i < s.head_width; ++i)
      for (std::size_t j = 0; j < s.width; ++j) {
        ASSERT_EQ(w.query.weight.head(h).at(i, j), told(Role::query, 1, h, i, j));
        ASSERT_EQ(w.key.weight.head(m.shape.kv_head_of(h)).at(i, j),
                  told(Role::key, 1, m.shape.kv_head_of(h), i, j));
        ASSERT_EQ(w.value.weight.head(m.shape.kv_head_of(h)).at(i, j),
                  told(Role::value, 1, m.shape.kv_head_of(h), i, j));
        ASSERT_EQ(w.out.weight.head(h).at(j, i), told(Role::out, 1, h, j, i));
      }
}

TEST(NamePatterns, ALlamaUnderAnotherNameReadsTheSame) {
  const AttentionModel m = model_of(renamed(told_llama(), "NewForCausalLM"));
  EXPECT_EQ(m.family, "unknown");
  EXPECT_EQ(m.stated_architecture, "NewForCausalLM");
  expect_attention(m, {});
  EXPECT_EQ(m.layers[1].norm.gain_at(3), told(Role::norm, 1, 0, 0, 3));
  EXPECT_EQ(m.layers[1].norm.kind, NormParameters::Kind::rms);
  EXPECT_EQ(m.layers[1].mlp.gate.weight.at(2, 3), told(Role::gate, 1, 0, 2, 3));
  EXPECT_EQ(m.layers[1].rotary.dims, 4U);
  EXPECT_TRUE(warns(m, "NewForCausalLM is not a known architecture"));
  EXPECT_TRUE(warns(m, "'input_layernorm' was read as the norm before the attention, an RMS norm"));
  EXPECT_TRUE(warns(m, "(i, i + r/2) of 4 in 4"));
}

TEST(NamePatterns, OtherWords) {
  TinyCheckpoint c = renamed(told_llama(), "OtherModel");
  for (const char* const letter : {"q", "k", "v", "o"})
    replace_all(c, std::string("self_attn.") + letter + "_proj", std::string("attention.w") + letter);
  replace_all(c, "model.layers.", "net.blocks.");
  c.config.erase("head_dim");
  c.config.erase("num_hidden_layers");
  c.config["n_heads"] = c.config["num_attention_heads"];
  c.config.erase("num_attention_heads");
  const AttentionModel m = model_of(c);
  expect_attention(m, {});
  EXPECT_EQ(m.shape.head_width, 4U);  // from the tensors: 16 rows of 4 heads
}

TEST(NamePatterns, FusedTensors) {
  const AttentionModel blocks = model_of(renamed(told_phi3(), "OtherForCausalLM"));
  expect_attention(blocks, {2, 16, 4, 2, 4, 6});
  EXPECT_TRUE(warns(blocks, "all queries, then all keys, then all values"));
  const AttentionModel by_head = model_of(renamed(told_gpt_neox(), "OtherForCausalLM"));
  expect_attention(by_head, {2, 32, 4, 4, 8, 6});
  EXPECT_TRUE(warns(by_head, "query, key and value of head 0, then of head 1"));
  EXPECT_EQ(by_head.layers[1].norm.kind, NormParameters::Kind::layer);
  const AttentionModel transposed = model_of(renamed(told_gpt2(), "OtherModel"));
  expect_attention(transposed, ungrouped);
  EXPECT_TRUE(warns(transposed, "[in, out]"));
}

TEST(NamePatterns, BertUnderAnotherNameHasNoNormBefore) {
  const AttentionModel m = model_of(renamed(told_bert("other."), "OtherForMaskedLM"));
  expect_attention(m, ungrouped);
  EXPECT_EQ(m.layers[1].query.bias.head(2).at(0, 1), told(Role::query_bias, 1, 2, 0, 1));
  EXPECT_TRUE(warns(m, "no norm before the attention was recognised"));
}

TEST(NamePatterns, WhatIsOfAnotherKindIsPassedOver) {
  TinyCheckpoint c = renamed(told_llama(), "Other");
  const TinyCheckpoint tower = told_llama("", "", "vision.encoder."),
                       second = told_llama("", "", "decoder.", {1});
  c.tensors.insert(c.tensors.end(), tower.tensors.begin(), tower.tensors.end());
  c.tensors.insert(c.tensors.end(), second.tensors.begin(), second.tensors.end());
  for (const char* const leaf : {"q_proj", "k_proj", "v_proj"})
    fill_plain(c, std::string("model.layers.0.cross_attn.") + leaf + ".weight", 16, 12, Role::up, 0);
  c.config["num_hidden_layers"] = 3;
  const AttentionModel m = model_of(c);
  expect_attention(m, {});
  EXPECT_TRUE(warns(m, "attention below 'decoder.layers.' was not read, only that below 'model.layers.'"));
  EXPECT_TRUE(warns(m, "1 of 3 layers have no attention"));
}

TEST(NamePatterns, WithoutHeadsOrAttentionThereIsAnErrorOfOneLine) {
  TinyCheckpoint c = renamed(told_llama(), "Other");
  c.config.erase("num_attention_heads");
  expect_input_error([&] { model_of(c); }, {"config.json", "'num_attention_heads'", "missing"});
  c = renamed(told_llama(), "Other");
  replace_all(c, "q_proj", "first");
  replace_all(c, "q_proj", "first");
  expect_input_error([&] { model_of(c); }, {"model.safetensors", "no attention of Other is recognised",
                                            "Llama, Mistral", "query_key_value"});
  c = renamed(told_phi3(), "Other");
  c.config["num_attention_heads"] = 5;
  c.config["num_key_value_heads"] = 5;
  expect_input_error([&] { model_of(c); },
                     {"'model.layers.0.self_attn.qkv_proj.weight'", "32 rows", "15 heads"});
  c = renamed(told_gpt_neox(), "Other");
  c.config["num_key_value_heads"] = 2;
  expect_input_error([&] { model_of(c); }, {"query_key_value", "grouped heads", "convert"});
  c = renamed(told_llama(), "Other");
  c.tensor("model.layers.0.self_attn.q_proj.weight").shape = {192};
  expect_input_error([&] { model_of(c); }, {"q_proj.weight'", "not a matrix"});
}

TEST(NamePatterns, PositionsThatEnterTheScoresAreSaid) {
  TinyCheckpoint c = renamed(told_gpt_neox(), "OtherForCausalLM");
  for (const char* const key : {"rotary_pct", "rotary_emb_base"}) c.config.erase(key);
  EXPECT_TRUE(warns(model_of(c), "positions (unknown)"));
  c.config["alibi"] = true;
  const AttentionModel m = model_of(c);
  EXPECT_EQ(m.shape.position_kind, "alibi");
  EXPECT_TRUE(warns(m, "positions (alibi) enter the scores"));
}

}  // namespace
}  // namespace halfulp
