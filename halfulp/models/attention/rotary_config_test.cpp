// Frequencies in every spelling; scalings against their formulas.
#include "halfulp/models/attention/rotary_config.hpp"

#include <algorithm>
#include <cmath>

#include "halfulp/models/attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;
using Json = nlohmann::ordered_json;

constexpr double two_pi = 6.283185307179586;

RotaryEmbedding read(const Json& config, const char* family, std::size_t head_width,
                     const std::string& type = "", std::vector<std::string>* warnings = nullptr) {
  const nlohmann::json plain = nlohmann::json::parse(config.dump());
  ConfigKeys keys(plain, "config.json");
  std::vector<std::string> lines;
  const AttentionFamily* const known = family_of_type(family);
  return read_rotary(keys, known == nullptr ? AttentionFamily{} : *known, head_width, type,
                     warnings == nullptr ? lines : *warnings);
}

/// omega_i = theta^(-2i/r) / factor; within two roundings and what std::pow errs.
void expect_plain(const RotaryEmbedding& r, std::size_t dims, double theta, double factor = 1) {
  EXPECT_EQ(r.dims, dims);
  EXPECT_EQ(r.base, theta);
  ASSERT_EQ(r.frequencies.size(), dims / 2);
  for (std::size_t i = 0; i < dims / 2; ++i) {
    const double expected =
        std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(dims)) / factor;
    EXPECT_NEAR(r.frequencies[i], expected, 0x1p-50 * expected) << i;
  }
  EXPECT_EQ(r.amplitude, 1);
}

TEST(RotaryConfig, OldAndNewSpellingsMeanTheSame) {
  expect_plain(read({}, "llama", 8), 8, 10000);
  expect_plain(read({{"rope_theta", 500.0}}, "llama", 8), 8, 500);
  expect_plain(read({{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 500.0}}}}, "llama", 8), 8,
               500);
  expect_plain(
      read({{"rope_theta", 500.0}, {"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}}, "llama", 8), 8,
      500, 4);
  const Json fresh = {{"rope_type", "linear"}, {"factor", 4.0}, {"rope_theta", 500.0}};
  expect_plain(read({{"rope_parameters", fresh}}, "llama", 8), 8, 500, 4);
  expect_input_error(
      [&] {
        read({{"rope_parameters", fresh}, {"rope_theta", 10.0}}, "llama", 8);
      },
      {"'rope_parameters.rope_theta'", "500 disagrees with 'rope_theta', 10"});
  expect_input_error(
      [&] {
        read({{"rope_parameters", fresh}, {"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}}}, "llama",
             8);
      },
      {"'rope_parameters'", "disagrees with 'rope_scaling'"});
}

TEST(RotaryConfig, PartOfAHead) {
  expect_plain(read({}, "gpt_neox", 64), 16, 10000);
  expect_plain(read({{"rotary_pct", 0.5}, {"rotary_emb_base", 100}}, "gpt_neox", 64), 32, 100);
  expect_plain(
      read({{"rope_parameters", {{"partial_rotary_factor", 0.5}, {"rope_theta", 100.0}}}}, "gpt_neox", 64),
      32, 100);
  expect_plain(read({{"partial_rotary_factor", 0.75}}, "phi3", 16), 12, 10000);
  expect_input_error([] { read({{"partial_rotary_factor", 0.2}}, "phi3", 16); }, {"3 of 16", "even"});
  expect_input_error([] { read({}, "llama", 5); }, {"5 of 5", "even"});
  expect_input_error([] { read({{"rotary_pct", 0.0}}, "gpt_neox", 64); }, {"'rotary_pct'"});
}

TEST(RotaryConfig, Gemma3HasABaseForSlidingLayers) {
  const Json old = {{"rope_theta", 1e6},
                    {"rope_local_base_freq", 100.0},
                    {"rope_scaling", {{"rope_type", "linear"}, {"factor", 8.0}}}};
  expect_plain(read(old, "gemma3", 8, "full_attention"), 8, 1e6, 8);
  expect_plain(read(old, "gemma3", 8, "sliding_attention"), 8, 100);
  expect_plain(read({}, "gemma3", 8, "full_attention"), 8, 1e6);
  expect_plain(read({}, "gemma3", 8, "sliding_attention"), 8, 1e4);
  const Json nested = {{"rope_parameters",
                        {{"full_attention", {{"rope_type", "linear"}, {"factor", 8.0}, {"rope_theta", 1e6}}},
                         {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 100.0}}}}}};
  expect_plain(read(nested, "gemma3", 8, "full_attention"), 8, 1e6, 8);
  expect_plain(read(nested, "gemma3", 8, "sliding_attention"), 8, 100);
  expect_input_error([&] { read(nested, "llama", 8); }, {"'rope_parameters'", "'layer_types'"});
  expect_input_error(
      [&] {
        read({{"rope_parameters", {{"full_attention", {{"rope_theta", "x"}}}}}}, "gemma3", 8,
             "full_attention");
      },
      {"'rope_parameters.full_attention.rope_theta'"});
  expect_input_error(
      [&] {
        read({{"rope_parameters", {{"full_attention", 5}}}}, "gemma3", 8, "full_attention");
      },
      {"'rope_parameters'", "'full_attention' has no object in it"});
}

// arXiv:2309.00071: pairs that make more than beta_fast turns within the original length keep their
// frequency, those with fewer than beta_slow are divided by the factor.
TEST(RotaryConfig, Yarn) {
  const Json c = {{"max_position_embeddings", 4096},
                  {"rope_parameters",
                   {{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 1024}}}};
  const RotaryEmbedding r = read(c, "qwen3", 128);
  EXPECT_NEAR(r.amplitude, 0.1 * std::log(4) + 1, 1e-15);
  ASSERT_EQ(r.frequencies.size(), 64U);
  const auto plain = [](std::size_t i) { return std::pow(1e4, -static_cast<double>(i) / 64); };
  const auto pair = [](double turns) {
    return 128 * std::log(1024 / (turns * two_pi)) / (2 * std::log(1e4));
  };
  const double low = std::floor(pair(32)), high = std::ceil(pair(1));
  bool kept = false, divided = false, between = false;
  for (std::size_t i = 0; i < 64; ++i) {
    const double t = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    EXPECT_NEAR(r.frequencies[i], plain(i) * (t / 4 + 1 - t), 1e-14 * plain(i)) << i;
    (t == 0 ? kept : t == 1 ? divided : between) = true;
  }
  EXPECT_TRUE(kept && divided && between);
  Json own = c;
  own["rope_parameters"]["attention_factor"] = 1.5;
  EXPECT_EQ(read(own, "qwen3", 128).amplitude, 1.5);
  own = c;
  own["rope_parameters"]["rope_theta"] = 1.0;
  expect_input_error([&] { read(own, "qwen3", 128); }, {"'rope_parameters.rope_theta'", "above 1"});
  own = c;
  own.erase("max_position_embeddings");
  own["rope_parameters"].erase("factor");
  expect_input_error([&] { read(own, "qwen3", 128); }, {"'rope_parameters.factor'", "missing"});
}

TEST(RotaryConfig, ScalingsWithoutFixedFrequencies) {
  std::vector<std::string> warnings;
  const Json c = {{"max_position_embeddings", 131072},
                  {"original_max_position_embeddings", 4096},
                  {"rope_scaling", {{"type", "longrope"}, {"short_factor", {1.0}}, {"long_factor", {2.0}}}}};
  const RotaryEmbedding r = read(c, "phi3", 8, "", &warnings);
  EXPECT_TRUE(r.frequencies.empty());
  EXPECT_EQ(r.dims, 8U);
  EXPECT_NEAR(r.amplitude, std::sqrt(1 + std::log(32) / std::log(4096)), 1e-15);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("'longrope' depends on the length"), std::string::npos);
  read({{"rope_scaling", {{"type", "spiral"}}}}, "llama", 8, "", &warnings);
  EXPECT_NE(warnings[1].find("'spiral' is not known"), std::string::npos);
}

TEST(RotaryConfig, NeighboursTurnInSomeUnknownModels) {
  EXPECT_TRUE(read({{"model_type", "gptj"}, {"rotary_dim", 4}}, "", 8).interleaved);
  EXPECT_EQ(read({{"model_type", "gptj"}, {"rotary_dim", 4}}, "", 8).dims, 4U);
  EXPECT_FALSE(read({{"model_type", "other"}}, "", 8).interleaved);
  expect_input_error([] { read({{"rotary_dim", 10}}, "", 8); }, {"'rotary_dim'"});
}

TEST(RotaryConfig, RefusesWhatIsNoNumber) {
  for (const Json& theta : {Json(0), Json(-1), Json("NaN"), Json(1e300), Json::array({1.0})})
    expect_input_error([&] { read({{"rope_theta", theta}}, "llama", 8); }, {"'rope_theta'"});
  expect_input_error(
      [] {
        read({{"rope_scaling", "linear"}}, "llama", 8);
      },
      {"'rope_scaling'", "not an object"});
  expect_input_error(
      [] {
        read({{"rope_scaling", {{"type", "linear"}}}}, "llama", 8);
      },
      {"'rope_scaling.factor'"});
}

}  // namespace
}  // namespace halfulp
