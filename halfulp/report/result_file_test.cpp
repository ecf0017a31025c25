// Result files that lie: one line that names the file and the cure, never a crash.
#include "halfulp/report/result_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "halfulp/base/error.hpp"
#include "halfulp/report/page_assets.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

Json check_document() {
  return {{"schema", "halfulp.check/1"},
          {"provenance", {{"version", "0.1.0"}, {"commit", "abc"}, {"command_line", "halfulp check v.json"}}},
          {"files", {"v.json"}},
          {"passed", 1},
          {"failed", 0},
          {"skipped", 0},
          {"quantities", {{{"name", "softmax"}, {"passed", 1}, {"failed", 0}, {"skipped", 0}}}},
          {"failures", Json::array()},
          {"broken", Json::array()}};
}

class ResultFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "result_file_test_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::filesystem::path written(const std::string& text) const {
    std::ofstream(folder / "r.json", std::ios::binary) << text;
    return folder / "r.json";
  }
  void refused(const std::string& text, const std::string& part) const {
    try {
      read_result_file(written(text));
      ADD_FAILURE() << "read: " << text.substr(0, 200);
    } catch (const input_error& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find("r.json"), std::string::npos) << message;
      EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks " << part;
      EXPECT_LT(message.size(), 700u);
      for (const char c : message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << message;
    }
  }
  std::filesystem::path folder;
};

TEST_F(ResultFileTest, AWholeResultIsReadInTheOrderOfTheFile) {
  const ResultFile file = read_result_file(written(check_document().dump(1)));
  EXPECT_EQ(file.document, check_document());
  EXPECT_EQ(file.document.begin().key(), "schema");
}

TEST_F(ResultFileTest, WhatIsNoResultIsRefused) {
  refused("", "empty");
  refused("{", "invalid JSON at byte");
  refused("<html>", "invalid JSON at byte 0");
  refused("{\"schema\": \"halfulp.check/1\", \"x\": NaN}", "invalid JSON");
  refused("{\"schema\": 1e999}", "invalid JSON");
  refused("[1]", "no key 'schema'");
  refused("{}", "--json");
  refused("{\"schema\": 3}", "no key 'schema'");
  refused("{\"schema\": \"else/1\"}", "'else/1'");
  refused("{\"schema\": \"a\", \"schema\": \"b\"}", "stands twice");
  refused("{\"schema\": \"\xff\"}", "invalid JSON");
  refused(std::string("{\"schema\": \"halfulp.check/1\"}\0", 31), "invalid JSON");
  refused(std::string(100000, '['), "32 deep");
  refused("{\"schema\": \"halfulp." + std::string(1 << 20, 'x') + "/1\"}", "does not know");
  EXPECT_THROW(read_result_file(folder / "absent.json"), input_error);
  EXPECT_THROW(read_result_file(folder), input_error);
}

TEST_F(ResultFileTest, AnotherVersionIsNamed) {
  Json document = check_document();
  document["schema"] = "halfulp.check/2";
  refused(document.dump(), "'halfulp.check/2', and this halfulp reads halfulp.check/1");
  document["schema"] = "halfulp.check";
  refused(document.dump(), "not a result of halfulp");
  document["schema"] = "halfulp.divination/1";
  refused(document.dump(), "does not know");
  document["schema"] = "halfulp.check/1\n\x1b[31m";
  refused(document.dump(), "reads halfulp.check/1");
}

TEST_F(ResultFileTest, EveryMissingKeyIsNamed) {
  const Json whole = check_document();
  for (const auto& [key, value] : whole.items()) {
    Json document = whole;
    document.erase(key);
    refused(document.dump(), key == "schema" ? "no key 'schema'" : key + ": missing");
  }
}

TEST_F(ResultFileTest, AValueOfAnotherKindIsNamedWithItsPlace) {
  Json document = check_document();
  document["quantities"][0]["passed"] = "<script>";
  refused(document.dump(), "quantities[0].passed: '<script>', not an integer (docs/schema/check.json)");
}

TEST_F(ResultFileTest, TooMuchIsRefused) {
  refused("{\"schema\": \"halfulp.check/1\", \"x\": \"" + std::string((64u << 20) + 1, 'x') + "\"}",
          "64 MiB");
  std::string many = "{\"schema\": \"halfulp.check/1\", \"x\": [0";
  for (int i = 0; i < 4'000'001; ++i) many += ",0";
  refused(many + "]}", "4000000 values");
}

}  // namespace
}  // namespace halfulp
