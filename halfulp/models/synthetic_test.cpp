#include "halfulp/models/synthetic.hpp"

#include <cmath>

#include "halfulp/base/parallel.hpp"
#include "halfulp/models/attention/attention_model.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

const Architecture sizes = llama_architecture(96, 64, 3, 8, 2, 160, 128);

struct Moments {
  double mean = 0, deviation = 0, smallest = INFINITY;
};

Moments moments(const WeightView& w) {
  Moments m;
  double squares = 0;
  for (std::size_t i = 0; i < w.rows; ++i)
    for (std::size_t j = 0; j < w.columns; ++j) {
      m.mean += w.at(i, j);
      squares += w.at(i, j) * w.at(i, j);
      m.smallest = std::min(m.smallest, w.at(i, j));
    }
  const auto n = static_cast<double>(w.rows * w.columns);
  m.mean /= n;
  m.deviation = std::sqrt(squares / n - m.mean * m.mean);
  return m;
}

TEST(SyntheticLlama, IsALlamaOfTheStatedSizes) {
  const TemporaryFolder folder;
  write_synthetic_llama(folder / "m", sizes, 1);
  const Checkpoint c = load_checkpoint(folder / "m");
  EXPECT_EQ(c.architecture.parameters(), sizes.parameters());
  EXPECT_EQ(c.bytes(), 2 * sizes.parameters());
  EXPECT_EQ(c.architecture.kv_heads, 2U);
  EXPECT_EQ(c.architecture.epsilon, 1e-5);
  EXPECT_TRUE(c.unknown_keys.empty());
  EXPECT_EQ(std::filesystem::exists(folder / "m" / "model.safetensors.partial"), false);
}

// n entries: the mean strays by deviation/sqrt(n), the deviation by at most about deviation/sqrt(2n); five of
// those.
TEST(SyntheticLlama, WeightsHaveTheStatedMoments) {
  const TemporaryFolder folder;
  write_synthetic_llama(folder.path(), sizes, 5);
  const Checkpoint c = load_checkpoint(folder.path());
  const auto expect = [](const WeightView& w, double mean, double deviation) {
    const Moments m = moments(w);
    const double stray = 5 * deviation / std::sqrt(static_cast<double>(w.rows * w.columns));
    EXPECT_NEAR(m.mean, mean, stray);
    EXPECT_NEAR(m.deviation, deviation, stray);
  };
  const BlockWeights& b = c.weights.blocks[1];
  expect(c.weights.embedding, 0, 0.02);
  expect(b.query.weight, 0, 0.02);
  expect(b.mlp_gate.weight, 0, 0.02);
  expect(b.mlp_out.weight, 0, 0.02 / std::sqrt(6.0));
  expect(b.attn_out.weight, 0, 0.02 / std::sqrt(6.0));
  expect(b.attn_norm.gain, 1, 0.25);
  EXPECT_GT(moments(c.weights.final_norm.gain).smallest, 0);
}

TEST(SyntheticLlama, IsAFunctionOfItsSeed) {
  const TemporaryFolder folder;
  const auto hash = [&](const std::string& name, std::uint64_t seed, DType dtype) {
    write_synthetic_llama(folder / name, sizes, seed, dtype);
    return model_hash(load_checkpoint(folder / name));
  };
  EXPECT_EQ(hash("a", 1, DType::bf16), hash("b", 1, DType::bf16));
  EXPECT_NE(hash("a", 1, DType::bf16), hash("c", 2, DType::bf16));
}

TEST(SyntheticLlama, Bf16IsThe32BitWeightRoundedToNearestEven) {
  const TemporaryFolder folder;
  write_synthetic_llama(folder / "a", sizes, 1, DType::fp32);
  write_synthetic_llama(folder / "b", sizes, 1, DType::bf16);
  const Checkpoint a = load_checkpoint(folder / "a"), b = load_checkpoint(folder / "b");
  for (std::size_t i = 0; i < 64; ++i)
    for (std::size_t j = 0; j < 64; ++j) {
      const double x = a.weights.blocks[2].query.weight.at(i, j);
      if (x == 0) continue;
      const double ulp = std::ldexp(1, std::ilogb(x) - 7);
      EXPECT_EQ(b.weights.blocks[2].query.weight.at(i, j), std::nearbyint(x / ulp) * ulp);
    }
}

// Long enough for several tasks and several steps: the first and the last entry of each are where the stream
// says.
TEST(SyntheticLlama, DoesNotDependOnThreads) {
  const TemporaryFolder folder;
  const Architecture wide = llama_architecture(16, 2048, 1, 16, 2, 8, 128);
  const std::size_t before = threads();
  set_threads(1);
  write_synthetic_attention(folder / "a", wide, 3);
  set_threads(2);
  write_synthetic_attention(folder / "b", wide, 3);
  set_threads(before);
  EXPECT_EQ(read_file(folder / "a" / "model.safetensors"), read_file(folder / "b" / "model.safetensors"));
}

TEST(SyntheticLlama, AttentionAloneIsReadAsAttention) {
  const TemporaryFolder folder;
  write_synthetic_attention(folder.path(), sizes, 5);
  const AttentionModel m = read_attention(folder.path());
  ASSERT_EQ(m.layers.size(), 3U);
  EXPECT_EQ(m.shape.kv_heads, 2U);
  EXPECT_TRUE(m.layers[2].mlp.empty());
  std::size_t bytes = 0;
  for (const TensorInfo& info : m.tensors) bytes += info.tensor.bytes;
  EXPECT_EQ(bytes, 2 * 3 * (64 + 64 * (64 + 16 + 16 + 64)));
  const Moments q = moments(m.layers[2].query.weight.head(7)), o = moments(m.layers[2].out.weight.head(0));
  EXPECT_NEAR(q.deviation, 0.02, 5 * 0.02 / std::sqrt(512.0));
  EXPECT_NEAR(o.deviation, 0.02 / std::sqrt(6.0), 5 * 0.02 / std::sqrt(512.0 * 6));
  EXPECT_THROW(load_checkpoint(folder.path()), input_error);
}

TEST(SyntheticLlama, RefusesWhatItCannotWrite) {
  const TemporaryFolder folder;
  Architecture tied = sizes;
  tied.tied_head = true;
  write_synthetic_llama(folder / "tied", tied, 1);
  EXPECT_EQ(load_checkpoint(folder / "tied").architecture.parameters(), tied.parameters());
  Architecture gpt2 = sizes;
  gpt2.family = Family::gpt2;
  EXPECT_THROW(write_synthetic_llama(folder / "x", gpt2, 1), usage_error);
  EXPECT_THROW(write_synthetic_llama(folder / "x", sizes, 1, DType::fp16), usage_error);
  write_file(folder / "file", "x");
  EXPECT_THROW(write_synthetic_llama(folder / "file" / "x", sizes, 1), resource_error);
}

}  // namespace
}  // namespace halfulp
