// The readers on real trained checkpoints, where they are at hand (see data_folder()).
#include <array>

#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"
#include "halfulp/models/token_ids.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

struct Real {
  const char* folder;
  const char* ids;
  Family family;
  std::size_t parameters, tokens;
};

// Numbers of parameters and tokens as the folders' own descriptions state them.
constexpr auto models = std::to_array<Real>({
    {"stories260K", "stories260K/tokens.json", Family::llama, 260'032, 256},
    {"stories260K/bf16", "stories260K/tokens.json", Family::llama, 260'032, 256},
    {"llama-mid-tinyshakespeare/bf16", "llama-mid-tinyshakespeare/tokens.json", Family::llama, 9'492'096,
     128},
    {"gpt2-tinyshakespeare", "gpt2-tinyshakespeare/tokens.json", Family::gpt2, 818'048, 128},
    {"gpt2-tinyshakespeare/bf16", "gpt2-tinyshakespeare/tokens.json", Family::gpt2, 818'048, 128},
    {"paper-tinyshakespeare/step00000", "paper-tinyshakespeare/tokens.json", Family::paper, 288'768, 128},
    {"paper-tinyshakespeare/step04500", "paper-tinyshakespeare/tokens.json", Family::paper, 288'768, 128},
    {"paper-tinyshakespeare/step04500/bf16", "paper-tinyshakespeare/tokens.json", Family::paper, 288'768,
     128},
});

TEST(RealCheckpoints, LoadWithTheirStatedSizesAndTokens) {
  if (!std::filesystem::is_directory(data_folder() / "stories260K")) GTEST_SKIP() << "no data";
  for (const Real& real : models) {
    SCOPED_TRACE(real.folder);
    const Checkpoint c = load_checkpoint(data_folder() / real.folder);
    EXPECT_EQ(c.architecture.family, real.family);
    EXPECT_EQ(c.architecture.parameters(), real.parameters);
    EXPECT_TRUE(c.unknown_keys.empty());
    const auto ids = read_token_ids(data_folder() / real.ids);
    EXPECT_EQ(ids.size(), real.tokens);
    check_token_ids(ids, c.architecture, real.ids);
  }
}

/// Every entry of `rounded` is within half an ulp of bf16 of that of `exact`.
void expect_close(const WeightView& exact, const WeightView& rounded) {
  ASSERT_EQ(exact.rows, rounded.rows);
  ASSERT_EQ(exact.columns, rounded.columns);
  std::vector<double> x(exact.columns), y(exact.columns);
  for (std::size_t i = 0; i < exact.rows; ++i) {
    exact.read_row(i, 0, x);
    rounded.read_row(i, 0, y);
    for (std::size_t j = 0; j < exact.columns; ++j)
      ASSERT_LE(std::abs(x[j] - y[j]), std::abs(x[j]) * 0x1p-8) << i << " " << j;
  }
}

TEST(RealCheckpoints, Bf16WeightsAreTheRoundedOnesInEveryPlace) {
  if (!std::filesystem::is_directory(data_folder() / "stories260K")) GTEST_SKIP() << "no data";
  for (const std::string name : {"stories260K", "gpt2-tinyshakespeare", "paper-tinyshakespeare/step04500"}) {
    SCOPED_TRACE(name);
    const Checkpoint exact = load_checkpoint(data_folder() / name);
    const Checkpoint rounded = load_checkpoint(data_folder() / name / "bf16");
    expect_close(exact.weights.embedding, rounded.weights.embedding);
    for (std::size_t l = 0; l < exact.weights.blocks.size(); ++l) {
      const BlockWeights &a = exact.weights.blocks[l], &b = rounded.weights.blocks[l];
      expect_close(a.query.weight, b.query.weight);
      expect_close(a.key.weight, b.key.weight);
      expect_close(a.value.weight, b.value.weight);
      expect_close(a.attn_out.weight, b.attn_out.weight);
      expect_close(a.mlp_in.weight, b.mlp_in.weight);
      expect_close(a.mlp_out.bias, b.mlp_out.bias);
    }
  }
}

}  // namespace
}  // namespace halfulp
