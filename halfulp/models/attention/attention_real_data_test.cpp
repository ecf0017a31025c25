// On real checkpoints of the families that we run, attention is read as the forward pass reads it.
#include "halfulp/models/attention/attention_model.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// Rows (or columns) of the whole matrix, head by head.
void expect_same(const HeadViews& heads, const WeightView& whole, bool by_columns = false) {
  ASSERT_EQ(heads.empty(), whole.empty());
  if (whole.empty()) return;
  const std::size_t rows = heads.first.rows, columns = heads.first.columns;
  ASSERT_EQ(whole.rows, by_columns ? rows : heads.heads * rows);
  ASSERT_EQ(whole.columns, by_columns ? heads.heads * columns : columns);
  for (std::size_t h = 0; h < heads.heads; ++h)
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        ASSERT_EQ(heads.head(h).at(i, j),
                  whole.at(by_columns ? i : h * rows + i, by_columns ? h * columns + j : j));
}

TEST(RealAttention, IsThatOfTheForwardPass) {
  if (!std::filesystem::is_directory(data_folder() / "stories260K")) GTEST_SKIP() << "no data";
  for (const char* const name :
       {"stories260K", "stories260K/bf16", "llama-mid-tinyshakespeare/bf16", "gpt2-tinyshakespeare",
        "gpt2-tinyshakespeare/bf16", "paper-tinyshakespeare/step04500"}) {
    SCOPED_TRACE(name);
    const AttentionModel m = read_attention(data_folder() / name);
    const Checkpoint c = load_checkpoint(data_folder() / name);
    const Architecture& a = c.architecture;
    EXPECT_TRUE(m.warnings.empty());
    EXPECT_EQ(m.shape.width, a.width);
    EXPECT_EQ(m.shape.heads, a.heads);
    EXPECT_EQ(m.shape.kv_heads, a.kv_heads);
    EXPECT_EQ(m.shape.head_width, a.head_dim);
    EXPECT_EQ(m.shape.inner, a.inner);
    EXPECT_EQ(m.shape.positions, a.positions);
    EXPECT_EQ(model_hash(m), model_hash(c));
    ASSERT_EQ(m.layers.size(), c.weights.blocks.size());
    for (std::size_t l = 0; l < m.layers.size(); ++l) {
      const AttentionWeights& w = m.layers[l];
      const BlockWeights& b = c.weights.blocks[l];
      expect_same(w.query.weight, b.query.weight);
      expect_same(w.key.weight, b.key.weight);
      expect_same(w.value.weight, b.value.weight);
      expect_same(w.query.bias, b.query.bias, true);
      expect_same(w.key.bias, b.key.bias, true);
      expect_same(w.value.bias, b.value.bias, true);
      expect_same(w.out.weight, b.attn_out.weight, true);
      EXPECT_EQ(w.norm.gain.empty(), b.attn_norm.gain.empty());
      for (std::size_t i = 0; i < a.width && !w.norm.gain.empty(); ++i)
        ASSERT_EQ(w.norm.gain_at(i), b.attn_norm.gain.at(0, i));
      EXPECT_EQ(w.norm.bias.empty(), b.attn_norm.bias.empty());
      for (std::size_t i = 0; i < a.width && !w.norm.bias.empty(); ++i)
        ASSERT_EQ(w.norm.bias_at(i), b.attn_norm.bias.at(0, i));
      EXPECT_EQ(w.norm.epsilon, a.epsilon);
      EXPECT_EQ(w.rotary.dims, a.rotary_dims);
      EXPECT_EQ(w.mlp.gate.weight.empty(), b.mlp_gate.weight.empty());
      EXPECT_EQ(w.mlp.up.weight.at(1, 2), b.mlp_in.weight.at(1, 2));
      EXPECT_EQ(w.mlp.down.weight.at(1, 2), b.mlp_out.weight.at(1, 2));
    }
  }
}

}  // namespace
}  // namespace halfulp
