#include "halfulp/layers/architecture.hpp"

#include <gtest/gtest.h>

namespace halfulp {
namespace {

TEST(Architecture, CountsTheParametersOfTinyLlama) {
  // 1,100,048,384: what TinyLlama 1.1B's card and its index of shards say.
  Architecture a;
  a.vocabulary = 32000;
  a.width = 2048;
  a.layers = 22;
  a.heads = 32;
  a.kv_heads = 4;
  a.head_dim = 64;
  a.inner = 5632;
  EXPECT_EQ(a.parameters(), 1'100'048'384U);
  a.tied_head = true;
  EXPECT_EQ(a.parameters(), 1'100'048'384U - 32000 * 2048);
}

TEST(Architecture, CountsTheParametersOfGpt2) {
  // 124,439,808: GPT-2 small with its tied head.
  Architecture a;
  a.family = Family::gpt2;
  a.vocabulary = 50257;
  a.width = 768;
  a.layers = 12;
  a.heads = a.kv_heads = 12;
  a.head_dim = 64;
  a.inner = 3072;
  a.positions = 1024;
  a.norm = Norm::layer;
  a.norm_bias = a.qkv_bias = a.attn_out_bias = a.mlp_bias = a.learned_positions = a.tied_head = true;
  a.gated = false;
  EXPECT_EQ(a.parameters(), 124'439'808U);
}

}  // namespace
}  // namespace halfulp
