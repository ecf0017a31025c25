#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

/// A file of three vectors: one right, one wrong (or not), one unknown.
class CheckVerb : public ::testing::Test {
 protected:
  std::string file_of(const std::string& entries) {
    std::ofstream(path_) << R"({"entries": [)" << entries << "]}";
    return path_;
  }
  std::string file(bool with_wrong) {
    std::ofstream out(path_);
    out << R"({"schema": "x", "seed": 1, "entries": [
      {"id": "a", "quantity": "round.bits", "inputs": {"t": 2, "x": "0x1.2p+0"}, "expected": "0x1p+0"},)";
    if (with_wrong)
      out << R"({"id": "b", "quantity": "op.add", 
                 "inputs": {"arith": "bin8", "overflow": "none", "a": "0x1p0", "b": "0x1p0"},
                 "expected": "0x1p+0"},)";
    out << R"({"id": "c", "quantity": "unheard.of", "inputs": {}, "expected": 1}]})";
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

 private:
  std::string path_ = ::testing::TempDir() + "check_verb_test_" +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
};

TEST_F(CheckVerb, NamesWhatFailedAndWhatWasSkipped) {
  const Ran ran = run({"check", file(true)});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.out.find("FAILED op.add b: expected 0x1p+0, got 0x1p+1\n"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("skipped, one quantity unknown to this version:\n  unheard.of (1)\n"),
            std::string::npos)
      << ran.out;
  EXPECT_TRUE(ran.out.ends_with("1 passed, 1 failed, 1 skipped\n")) << ran.out;
}

TEST_F(CheckVerb, EndsWithZeroWhenNothingFailed) {
  const std::string path = file(false);
  const Ran ran = run({"check", path, path});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_TRUE(ran.out.ends_with("2 passed, 0 failed, 2 skipped\n")) << ran.out;
}

TEST_F(CheckVerb, PrintsOneDocument) {
  const Ran ran = run({"check", "--json", file(true)});
  EXPECT_EQ(ran.exit_code, 1);
  const auto document = nlohmann::json::parse(ran.out);
  EXPECT_EQ(document["schema"], "halfulp.check/1");
  EXPECT_EQ(document["passed"], 1);
  EXPECT_EQ(document["failed"], 1);
  EXPECT_EQ(document["skipped"], 1);
  ASSERT_EQ(document["quantities"].size(), 3u);
  EXPECT_EQ(document["quantities"][0],
            (nlohmann::json{{"name", "op.add"}, {"passed", 0}, {"failed", 1}, {"skipped", 0}}));
  EXPECT_EQ(document["failures"][0]["id"], "b");
  EXPECT_TRUE(document["provenance"].contains("command_line"));
}

TEST_F(CheckVerb, BrokenEntriesEndWithThreeAndTheOthersAreEvaluated) {
  const std::string path = file_of(R"({"id": "a", "quantity": "mean", "inputs": {}, "expected": "1"},
      {"id": "b", "quantity": "mean", "inputs": {"x": [1, 3]}, "expected": "2"})");
  const Ran ran = run({"check", path});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_NE(ran.out.find("BROKEN " + path + ": entry 'a': inputs.x: the field is missing\n"),
            std::string::npos)
      << ran.out;
  EXPECT_TRUE(ran.out.ends_with("1 passed, 1 failed, 0 skipped\n")) << ran.out;
  const Ran json = run({"check", "--json", path});
  EXPECT_EQ(json.exit_code, 3);
  EXPECT_EQ(nlohmann::json::parse(json.out)["broken"][0]["id"], "a");
}

TEST_F(CheckVerb, ComparingNothingIsNoSuccess) {
  for (const char* entries : {"", R"({"id": "a", "quantity": "unheard.of", "inputs": {}, "expected": 1})"}) {
    const Ran ran = run({"check", file_of(entries)});
    EXPECT_EQ(ran.exit_code, 3);
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
    EXPECT_NE(ran.log.find("nothing was compared"), std::string::npos) << ran.log;
    EXPECT_TRUE(ran.out.find("0 passed, 0 failed") != std::string::npos) << ran.out;
  }
}

TEST_F(CheckVerb, BrokenFilesEndWithOneLineAndThree) {
  const Ran missing = run({"check", "no such file.json"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_TRUE(is_one_error_line(missing.log)) << missing.log;
  EXPECT_EQ(missing.out, "");
  EXPECT_EQ(run({"check"}).exit_code, 2);
}

}  // namespace
}  // namespace halfulp
