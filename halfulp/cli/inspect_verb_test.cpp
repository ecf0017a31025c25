// inspect as a user meets it: what can be run, what only spectra can read, and what neither can.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "halfulp/cli/program_testing.hpp"
#include "halfulp/models/attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

const std::string model = std::string(HALFULP_SOURCE_DIR) + "/examples/gpt2-tinyshakespeare";

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

nlohmann::json document_of(const std::string& folder) {
  return nlohmann::json::parse(run({"inspect", "-m", folder, "--json"}).out);
}

TEST(InspectVerb, ShowsArchitectureTensorsSitesAndCost) {
  const auto result = run({"inspect", "-m", model});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  expect_parts(result.out, {"818048 parameters", "gelu_tanh", "h.0.attn.c_attn.weight", "product, scale",
                            "memory", "It can be run; halfulp spectra can read its 4 layers too."});
  const auto document = document_of(model);
  EXPECT_EQ(document["architecture"]["layers"], 4);
  EXPECT_TRUE(document["runs"].get<bool>());
  EXPECT_TRUE(document["why_not_run"].is_null());
  EXPECT_EQ(document["attention"]["head_width"], 32);
  EXPECT_EQ(document["attention"]["input_norm"][0]["kind"], "layer");
}

TEST(InspectVerb, SaysWhatOnlySpectraCanRead) {
  const TemporaryFolder folder;
  told_gemma(3).write(folder.path());
  const auto result = run({"inspect", "-m", folder.path().string()});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  expect_parts(result.out,
               {"gemma3 (Gemma3ForCausalLM)", "It cannot be run: ", "'Gemma3ForCausalLM' is not supported",
                "Its attention can be read by halfulp spectra", "gain 1 + w", "head by head",
                "model.layers.1.self_attn.q_norm.weight"});
  EXPECT_EQ(result.out.find("A profile of"), std::string::npos);
  const auto document = document_of(folder.path().string());
  EXPECT_FALSE(document["runs"].get<bool>());
  EXPECT_TRUE(document["architecture"].is_null() && document["profile_estimate"].is_null());
  EXPECT_TRUE(document["sites"].empty());
  EXPECT_EQ(document["attention"]["score_scale"], nlohmann::json::array({0.25}));
  EXPECT_EQ(document["attention"]["rotary"][0]["base"], 10000);  // layer 0 is a sliding one
}

TEST(InspectVerb, SaysWhatWasAssumedOfAnUnknownArchitecture) {
  const TemporaryFolder folder;
  TinyCheckpoint tiny = told_gpt_neox();
  tiny.config["architectures"] = {"OtherForCausalLM"};
  tiny.config["model_type"] = "other";
  tiny.write(folder.path());
  const auto result = run({"inspect", "-m", folder.path().string()});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  expect_parts(result.out,
               {"unknown (OtherForCausalLM)", "note: OtherForCausalLM is not a known architecture",
                "query, key and value of head 0"});
}

TEST(InspectVerb, ARunnableFamilyWithKeysThatWeLackIsReadForSpectra) {
  const TemporaryFolder folder;
  TinyCheckpoint tiny = tiny_llama();
  tiny.config["rope_scaling"] = {{"rope_type", "yarn"}, {"factor", 4.0}};
  tiny.write(folder.path());
  const auto result = run({"inspect", "-m", folder.path().string()});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  expect_parts(result.out, {"It cannot be run: ", "scaling 'yarn' is not supported", "scaling yarn"});
}

TEST(InspectVerb, WhatNeitherCanReadIsOneLine) {
  const auto expect = [](const std::string& folder, const std::string& part) {
    const auto result = run({"inspect", "-m", folder});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(is_one_error_line(result.log)) << result.log;
    EXPECT_NE(result.log.find(part), std::string::npos) << result.log;
    EXPECT_TRUE(result.out.empty());
  };
  expect("/nonexistent", "/nonexistent");
  const TemporaryFolder folder;
  TinyCheckpoint tiny = told_llama();
  tiny.config["architectures"] = {"MambaForCausalLM"};
  tiny.config["model_type"] = "mamba";
  for (TinyTensor& t : tiny.tensors)
    if (t.name.find("_proj") != std::string::npos) t.name.replace(t.name.find("_proj"), 5, "_mix");
  tiny.write(folder.path());
  expect(folder.path().string(), "no attention of MambaForCausalLM is recognised");
  TinyCheckpoint broken = tiny_llama();  // of a family that runs: it must load whole
  broken.remove("lm_head.weight");
  broken.write(folder.path());
  expect(folder.path().string(), "'lm_head.weight'");
}

}  // namespace
}  // namespace halfulp
