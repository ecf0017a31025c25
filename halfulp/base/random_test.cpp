#include "halfulp/base/random.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace halfulp {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known answers that Random123 publishes for philox4x32 with 10 rounds.
TEST(Philox4x32, GivesThePublishedKnownAnswers) {
  EXPECT_EQ((Philox4x32{0, 0}.block(0)), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint64_t ones = ~std::uint64_t{0};
  EXPECT_EQ((Philox4x32{ones, ones}.block(ones)), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  const Philox4x32 pi{0x299f31d0a4093822, 0x0370734413198a2e};
  EXPECT_EQ(pi.block(0x85a308d3243f6a88), (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox4x32, FillGivesTheBlocksOneAfterAnother) {
  const Philox4x32 random{7, 11};
  std::vector<std::uint32_t> words(10);
  random.fill(5, words);
  for (std::size_t i = 0; i < words.size(); ++i) EXPECT_EQ(words[i], random.block(5 + i / 4)[i % 4]) << i;
}

TEST(Philox4x32, SeedsStreamsAndCountersAllMatter) {
  std::set<Block> blocks;
  for (std::uint64_t i = 0; i < 4; ++i)
    for (std::uint64_t j = 0; j < 4; ++j)
      for (std::uint64_t k = 0; k < 4; ++k) blocks.insert(Philox4x32{i, j << 32}.block(k));
  EXPECT_EQ(blocks.size(), 64U);
}

TEST(Philox4x32, UniformEndsBelowOne) {
  EXPECT_EQ(uniform(0, 0), 0);
  EXPECT_EQ(uniform(0x80000000, 0), 0.5);
  EXPECT_EQ(uniform(0xffffffff, 0xffffffff), 1 - 0x1p-53);
}

}  // namespace
}  // namespace halfulp
