#include "halfulp/models/config.hpp"

#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;
using Json = nlohmann::ordered_json;

Architecture parse(const Json& config) { return parse_config(config.dump(), "config.json").architecture; }

/// The configuration with one key changed is refused with all of `parts`, and the file's name.
void expect_refused(Json config, const std::string& key, const Json& value, std::vector<std::string> parts) {
  SCOPED_TRACE(key + " = " + value.dump());
  config[key] = value;
  parts.push_back("config.json");
  expect_input_error([&] { parse(config); }, parts);
}

Json llama() { return tiny_llama().config; }
Json gpt2() { return tiny_gpt2().config; }
Json paper() { return tiny_paper().config; }

TEST(Config, ReadsALlama) {
  const Architecture a = parse(llama());
  EXPECT_EQ(a.family, Family::llama);
  EXPECT_EQ(a.vocabulary, 7U);
  EXPECT_EQ(a.width, 8U);
  EXPECT_EQ(a.inner, 6U);
  EXPECT_EQ(a.layers, 2U);
  EXPECT_EQ(a.heads, 4U);
  EXPECT_EQ(a.kv_heads, 2U);
  EXPECT_EQ(a.head_dim, 2U);
  EXPECT_EQ(a.positions, 16U);
  EXPECT_EQ(a.rotary_dims, 2U);
  EXPECT_EQ(a.rope_theta, 10000);
  EXPECT_EQ(a.epsilon, 1e-5);
  EXPECT_EQ(a.activation, Activation::silu);
  EXPECT_TRUE(a.gated && a.norm_gain && a.attn_out);
  EXPECT_FALSE(a.qkv_bias || a.mlp_bias || a.tied_head || a.learned_positions || a.norm_bias);
}

TEST(Config, ReadsAGpt2) {
  const Architecture a = parse(gpt2());
  EXPECT_EQ(a.family, Family::gpt2);
  EXPECT_EQ(a.inner, 16U);  // 4 d when n_inner is absent
  EXPECT_EQ(a.head_dim, 2U);
  EXPECT_EQ(a.kv_heads, 2U);
  EXPECT_EQ(a.norm, Norm::layer);
  EXPECT_EQ(a.activation, Activation::gelu_tanh);
  EXPECT_TRUE(a.norm_bias && a.qkv_bias && a.attn_out_bias && a.mlp_bias && a.learned_positions &&
              a.tied_head);
  EXPECT_FALSE(a.gated);
  EXPECT_EQ(a.rotary_dims, 0U);
}

TEST(Config, ReadsThePapersArchitecture) {
  const Architecture a = parse(paper());
  EXPECT_EQ(a.family, Family::paper);
  EXPECT_EQ(a.head_dim, 4U);
  EXPECT_EQ(a.heads, 1U);
  EXPECT_EQ(a.activation, Activation::relu);
  EXPECT_TRUE(a.mlp_bias && a.learned_positions);
  EXPECT_FALSE(a.norm_gain || a.attn_out || a.gated || a.qkv_bias || a.tied_head);
}

TEST(Config, OptionalKeysHaveTheDefaultsOfTransformers) {
  Json c = llama();
  c.erase("num_key_value_heads");
  c.erase("tie_word_embeddings");
  const Architecture a = parse(c);
  EXPECT_EQ(a.kv_heads, 4U);
  EXPECT_FALSE(a.tied_head);
}

TEST(Config, OldAndNewSpellingsMeanTheSame) {
  Json c = llama();
  c["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 500000.0}};
  c["dtype"] = "bfloat16";
  EXPECT_EQ(parse(c).rope_theta, 500000);
  EXPECT_EQ(parse_config(c.dump(), "config.json").dtype, "bfloat16");
  c["rope_theta"] = 10000.0;
  expect_input_error([&] { parse(c); }, {"config.json", "'rope_parameters.rope_theta'", "disagrees"});
  Json nested = {{"architectures", {"LlamaForCausalLM"}}, {"text_config", llama()}};
  EXPECT_EQ(parse(nested).width, 8U);
  expect_refused(gpt2(), "hidden_size", 5, {"'hidden_size'", "disagrees", "'n_embd'"});
}

TEST(Config, NamesTheKeyThatIsMissing) {
  for (const auto& [family, keys] : std::vector<std::pair<Json, std::vector<std::string>>>{
           {llama(),
            {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
             "max_position_embeddings", "rms_norm_eps", "hidden_act"}},
           {gpt2(),
            {"vocab_size", "n_embd", "n_layer", "n_head", "n_positions", "layer_norm_epsilon",
             "activation_function"}},
           {paper(),
            {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "max_position_embeddings",
             "rms_norm_eps", "hidden_act"}}})
    for (const std::string& key : keys) {
      Json c = family;
      c.erase(key);
      expect_input_error([&] { parse(c); }, {"config.json", "'" + key + "'", "missing"});
    }
}

TEST(Config, RefusesAbsurdSizes) {
  for (const char* key :
       {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "max_position_embeddings"})
    for (const Json& value : {Json(0), Json(-1), Json(2.5), Json(1e30), Json("8"), Json(true),
                              Json::array({8}), Json(18446744073709551615U), Json(std::uint64_t{1} << 40)})
      expect_refused(llama(), key, value, {std::string("'") + key + "'", "whole number"});
  for (const Json& value : {Json(-1e-5), Json(2), Json("1e-5"), Json(false)})
    expect_refused(llama(), "rms_norm_eps", value, {"'rms_norm_eps'", "number from 0 to 1"});
  for (const Json& value : {Json(0), Json(-10000), Json("x"), Json(1e300)})
    expect_refused(llama(), "rope_theta", value, {"'rope_theta'"});
  expect_refused(llama(), "tie_word_embeddings", "yes", {"'tie_word_embeddings'", "true or false"});
}

TEST(Config, RefusesHeadsThatDoNotDivide) {
  expect_refused(llama(), "num_attention_heads", 3,
                 {"'num_attention_heads'", "does not divide hidden_size 8"});
  expect_refused(llama(), "num_key_value_heads", 3, {"'num_key_value_heads'", "does not divide"});
  expect_refused(llama(), "num_key_value_heads", 8, {"'num_key_value_heads'", "does not divide"});
  expect_refused(gpt2(), "n_head", 3, {"'n_head'", "does not divide n_embd 4"});
  expect_refused(paper(), "num_attention_heads", 2, {"'num_attention_heads'", "one head"});
}

TEST(Config, RefusesUnknownArchitecturesAndListsTheKnown) {
  const std::vector<std::string> known{"LlamaForCausalLM", "GPT2LMHeadModel", "paper"};
  auto parts = known;
  parts.push_back("'MistralForCausalLM'");
  expect_refused(llama(), "architectures", Json::array({"MistralForCausalLM"}), parts);
  parts.back() = "'mamba'";
  expect_refused(llama(), "model_type", "mamba", parts);
  expect_refused(llama(), "model_type", "gpt2", {"'model_type'", "disagrees"});
  expect_refused(llama(), "architectures", Json::array(), {"'architectures'"});
  expect_refused(llama(), "architectures", Json::array({"LlamaForCausalLM", "GPT2LMHeadModel"}),
                 {"'architectures'"});
  Json c = llama();
  c.erase("architectures");
  EXPECT_EQ(parse(c).family, Family::llama);
  c.erase("model_type");
  parts.back() = "missing";
  expect_input_error([&] { parse(c); }, parts);
}

TEST(Config, RefusesActivationsThatWeLack) {
  for (const auto& [name, kind] :
       std::vector<std::pair<std::string, Activation>>{{"relu", Activation::relu},
                                                       {"gelu", Activation::gelu_erf},
                                                       {"gelu_new", Activation::gelu_tanh},
                                                       {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                       {"silu", Activation::silu},
                                                       {"swish", Activation::silu}}) {
    Json c = llama();
    c["hidden_act"] = name;
    EXPECT_EQ(parse(c).activation, kind) << name;
  }
  expect_refused(llama(), "hidden_act", "quick_gelu", {"'hidden_act'", "'quick_gelu'", "supported: relu"});
  expect_refused(gpt2(), "activation_function", "gelu_fast", {"'activation_function'", "'gelu_fast'"});
}

TEST(Config, ReadsLinearAndLlama3Scaling) {
  Json c = llama();
  c["rope_scaling"] = {{"type", "linear"}, {"factor", 4.0}};
  EXPECT_EQ(parse(c).rope_scaling.type, "linear");
  EXPECT_EQ(parse(c).rope_scaling.factor, 4);
  c["rope_scaling"] = {{"rope_type", "llama3"},
                       {"factor", 8.0},
                       {"low_freq_factor", 1.0},
                       {"high_freq_factor", 4.0},
                       {"original_max_position_embeddings", 8192}};
  const auto scaling = parse(c).rope_scaling;
  EXPECT_EQ(scaling.type, "llama3");
  EXPECT_EQ(scaling.factor, 8);
  EXPECT_EQ(scaling.low_frequency_factor, 1);
  EXPECT_EQ(scaling.high_frequency_factor, 4);
  EXPECT_EQ(scaling.original_positions, 8192);
  c["rope_scaling"] = {{"rope_type", "default"}};
  EXPECT_EQ(parse(c).rope_scaling.type, "default");
  c["rope_scaling"] = nullptr;
  EXPECT_EQ(parse(c).rope_scaling.type, "default");
}

TEST(Config, RefusesScalingOfUnknownTypeAndBrokenScaling) {
  const auto refused = [](const Json& scaling, std::vector<std::string> parts) {
    expect_refused(llama(), "rope_scaling", scaling, std::move(parts));
  };
  refused({{"type", "yarn"}, {"factor", 4.0}},
          {"'rope_scaling.rope_type'", "'yarn'", "supported: default, linear, llama3"});
  refused({{"type", "dynamic"}, {"factor", 4.0}}, {"'dynamic'"});
  refused({{"type", "linear"}}, {"'rope_scaling.factor'", "missing"});
  refused({{"type", "linear"}, {"factor", 0}}, {"'rope_scaling.factor'"});
  refused({{"type", "linear"}, {"factor", "x"}}, {"'rope_scaling.factor'"});
  refused({{"type", "linear"}, {"factor", 2}, {"beta_fast", 32}}, {"'rope_scaling.beta_fast'"});
  refused({{"rope_type", "llama3"}, {"factor", 8}}, {"'rope_scaling.low_freq_factor'"});
  refused({{"rope_type", "llama3"},
           {"factor", 8},
           {"low_freq_factor", 4},
           {"high_freq_factor", 4},
           {"original_max_position_embeddings", 8192}},
          {"'rope_scaling.high_freq_factor'", "not above"});
  refused({{"factor", 4.0}}, {"'rope_scaling.factor'"});  // would be ignored
  refused("linear", {"'rope_scaling'", "not an object"});
  refused({{"type", "linear"}, {"rope_type", "default"}, {"factor", 1}}, {"disagrees"});
  expect_refused(llama(), "rope_parameters", {{"full_attention", {{"rope_type", "default"}}}},
                 {"full_attention"});
}

TEST(Config, RotaryPartsOfAHeadMustBeEven) {
  Json c = llama();
  c["head_dim"] = 8;
  c["partial_rotary_factor"] = 0.5;
  EXPECT_EQ(parse(c).rotary_dims, 4U);
  EXPECT_EQ(parse(c).head_dim, 8U);
  expect_refused(c, "partial_rotary_factor", 0.4, {"'partial_rotary_factor'", "3 of 8"});
  expect_refused(c, "partial_rotary_factor", 0, {"'partial_rotary_factor'"});
  expect_refused(c, "partial_rotary_factor", 1.5, {"'partial_rotary_factor'"});
  expect_refused(llama(), "head_dim", 3, {"'head_dim'", "even"});
}

TEST(Config, WhatWeLackIsRefusedByName) {
  expect_refused(llama(), "quantization_config", {{"quant_method", "gptq"}, {"bits", 4}},
                 {"'quantization_config'", "gptq", "not supported"});
  expect_refused(llama(), "sliding_window", 4, {"'sliding_window'", "4 tokens"});
  expect_refused(llama(), "layer_types", Json::array({"full_attention", "sliding_attention"}),
                 {"sliding_attention"});
  for (const char* key :
       {"attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling",
        "final_logit_softcapping", "num_local_experts", "num_experts_per_tok", "n_routed_experts",
        "query_pre_attn_scalar", "rotary_pct", "attn_scale"})
    expect_refused(llama(), key, 7, {std::string("'") + key + "'", "not supported"});
  for (const char* key : {"use_qk_norm", "alibi", "add_cross_attention", "parallel_attn"})
    expect_refused(llama(), key, true, {std::string("'") + key + "'", "not supported"});
  expect_refused(gpt2(), "scale_attn_by_inverse_layer_idx", true, {"'scale_attn_by_inverse_layer_idx'"});
  expect_refused(gpt2(), "scale_attn_weights", false, {"'scale_attn_weights'"});
  expect_refused(gpt2(), "reorder_and_upcast_attn", true, {"'reorder_and_upcast_attn'"});
  expect_refused(gpt2(), "add_cross_attention", true, {"'add_cross_attention'"});
  expect_refused(gpt2(), "rope_scaling", {{"type", "linear"}, {"factor", 2}}, {"'rope_scaling'"});
  expect_refused(paper(), "rms_norm_gain", true, {"'rms_norm_gain'"});
  expect_refused(paper(), "attention_output_projection", true, {"'attention_output_projection'"});
  expect_refused(paper(), "attention_scale", "1/sqrt(8)", {"'attention_scale'", "1/sqrt(4)"});
  expect_refused(paper(), "positions", "rotary", {"'positions'"});
  expect_refused(paper(), "rope_theta", 10000.0, {"'rope_theta'"});
}

TEST(Config, WhatIsSwitchedOffOrHarmlessPasses) {
  Json c = llama();
  c["sliding_window"] = nullptr;
  c["num_local_experts"] = 0;
  c["logits_scaling"] = 1.0;
  c["attention_dropout"] = 0.1;
  c["hidden_dropout_prob"] = 0.1;
  c["use_sliding_window"] = false;
  c["transformers_version"] = "4.40.0";
  c["pretraining_tp"] = 1;
  c["bos_token_id"] = 1;
  c["my_note"] = "hello";
  const ModelConfig config = parse_config(c.dump(), "config.json");
  EXPECT_EQ(config.unknown_keys,
            (std::vector<std::string>{"logits_scaling", "my_note", "num_local_experts"}));
  c["sliding_window"] = 4096;  // longer than any sequence
  EXPECT_EQ(parse(c).positions, 16U);
}

TEST(Config, RefusesWhatIsNoObject) {
  expect_input_error([] { parse_config("[]", "config.json"); }, {"config.json", "not a JSON object"});
  expect_input_error([] { parse_config("{", "config.json"); }, {"config.json", "invalid JSON at byte"});
  expect_input_error([] { parse_config(R"({"text_config": 3})", "config.json"); }, {"'text_config'"});
  expect_input_error([] { parse_config(R"({"vocab_size": 1, "vocab_size": 2})", "config.json"); },
                     {"'vocab_size'", "twice"});
}

}  // namespace
}  // namespace halfulp
