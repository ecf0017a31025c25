#include "halfulp/models/checkpoint.hpp"

#include <cmath>
#include <csignal>
#include <cstdlib>

#include "halfulp/base/interrupt.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// The message with which the tiny checkpoint is refused says all of `parts`.
void expect_refused(const TinyCheckpoint& tiny, const std::vector<std::string>& parts) {
  const TemporaryFolder folder;
  tiny.write(folder.path());
  expect_input_error([&] { load_checkpoint(folder.path()); }, parts);
}

/// Place of a tensor's first byte in model.safetensors.
std::size_t place_of(TinyCheckpoint tiny, const std::string& name) {
  std::size_t place = 8 + tiny.header().dump().size();
  for (std::size_t i = 0; i < tiny.number_of(name); ++i) place += tiny.tensors[i].bytes.size();
  return place;
}

/// W equals the tensor `name`: entry (i, j) is number i * row + j * column of it.
void expect_view(TinyCheckpoint& tiny, const WeightView& w, const std::string& name, std::size_t rows,
                 std::size_t columns, std::size_t first, std::size_t row, std::size_t column) {
  SCOPED_TRACE(name);
  ASSERT_EQ(w.rows, rows);
  ASSERT_EQ(w.columns, columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      EXPECT_EQ(w.at(i, j), tiny_value(tiny.number_of(name), first + i * row + j * column)) << i << " " << j;
}

TEST(Checkpoint, LlamaWeightsAreInTheirPlaces) {
  const TemporaryFolder folder;
  TinyCheckpoint tiny = tiny_llama();
  tiny.write(folder.path());
  const Checkpoint c = load_checkpoint(folder.path());
  ASSERT_EQ(c.weights.blocks.size(), 2U);
  const BlockWeights& b = c.weights.blocks[1];
  const std::string at = "model.layers.1.";
  expect_view(tiny, c.weights.embedding, "model.embed_tokens.weight", 7, 8, 0, 8, 1);
  expect_view(tiny, b.attn_norm.gain, at + "input_layernorm.weight", 1, 8, 0, 8, 1);
  expect_view(tiny, b.query.weight, at + "self_attn.q_proj.weight", 8, 8, 0, 8, 1);
  expect_view(tiny, b.key.weight, at + "self_attn.k_proj.weight", 4, 8, 0, 8, 1);
  expect_view(tiny, b.value.weight, at + "self_attn.v_proj.weight", 4, 8, 0, 8, 1);
  expect_view(tiny, b.attn_out.weight, at + "self_attn.o_proj.weight", 8, 8, 0, 8, 1);
  expect_view(tiny, b.mlp_norm.gain, at + "post_attention_layernorm.weight", 1, 8, 0, 8, 1);
  expect_view(tiny, b.mlp_gate.weight, at + "mlp.gate_proj.weight", 6, 8, 0, 8, 1);
  expect_view(tiny, b.mlp_in.weight, at + "mlp.up_proj.weight", 6, 8, 0, 8, 1);
  expect_view(tiny, b.mlp_out.weight, at + "mlp.down_proj.weight", 8, 6, 0, 6, 1);
  expect_view(tiny, c.weights.final_norm.gain, "model.norm.weight", 1, 8, 0, 8, 1);
  expect_view(tiny, c.weights.head.weight, "lm_head.weight", 7, 8, 0, 8, 1);
  EXPECT_TRUE(b.query.bias.empty() && b.attn_norm.bias.empty() && c.weights.positions.empty());
  EXPECT_EQ(c.bytes(), c.architecture.parameters() * 4);
}

TEST(Checkpoint, Gpt2IsTransposedAndItsFusedAttentionSplit) {
  for (const std::string prefix : {"transformer.", ""}) {
    const TemporaryFolder folder;
    TinyCheckpoint tiny = tiny_gpt2(prefix);
    const std::size_t parameters = tiny.data().size() / 4;
    tiny.add(prefix + "h.0.attn.bias", {1, 1, 6, 6});
    tiny.add(prefix + "h.0.attn.masked_bias", {});
    tiny.write(folder.path());
    const Checkpoint c = load_checkpoint(folder.path());
    const BlockWeights& b = c.weights.blocks.at(0);
    const std::string at = prefix + "h.0.";
    expect_view(tiny, c.weights.positions, prefix + "wpe.weight", 6, 4, 0, 4, 1);
    expect_view(tiny, b.query.weight, at + "attn.c_attn.weight", 4, 4, 0, 1, 12);
    expect_view(tiny, b.key.weight, at + "attn.c_attn.weight", 4, 4, 4, 1, 12);
    expect_view(tiny, b.value.weight, at + "attn.c_attn.weight", 4, 4, 8, 1, 12);
    expect_view(tiny, b.key.bias, at + "attn.c_attn.bias", 1, 4, 4, 4, 1);
    expect_view(tiny, b.value.bias, at + "attn.c_attn.bias", 1, 4, 8, 4, 1);
    expect_view(tiny, b.mlp_norm.bias, at + "ln_2.bias", 1, 4, 0, 4, 1);
    expect_view(tiny, b.mlp_in.weight, at + "mlp.c_fc.weight", 16, 4, 0, 1, 16);
    expect_view(tiny, b.mlp_out.weight, at + "mlp.c_proj.weight", 4, 16, 0, 1, 4);
    EXPECT_EQ(c.weights.head.weight.data, c.weights.embedding.data);
    EXPECT_EQ(c.architecture.parameters(), parameters);
  }
}

TEST(Checkpoint, PaperWeightsAreInTheirPlaces) {
  const TemporaryFolder folder;
  TinyCheckpoint tiny = tiny_paper();
  tiny.write(folder.path());
  const Checkpoint c = load_checkpoint(folder.path());
  const BlockWeights& b = c.weights.blocks.at(0);
  expect_view(tiny, b.query.weight, "blocks.0.attention.query.weight", 4, 4, 0, 4, 1);
  expect_view(tiny, b.mlp_in.weight, "blocks.0.mlp.0.weight", 6, 4, 0, 4, 1);
  expect_view(tiny, b.mlp_out.bias, "blocks.0.mlp.2.bias", 1, 4, 0, 4, 1);
  expect_view(tiny, c.weights.head.weight, "head.weight", 5, 4, 0, 4, 1);
  EXPECT_TRUE(b.attn_out.weight.empty() && b.attn_norm.gain.empty() && c.weights.final_norm.gain.empty());
  EXPECT_EQ(c.architecture.parameters() * 4, c.bytes());
}

TEST(Checkpoint, BuffersThatFollowFromTheConfigAreIgnored) {
  const TemporaryFolder folder;
  TinyCheckpoint tiny = tiny_llama();
  tiny.add("model.layers.0.self_attn.rotary_emb.inv_freq", {1});
  tiny.write(folder.path());
  const Checkpoint c = load_checkpoint(folder.path());
  EXPECT_EQ(c.tensors.back().use, TensorInfo::Use::buffer);
  tiny.tensors.back().name = "model.layers.2.self_attn.rotary_emb.inv_freq";  // there is no layer 2
  expect_refused(tiny, {"model.layers.2.self_attn.rotary_emb.inv_freq", "no place"});
}

TEST(Checkpoint, ATiedHeadMayBeStoredTwiceIfItIsTheSame) {
  TinyCheckpoint tiny = tiny_llama();
  tiny.config["tie_word_embeddings"] = true;
  expect_refused(tiny, {"model.safetensors", "'lm_head.weight'", "differs from 'model.embed_tokens.weight'"});
  tiny.tensor("lm_head.weight").bytes = tiny.tensor("model.embed_tokens.weight").bytes;
  const TemporaryFolder folder;
  tiny.write(folder.path());
  EXPECT_EQ(load_checkpoint(folder.path()).weights.head.weight.data[5],
            load_checkpoint(folder.path()).weights.embedding.data[5]);
}

TEST(Checkpoint, NamesTheTensorThatIsMissing) {
  for (const std::string name :
       {"model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight", "lm_head.weight"}) {
    TinyCheckpoint tiny = tiny_llama();
    tiny.remove(name);
    expect_refused(tiny, {"model.safetensors", "'" + name + "'", "missing"});
  }
  TinyCheckpoint tiny = tiny_llama();
  tiny.config["attention_bias"] = true;
  expect_refused(tiny, {"'model.layers.0.self_attn.q_proj.bias' [8]", "missing"});
}

TEST(Checkpoint, NamesTheTensorThatIsTooMany) {
  TinyCheckpoint tiny = tiny_llama();
  tiny.add("model.layers.0.self_attn.q_proj.weight_scale", {1});
  expect_refused(tiny, {"model.safetensors", "q_proj.weight_scale", "no place",
                        "byte " + std::to_string(place_of(tiny, tiny.tensors.back().name))});
  tiny = tiny_llama();
  tiny.config["num_hidden_layers"] = 1;
  expect_refused(tiny, {"model.safetensors", "model.layers.1.", "no place"});
}

TEST(Checkpoint, NamesTheShapeThatDisagreesWithTheConfig) {
  TinyCheckpoint tiny = tiny_llama();
  tiny.config["intermediate_size"] = 5;
  const std::string name = "model.layers.0.mlp.gate_proj.weight";
  expect_refused(tiny, {"model.safetensors", name, "[6, 8]", "config.json", "[5, 8]",
                        "byte " + std::to_string(place_of(tiny, name))});
  tiny = tiny_llama();
  tiny.config["vocab_size"] = 16'000'000;  // no memory is taken for what the file does not have
  expect_refused(tiny, {"model.embed_tokens.weight", "[16000000, 8]"});
}

TEST(Checkpoint, NamesTheTypeThatIsNoWeight) {
  TinyCheckpoint tiny = tiny_llama();
  TinyTensor& t = tiny.tensor("model.layers.1.mlp.down_proj.weight");
  t.dtype = "F8_E4M3";
  t.bytes.resize(48);
  expect_refused(tiny, {"model.safetensors", t.name, "F8_E4M3", "BF16, F16, F32, F64"});
}

TEST(Checkpoint, FindsNanAndInfinityInEveryType) {
  const std::vector<std::pair<std::string, std::string>> cases{{"F32", little_endian(0x7fc00000, 4)},
                                                               {"F32", little_endian(0xff800000, 4)},
                                                               {"F64", little_endian(0x7ff8000000000001, 8)},
                                                               {"F16", little_endian(0x7c00, 2)},
                                                               {"F16", little_endian(0xfe00, 2)},
                                                               {"BF16", little_endian(0x7f80, 2)},
                                                               {"BF16", little_endian(0xffc1, 2)}};
  for (const auto& [dtype, bad] : cases) {
    TinyCheckpoint tiny = tiny_llama();
    TinyTensor& t = tiny.tensor("model.layers.1.self_attn.k_proj.weight");  // [4, 8]
    t.dtype = dtype;
    t.bytes.assign(32 * bad.size(), '\1');
    t.bytes.replace(19 * bad.size(), bad.size(), bad);
    const std::size_t byte = place_of(tiny, t.name) + 19 * bad.size();
    const bool infinite = bad == cases[1].second || bad == cases[3].second || bad == cases[5].second;
    expect_refused(tiny, {"model.safetensors", t.name, "entry [2, 3]", infinite ? "infinite" : "NaN",
                          "byte " + std::to_string(byte), "--allow-nonfinite"});
    const TemporaryFolder folder;
    tiny.write(folder.path());
    EXPECT_FALSE(std::isfinite(
        load_checkpoint(folder.path(), {.allow_nonfinite = true}).weights.blocks[1].key.weight.at(2, 3)));
  }
}

TEST(Checkpoint, FindsNanFarInsideALongTensor) {
  TinyCheckpoint tiny = tiny_llama();
  tiny.config["vocab_size"] = 5000;
  for (const std::string name : {"model.embed_tokens.weight", "lm_head.weight"}) {
    TinyTensor& t = tiny.tensor(name);
    t.shape[0] = 5000;
    t.bytes.assign(5000 * 8 * 4, '\1');
  }
  for (const std::size_t entry : {0, 1023, 1024, 39'935, 39'936, 39'999}) {
    TinyCheckpoint broken = tiny;
    broken.tensor("lm_head.weight").bytes.replace(4 * entry, 4, little_endian(0x7f800001, 4));
    expect_refused(broken, {"'lm_head.weight'",
                            "entry [" + std::to_string(entry / 8) + ", " + std::to_string(entry % 8)});
  }
}

TEST(CheckpointDeathTest, CtrlCStopsTheLoading) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto interrupted_loading = [] {
    const TemporaryFolder folder;
    tiny_llama().write(folder.path());
    catch_interrupts();
    std::raise(SIGINT);
    try {
      load_checkpoint(folder.path());
    } catch (const interrupted&) {
      return 130;
    }
    return 0;
  };
  EXPECT_EXIT(std::_Exit(interrupted_loading()), ::testing::ExitedWithCode(130), "");
}

TEST(ModelHash, ChangesWithEveryByteAndNotWithTheFolder) {
  const auto hash = [](const TinyCheckpoint& tiny) {
    const TemporaryFolder folder;
    tiny.write(folder.path());
    return model_hash(load_checkpoint(folder.path()));
  };
  const TinyCheckpoint tiny = tiny_llama();
  const std::string first = hash(tiny);
  EXPECT_EQ(first.substr(0, 9), "xxh3-128:");
  EXPECT_EQ(first.size(), 9U + 32);
  EXPECT_EQ(first, hash(tiny));
  TinyCheckpoint other = tiny;
  other.tensors.back().bytes[0] ^= 1;
  EXPECT_NE(first, hash(other));
  other = tiny;
  other.config["rms_norm_eps"] = 2e-5;
  EXPECT_NE(first, hash(other));
  other = tiny;
  std::swap(other.tensors[2].bytes, other.tensors[5].bytes);  // q_proj and o_proj, both [8, 8]
  EXPECT_NE(first, hash(other));
  other = tiny;
  std::swap(other.tensors[2], other.tensors[5]);  // only their order in the file
  EXPECT_EQ(first, hash(other));
}

}  // namespace
}  // namespace halfulp
