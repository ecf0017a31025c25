#include "halfulp/models/json_reading.hpp"

#include "halfulp/models/message.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

TEST(ParseJson, ReadsWhatIsValid) {
  const auto j = parse_json(R"( {"a": [1, -2, 3.5, true, null, "x"], "b": {}} )", "f");
  EXPECT_EQ(j, nlohmann::json::parse(R"({"a": [1, -2, 3.5, true, null, "x"], "b": {}})"));
}

TEST(ParseJson, NamesFileAndByteOfASyntaxError) {
  expect_input_error([] { parse_json(R"({"a": 1,})", "f.json"); }, {"f.json", "invalid JSON at byte 8"});
  expect_input_error([] { parse_json("{\"a\": \x01}", "f.json", 100); }, {"byte 106"});
  expect_input_error([] { parse_json("", "f.json"); }, {"f.json", "byte 0"});
  expect_input_error([] { parse_json("{} {}", "f.json"); }, {"byte 3"});
  expect_input_error([] { parse_json(R"({"a": NaN})", "f.json"); }, {"byte 6"});
  expect_input_error([] { parse_json(R"({"a": 1e999})", "f.json"); }, {"f.json"});
  expect_input_error([] { parse_json("[\"\xff\"]", "f.json"); }, {"f.json"});
}

TEST(ParseJson, DoesNotTakeANulForTheEnd) {
  expect_input_error([] { parse_json(std::string_view("{}\0{\"a\":1}", 10), "f"); }, {"byte 2"});
}

TEST(ParseJson, RefusesKeysThatStandTwice) {
  expect_input_error([] { parse_json(R"({"a": 1, "b": {"c": 1, "c": 1}})", "f"); }, {"f", "'c'", "twice"});
}

TEST(ParseJson, RefusesDeepNestingWithoutRecursing) {
  const std::string bomb(5'000'000, '[');
  expect_input_error([&] { parse_json(bomb, "f"); }, {"f", "more than 32 deep"});
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  expect_input_error([&] { parse_json(objects, "f"); }, {"f", "more than 32 deep"});
}

TEST(ParseJson, BoundsTheNumberOfValues) {
  expect_input_error([] { parse_json("[1, 2, 3, 4]", "f", 0, {.depth = 4, .values = 4}); },
                     {"more than 4 values"});
  expect_input_error(
      [] { parse_json(R"({"a": 1, "b": 2, "c": 3})", "f", 0, {.depth = 4, .values = 9, .keys = 2}); },
      {"more than 2 keys"});
  EXPECT_NO_THROW(
      parse_json(R"([{"a": 1, "b": 2}, {"c": 3}])", "f", 0, {.depth = 4, .values = 9, .keys = 2}));
}

TEST(Message, ControlCharactersBecomeVisible) {
  EXPECT_EQ(printable("a\nb\x1b[0m\x7f"), "a\\x0ab\\x1b[0m\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\x9b");
  EXPECT_EQ(printable("Grüße"), "Grüße");
}

TEST(Message, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("aüüü", 2), "aü...");
}

}  // namespace
}  // namespace halfulp
