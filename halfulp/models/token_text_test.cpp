#include "halfulp/models/token_text.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

class TokenTextTest : public ::testing::Test {
 protected:
  TokenTextTest()
      : folder_(std::filesystem::temp_directory_path() / ("token_text_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~TokenTextTest() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name) << content;
  }
  std::string text(std::uint32_t id, std::size_t vocabulary = 100) {
    return std::string(read_token_text(folder_, vocabulary).of(id));
  }

  std::filesystem::path folder_;
};

TEST_F(TokenTextTest, NothingIsKnownWithoutAFile) {
  EXPECT_TRUE(read_token_text(folder_, 100).empty());
  EXPECT_EQ(text(0), "");
}

TEST_F(TokenTextTest, ByteLevelLettersBecomeBytes) {
  write("vocab.json", R"({"\u0120the": 0, "\u010a": 1, "caf\u00c3\u00a9": 2, "\u00c3": 3, "a": 5})");
  EXPECT_EQ(text(0), " the");
  EXPECT_EQ(text(1), "\n");
  EXPECT_EQ(text(2), "caf\u00e9");
  EXPECT_EQ(text(3), "<0xC3>") << "half a character is no text";
  EXPECT_EQ(text(4), "") << "an id without a token";
  EXPECT_EQ(text(5), "a");
}

TEST_F(TokenTextTest, PiecesBecomeSpacesAndBytes) {
  write("tokenizer.json", R"({"model": {"vocab": {"\u2581the": 0, "<0x0A>": 1, "<0xC3>": 2, "\u0120": 4}},
                              "added_tokens": [{"id": 3, "content": "<s>"}, {"id": 1000, "content": "far"}]})");
  EXPECT_EQ(text(0), " the");
  EXPECT_EQ(text(1), "\n");
  EXPECT_EQ(text(2), "<0xC3>");
  EXPECT_EQ(text(3), "<s>");
  EXPECT_EQ(text(4), "\u0120");
  EXPECT_EQ(text(1000), "") << "an added token that the model was never given";
}

TEST_F(TokenTextTest, AVocabularyThatIsTooLargeIsAnotherModels) {
  write("vocab.json", R"({"a": 0, "b": 2})");
  EXPECT_EQ(text(2, 3), "b");
  try {
    text(0, 2);
    FAIL() << "accepted";
  } catch (const input_error& error) {
    EXPECT_NE(std::string(error.what()).find("a token 2, but the model's vocabulary has 2"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(TokenTextTest, ListsAreUnderstood) {
  write("chars.json", R"({"chars": ["a", "\n"]})");
  EXPECT_EQ(text(1), "\n");
  write("vocab.json", R"([{"id": 1, "piece": "\u2581b"}, {"id": 0}])");
  EXPECT_EQ(text(1), " b") << "vocab.json comes first";
  write("tokenizer.json", R"({"model": {"vocab": [["x", -1.5], ["\u2581y", -2]]}})");
  EXPECT_EQ(text(1), " y");
}

TEST_F(TokenTextTest, AnyTextCanBeWrittenAsJson) {
  std::string hostile = R"({"\u0120": 0)";
  for (int id = 1; id < 300; ++id) {
    const unsigned a = 0x100 + static_cast<unsigned>(id * 7) % 0x43,
                   b = 0xA1 + static_cast<unsigned>(id) % 94;
    char piece[32];
    std::snprintf(piece, sizeof piece, ", \"\\u%04x\\u%04x\": %d", a, b, id);
    hostile += piece;
  }
  write("vocab.json", hostile + "}");
  const TokenText all = read_token_text(folder_, 300);
  for (std::uint32_t id = 0; id < 300; ++id)
    EXPECT_NO_THROW(nlohmann::json(std::string(all.of(id))).dump()) << id;
}

TEST_F(TokenTextTest, BrokenFilesAreRefused) {
  for (const char* content : {"{", "3", "{\"a\": 1, \"a\": 2}"}) {
    write("vocab.json", content);
    EXPECT_THROW(read_token_text(folder_, 100), input_error) << content;
  }
  for (const char* content :
       {"{\"a\": -1}", "{\"a\": 1e300}", "{\"a\": \"b\"}", "[1]", "{\"model\": {\"vocab\": 3}}"}) {
    write("vocab.json", content);
    EXPECT_EQ(text(1), "") << content;
  }
}

}  // namespace
}  // namespace halfulp
