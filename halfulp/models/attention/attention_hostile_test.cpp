// Checkpoints that do not fit their config.json, or are broken: one line that names file, tensor and what was
// asked.
#include <set>

#include "halfulp/models/attention/attention_model.hpp"
#include "halfulp/models/attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// The model in memory; `file` must outlive it.
AttentionModel read(const TinyCheckpoint& tiny, const std::string& file) {
  AttentionModel m;
  m.config_text = tiny.config.dump();
  for (StoredTensor& t : parse_safetensors(bytes_of(file), "model.safetensors"))
    m.tensors.push_back({std::move(t), "model.safetensors"});
  find_attention(m, "config.json", "model.safetensors");
  return m;
}

void expect_refused(const TinyCheckpoint& tiny, const std::vector<std::string>& parts) {
  const std::string file = tiny.file();
  expect_input_error([&] { read(tiny, file); }, parts);
}

std::vector<TinyCheckpoint> all_tellers() {
  return {told_llama(),
          told_llama("MistralForCausalLM", "mistral"),
          told_llama("Qwen2ForCausalLM", "qwen2"),
          told_llama("Qwen3ForCausalLM", "qwen3"),
          told_gemma(2),
          told_gemma(3),
          told_phi3(),
          told_gpt2(),
          told_opt(),
          told_opt(false),
          told_gpt_neox(),
          told_bert()};
}

/// The tensors that are read, by name.
std::set<std::string> used(const TinyCheckpoint& tiny) {
  const std::string file = tiny.file();
  std::set<std::string> names;
  for (const TensorInfo& info : read(tiny, file).tensors)
    if (info.use == TensorInfo::Use::weight) names.insert(info.tensor.name);
  return names;
}

/// Whether a perceptron without this tensor counts as one that is not there.
bool begins_a_perceptron(const std::string& name) {
  for (const char* const end : {"mlp.up_proj.weight", "gate_up_proj.weight", "c_fc.weight", "fc1.weight",
                                "h_to_4h.weight", "intermediate.dense.weight"})
    if (name.ends_with(end)) return true;
  return false;
}

TEST(HostileAttention, EveryTensorThatIsUsedIsMissed) {
  for (const TinyCheckpoint& tiny : all_tellers()) {
    SCOPED_TRACE(tiny.config["model_type"].get<std::string>());
    const std::set<std::string> names = used(tiny);
    std::size_t missed = 0;
    for (const TinyTensor& t : tiny.tensors) {
      if (!names.contains(t.name) || begins_a_perceptron(t.name)) continue;
      TinyCheckpoint broken = tiny;
      broken.remove(t.name);
      // The root of the names goes with the tensor by which it is found.
      const std::size_t digit = t.name.find_first_of("01");
      expect_refused(broken,
                     {"model.safetensors", t.name.substr(digit == std::string::npos ? 0 : digit), "missing"});
      ++missed;
    }
    EXPECT_GE(missed, 10U);
  }
}

TEST(HostileAttention, EveryTensorOfAnotherShapeIsNamed) {
  for (const TinyCheckpoint& tiny : all_tellers()) {
    SCOPED_TRACE(tiny.config["model_type"].get<std::string>());
    const std::set<std::string> names = used(tiny);
    for (const TinyTensor& t : tiny.tensors) {
      if (!names.contains(t.name)) continue;
      for (std::size_t k = 0; k < t.shape.size(); ++k) {
        TinyCheckpoint broken = tiny;
        TinyTensor& changed = broken.tensor(t.name);
        changed.bytes.resize(changed.bytes.size() / changed.shape[k] * (changed.shape[k] - 1));
        --changed.shape[k];
        expect_refused(broken, {"model.safetensors", "'" + t.name + "'", "config.json asks for"});
      }
      TinyCheckpoint flat = tiny;
      flat.tensor(t.name).shape = {flat.tensor(t.name).bytes.size() / 4, 1, 1};
      expect_refused(flat, {"'" + t.name + "'"});
    }
  }
}

TEST(HostileAttention, TheConfigurationOfAnotherModelIsNoticed) {
  TinyCheckpoint tiny = told_llama();
  tiny.config["num_key_value_heads"] = 4;
  expect_refused(tiny, {"self_attn.k_proj.weight'", "shape [8, 12]", "asks for [16, 12]"});
  tiny = told_llama();
  tiny.config["head_dim"] = 8;
  expect_refused(tiny, {"self_attn.q_proj.weight'", "shape [16, 12]", "asks for [32, 12]"});
  tiny = told_llama();
  tiny.config["num_hidden_layers"] = 16384;
  expect_refused(tiny, {"'model.layers.2.self_attn.q_proj.weight'", "missing"});
  tiny = told_phi3();
  tiny.config["intermediate_size"] = 5;
  expect_refused(tiny, {"gate_up_proj.weight'", "shape [12, 16]", "asks for [10, 16]"});
  tiny = told_llama();
  tiny.config["attention_bias"] = true;
  expect_refused(tiny, {"q_proj.bias' [16] is missing"});
  tiny = told_gpt2();
  tiny.config["model_type"] = "llama";
  tiny.config["architectures"] = {"LlamaForCausalLM"};
  expect_refused(tiny, {"'layers.0.self_attn.q_proj.weight' is missing"});
}

TEST(HostileAttention, QuantisedWeightsAreRefused) {
  TinyCheckpoint tiny = told_llama();
  tiny.config["quantization_config"] = {{"quant_method", "gptq"}};
  expect_refused(tiny, {"config.json", "'quantization_config'", "gptq", "give the unquantised"});
  tiny = told_llama();
  TinyTensor& t = tiny.tensor("model.layers.1.self_attn.v_proj.weight");
  t.dtype = "F8_E4M3";
  t.bytes.resize(t.bytes.size() / 4);
  expect_refused(tiny, {"'" + t.name + "'", "F8_E4M3", "BF16, F16, F32, F64"});
}

TEST(HostileAttention, BiasesThatConfigJsonDeniesAreSaid) {
  TinyCheckpoint tiny = told_llama("Qwen2ForCausalLM", "qwen2");
  tiny.config["model_type"] = "llama";
  tiny.config["architectures"] = {"LlamaForCausalLM"};
  const std::string file = tiny.file();
  const AttentionModel m = read(tiny, file);
  EXPECT_TRUE(m.layers[0].query.bias.empty());
  ASSERT_EQ(m.warnings.size(), 1U);
  EXPECT_NE(m.warnings[0].find("q_proj.bias' and its like are not used"), std::string::npos);
}

TEST(HostileAttention, LayersBeyondThoseOfConfigJsonAreSaid) {
  TinyCheckpoint tiny = told_llama();
  const std::string whole = tiny.file();
  EXPECT_TRUE(read(tiny, whole).warnings.empty());
  tiny.config["num_hidden_layers"] = 1;
  const std::string file = tiny.file();
  const AttentionModel m = read(tiny, file);
  EXPECT_EQ(m.layers.size(), 1U);
  ASSERT_EQ(m.warnings.size(), 1U);
  EXPECT_NE(m.warnings[0].find("asks for 1 layers, and the tensors go on"), std::string::npos)
      << m.warnings[0];
}

}  // namespace
}  // namespace halfulp
