// Sizes and scales from config.json: every spelling, every contradiction.
#include "halfulp/models/attention/attention_config.hpp"

#include <cmath>

#include "halfulp/models/attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;
using Json = nlohmann::ordered_json;

struct Read {
  AttentionFamily family;
  AttentionShape shape;
  std::string stated;
  std::vector<std::string> warnings;
};

Read read(const Json& config, bool nested = false) {
  const nlohmann::json plain = nlohmann::json::parse(config.dump());
  ConfigKeys keys(plain, "config.json");
  Read r;
  r.family = read_attention_family(keys, r.stated);
  r.shape = read_attention_shape(keys, r.family, nested, r.warnings);
  return r;
}

double scale(const Json& config, std::size_t layer = 0) {
  const Read r = read(config);
  const nlohmann::json plain = nlohmann::json::parse(config.dump());
  ConfigKeys keys(plain, "config.json");
  return read_score_scale(keys, r.family, r.shape, layer);
}

Json llama() { return told_llama().config; }

void expect_refused(Json config, const std::string& key, const Json& value, std::vector<std::string> parts) {
  SCOPED_TRACE(key + " = " + value.dump());
  config[key] = value;
  parts.push_back("config.json");
  expect_input_error([&] { read(config); }, parts);
}

TEST(AttentionConfig, KnowsTheFamilyByTypeOrByClass) {
  const std::vector<std::tuple<const char*, const char*, const char*>> names{
      {"llama", "LlamaForCausalLM", "llama"},
      {"mistral", "MistralForCausalLM", "mistral"},
      {"mixtral", "MixtralForCausalLM", "mixtral"},
      {"qwen2", "Qwen2ForCausalLM", "qwen2"},
      {"qwen2_moe", "Qwen2MoeForCausalLM", "qwen2"},
      {"qwen3", "Qwen3ForSequenceClassification", "qwen3"},
      {"gemma", "GemmaForCausalLM", "gemma"},
      {"gemma2", "Gemma2ForCausalLM", "gemma2"},
      {"gemma3_text", "Gemma3ForConditionalGeneration", "gemma3"},
      {"phi3", "Phi3ForCausalLM", "phi3"},
      {"gpt2", "GPT2LMHeadModel", "gpt2"},
      {"opt", "OPTForCausalLM", "opt"},
      {"gpt_neox", "GPTNeoXForCausalLM", "gpt_neox"},
      {"bert", "BertForMaskedLM", "bert"},
      {"olmo2", "Olmo2ForCausalLM", "olmo2"},
      {"paper", "PaperTransformer", "paper"}};
  for (const auto& [type, stated, family] : names) {
    ASSERT_NE(family_of_type(type), nullptr) << type;
    EXPECT_EQ(family_of_type(type)->name, family);
    ASSERT_NE(family_of_class(stated), nullptr) << stated;
    EXPECT_EQ(family_of_class(stated)->name, family);
  }
  for (const char* const other :
       {"Llama4ForCausalLM", "Qwen3NextForCausalLM", "Gemma3nForCausalLM", "PhiForCausalLM",
        "GPTNeoForCausalLM", "BertGenerationDecoder", "MambaForCausalLM", ""})
    EXPECT_EQ(family_of_class(other), nullptr) << other;
  expect_refused(llama(), "model_type", "gpt2", {"'model_type'", "'gpt2' disagrees", "'LlamaForCausalLM'"});
  expect_refused(llama(), "architectures", "LlamaForCausalLM", {"'architectures'", "not a list"});
}

TEST(AttentionConfig, OldAndNewSpellingsMeanTheSame) {
  Json c = told_gpt2().config;
  for (const auto& [old, fresh] : {std::pair{"n_embd", "hidden_size"},
                                   {"n_layer", "num_hidden_layers"},
                                   {"n_head", "num_attention_heads"},
                                   {"n_positions", "max_position_embeddings"}}) {
    c[fresh] = c[old];
    c.erase(old);
  }
  const AttentionShape s = read(c).shape, t = read(told_gpt2().config).shape;
  EXPECT_EQ(s.width, t.width);
  EXPECT_EQ(s.layers, t.layers);
  EXPECT_EQ(s.heads, t.heads);
  EXPECT_EQ(s.positions, t.positions);
  expect_refused(told_gpt2().config, "num_attention_heads", 8,
                 {"'n_head'", "disagrees", "'num_attention_heads'"});
}

TEST(AttentionConfig, AHeadHasItsOwnWidthOnlyWhereItsFamilySays) {
  Json c = llama();
  c["head_dim"] = 6;
  EXPECT_EQ(read(c).shape.head_width, 6U);
  c["head_dim"] = nullptr;
  EXPECT_EQ(read(c).shape.head_width, 3U);
  Json qwen3 = told_llama("Qwen3ForCausalLM", "qwen3").config;
  qwen3.erase("head_dim");
  EXPECT_EQ(read(qwen3).shape.head_width, 128U);  // the class's own, whatever the width
  Json gpt2 = told_gpt2().config;
  gpt2["head_dim"] = 6;
  EXPECT_EQ(read(gpt2).shape.head_width, 4U);
}

TEST(AttentionConfig, ScalesOfScores) {
  EXPECT_EQ(scale(llama()), 0.5);
  Json gemma = told_gemma(2).config;
  gemma["query_pre_attn_scalar"] = 64;
  EXPECT_EQ(scale(gemma), 0.125);
  gemma.erase("query_pre_attn_scalar");
  EXPECT_EQ(scale(gemma), 1.0 / 16);
  Json c = llama();
  c["query_pre_attn_scalar"] = 64;  // means nothing to a Llama
  EXPECT_EQ(scale(c), 0.5);
  Json gpt2 = told_gpt2().config;
  gpt2["scale_attn_by_inverse_layer_idx"] = true;
  EXPECT_EQ(scale(gpt2, 3), 0.125);
  gpt2["scale_attn_weights"] = false;
  EXPECT_EQ(scale(gpt2, 1), 0.5);
}

TEST(AttentionConfig, SoftCaps) {
  Json c = told_gemma(2).config;
  EXPECT_EQ(read(c).shape.score_cap, 50);
  c["attn_logit_softcapping"] = 30.0;
  EXPECT_EQ(read(c).shape.score_cap, 30);
  c["attn_logit_softcapping"] = nullptr;  // says that there is none
  EXPECT_EQ(read(c).shape.score_cap, 0);
  EXPECT_EQ(read(told_gemma(3).config).shape.score_cap, 0);
  expect_refused(c, "attn_logit_softcapping", -1, {"'attn_logit_softcapping'"});
}

TEST(AttentionConfig, ANestedConfigurationMayLeaveOutWhatIsUsual) {
  const Json four_b = {{"model_type", "gemma3_text"}, {"hidden_size", 2560}, {"num_hidden_layers", 34}};
  const Read r = read(four_b, true);
  EXPECT_EQ(r.shape.heads, 8U);
  EXPECT_EQ(r.shape.kv_heads, 4U);
  EXPECT_EQ(r.shape.head_width, 256U);
  ASSERT_EQ(r.warnings.size(), 2U);
  EXPECT_NE(r.warnings[0].find("num_attention_heads: 8, the usual one of Gemma 3"), std::string::npos);
  expect_input_error([&] { read(four_b); }, {"config.json", "'num_attention_heads'", "missing"});
  const Json pixtral = {{"model_type", "mistral"}, {"num_attention_heads", 16}};
  EXPECT_EQ(read(pixtral, true).shape.kv_heads, 8U);
  EXPECT_EQ(read({{"model_type", "llama"}, {"num_attention_heads", 16}}, true).shape.kv_heads, 16U);
  const Read llava = read({{"model_type", "llama"}, {"vocab_size", 32064}}, true);
  EXPECT_EQ(llava.shape.width, 4096U);
  EXPECT_EQ(llava.shape.kv_heads, 32U);
  EXPECT_EQ(llava.shape.head_width, 128U);
}

TEST(AttentionConfig, RefusesAbsurdSizes) {
  for (const char* const key :
       {"hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",
        "max_position_embeddings", "intermediate_size"})
    for (const Json& value : {Json(0), Json(-1), Json(2.5), Json("8"), Json(18446744073709551615U),
                              Json(std::uint64_t{1} << 40), Json::array({8})})
      expect_refused(llama(), key, value, {std::string("'") + key + "'", "whole number"});
  expect_refused(llama(), "num_key_value_heads", 8, {"'num_key_value_heads'", "8 does not divide"});
  expect_refused(llama(), "num_key_value_heads", 3, {"'num_key_value_heads'", "3 does not divide"});
  Json many = llama();
  many["num_attention_heads"] = many["num_key_value_heads"] = 8;
  expect_refused(many, "head_dim", 1 << 20, {"'head_dim'", "8 heads of 1048576 are absurd"});
  expect_refused(told_gpt2().config, "n_head", 3, {"does not divide hidden_size 16"});
}

TEST(AttentionConfig, LayerTypesOfGemma3) {
  const auto types = [](const Json& config) {
    const nlohmann::json plain = nlohmann::json::parse(config.dump());
    ConfigKeys keys(plain, "config.json");
    std::string all;
    for (std::size_t layer = 0; layer < 7; ++layer)
      all += read_layer_type(keys, *family_of_type("gemma3"), layer).substr(0, 1);
    return all;
  };
  Json c = told_gemma(3).config;
  EXPECT_EQ(types(c), "sssssfs");
  c["sliding_window_pattern"] = 2;
  EXPECT_EQ(types(c), "sfsfsfs");
  c["layer_types"] = Json::array({"full_attention", "full_attention", "sliding_attention"});
  expect_input_error([&] { types(c); }, {"'layer_types'", "one name for each layer"});
}

}  // namespace
}  // namespace halfulp
