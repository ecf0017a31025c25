#include "halfulp/report/checkpoint_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "halfulp/base/error.hpp"
#include "halfulp/models/hash.hpp"

namespace halfulp {
namespace {

struct CheckpointFile : testing::Test {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      (std::string("halfulp_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  ~CheckpointFile() override { std::filesystem::remove(path); }

  static ExperimentCheckpoint small() {
    ExperimentCheckpoint c{"figure 4", {}, {}};
    c.options.arithmetics = {"bin8"};
    c.options.d = c.options.n = 4;
    c.options.layers = {2};
    c.options.norm = NormOrder::post;
    c.options.lambda = {0.1};
    const Figure f = figure_named(c.name, c.options);
    c.outcome = Outcome(f.plan);
    run_plan(f.plan, {3, 40}, c.outcome, {});
    return c;
  }
  std::string content() const {
    std::ostringstream all;
    all << std::ifstream(path, std::ios::binary).rdbuf();
    return all.str();
  }
  void put(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
  std::string refusal() const {
    try {
      read_checkpoint(path);
    } catch (const input_error& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(CheckpointFile, RoundTrip) {
  const ExperimentCheckpoint written = small();
  write_checkpoint(path, written);
  const ExperimentCheckpoint read = read_checkpoint(path);
  EXPECT_EQ(read.name, written.name);
  EXPECT_EQ(document_of(read.options), document_of(written.options));
  EXPECT_EQ(read.outcome, written.outcome);
}

TEST_F(CheckpointFile, DamageIsSeenAndNamed) {
  write_checkpoint(path, small());
  const std::string whole = content();
  for (std::size_t length :
       {std::size_t{0}, std::size_t{10}, std::size_t{25}, whole.size() / 2, whole.size() - 1}) {
    put(whole.substr(0, length));
    EXPECT_NE(refusal().find(path.string()), std::string::npos) << length;
  }
  for (std::size_t i = 0; i < whole.size(); i += 1 + whole.size() / 100) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    put(damaged);
    EXPECT_NE(refusal(), "") << i;
  }
  put("halfulp checkpoint 2\n" + whole.substr(21));
  EXPECT_NE(refusal().find("another version"), std::string::npos);
  put("{}");
  EXPECT_NE(refusal().find("not a checkpoint"), std::string::npos);
}

TEST_F(CheckpointFile, ALieUnderARightHashIsRefused) {
  write_checkpoint(path, small());
  std::string lie = content();
  lie.resize(lie.size() - 8);
  const std::size_t at = lie.find("\"figure 4\"");
  ASSERT_NE(at, std::string::npos);
  for (const char number : {'1', '9'}) {
    lie[at + 8] = number;
    const std::uint64_t hash = hash_of(lie);
    put(lie + std::string(reinterpret_cast<const char*>(&hash), 8));
    EXPECT_NE(refusal(), "") << number;
  }
}

}  // namespace
}  // namespace halfulp
