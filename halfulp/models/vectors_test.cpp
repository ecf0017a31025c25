#include "halfulp/models/vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

double hex(const std::string& text) {
  const auto x = binary64_of({text});
  EXPECT_TRUE(x) << text;
  return x.value_or(-1);
}

TEST(Vectors, HexadecimalFloatsAreReadExactly) {
  EXPECT_EQ(hex("0x1.8000000000000p+1"), 3);
  EXPECT_EQ(hex("-0x1.fffffffffffffp+1023"), -0x1.fffffffffffffp+1023);
  EXPECT_EQ(hex("0x0.0000000000001p-1022"), 0x1p-1074);
  EXPECT_EQ(hex("0x1p-1074"), 0x1p-1074);
  EXPECT_EQ(hex("0x10p-4"), 1);
  EXPECT_EQ(hex("0X.8P+1"), 1);
  EXPECT_EQ(hex("0x80000000000000000000p-79"), 1);
  EXPECT_TRUE(std::signbit(hex("-0x0.0p+0")));
  EXPECT_EQ(hex("-inf"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(hex("nan")));
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 2000; ++trial) {
    const double x =
        std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 2000) - 1100);
    char text[64];
    std::snprintf(text, sizeof text, "%a", x);
    EXPECT_EQ(hex(text), x) << text;
  }
  EXPECT_EQ(*binary64_of({"0.5", false}), 0.5);  // a JSON number
}

TEST(Vectors, WhatBinary64CannotHoldIsNoNumber) {
  for (const char* text : {"",
                           "-",
                           "0.5",
                           "1",
                           "0x",
                           "0xp1",
                           "0x1",
                           "0x1p",
                           "0x1.8",
                           "0x1.8p+",
                           "0x1g.0p0",
                           "0x1..0p0",
                           "0x1p+-1",
                           "0x1p0 ",
                           " 0x1p0",
                           "infinity",
                           "NAN",
                           "0x1.00000000000001p+0",
                           "0x1p+1024",
                           "0x1p-1075",
                           "0x1.8p-1074",
                           "0x1p99999999999999999999"})
    EXPECT_FALSE(binary64_of({text})) << text;
}

std::string entry(const std::string& fields) {
  return R"({"entries": [{"id": "p1", "quantity": "q", "expected": "0x1p0", "inputs": {)" + fields + "}}]}";
}

std::string message_of(auto f) {
  try {
    f();
  } catch (const input_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Vectors, FieldsAreReadByNameAndKind) {
  const VectorFile file = parse_vectors(
      entry(R"("t": 8, "x": ["0x1p0", 2.5, 3], "A": [["a", "b"], ["c", "d"], ["e", "f"]], "shift": true,
               "layers": [{"s": "one"}, {"s": "two"}])"),
      "v.json");
  ASSERT_EQ(file.vectors.size(), 1u);
  EXPECT_EQ(file.vectors[0].id, "p1");
  EXPECT_EQ(file.vectors[0].quantity, "q");
  EXPECT_EQ(file.vectors[0].entry.number("expected").text, "0x1p0");
  const VectorFields& in = file.vectors[0].inputs;
  EXPECT_EQ(in.integer("t", 1, 53), 8);
  EXPECT_TRUE(in.flag("shift"));
  EXPECT_TRUE(in.has("A"));
  EXPECT_FALSE(in.has("B"));
  ASSERT_EQ(in.row("x").size(), 3u);
  EXPECT_EQ(in.row("x")[1].text, "2.5");
  EXPECT_FALSE(in.row("x")[2].is_string);
  EXPECT_EQ(in.matrix("A").rows(), 3u);
  EXPECT_EQ(in.matrix("A")(2, 1).text, "f");
  EXPECT_EQ(in.objects("layers")[1].text("s"), "two");
}

TEST(Vectors, ComplaintsNameFileEntryAndField) {
  const VectorFile file = parse_vectors(entry(
                                            R"("t": 99, "big": 1e300, "neg": -18446744073709551615,
               "A": [["a", "b"], ["c"]], "B": [["a", true]], "x": ["a", []],
               "layers": [{"s": 1}, 2], "long": ")" +
                                            std::string(500, 'x') + "\""),
                                        "v.json");
  const VectorFields& in = file.vectors[0].inputs;
  EXPECT_EQ(message_of([&] { in.row("y"); }), "v.json: entry 'p1': inputs.y: the field is missing");
  EXPECT_EQ(message_of([&] { in.row("t"); }), "v.json: entry 'p1': inputs.t: not a list but 99");
  EXPECT_EQ(message_of([&] { in.integer("t", 1, 53); }),
            "v.json: entry 'p1': inputs.t: not a whole number from 1 to 53 but 99");
  EXPECT_NE(message_of([&] { in.integer("big", 1, 53); }), "no error");
  EXPECT_NE(message_of([&] { in.integer("neg", 1, 53); }), "no error");
  EXPECT_EQ(message_of([&] { in.matrix("A"); }),
            "v.json: entry 'p1': inputs.A[1]: a row of 1, but the first row has 2");
  EXPECT_EQ(message_of([&] { in.matrix("B"); }), "v.json: entry 'p1': inputs.B[0][1]: not a number but true");
  EXPECT_EQ(message_of([&] { in.row("x"); }),
            "v.json: entry 'p1': inputs.x[1]: not a number but a list of 0");
  EXPECT_EQ(message_of([&] { in.objects("layers"); }),
            "v.json: entry 'p1': inputs.layers[1]: not an object but 2");
  EXPECT_LT(message_of([&] { in.row("long"); }).size(), 120u);
}

TEST(Vectors, FilesWithoutTheOuterFormAreRefused) {
  for (const char* text :
       {"", "{", "[]", "3", "{}", R"({"entries": 3})", R"({"entries": [3]})", R"({"entries": [{}]})",
        R"({"entries": [{"id": "a"}]})", R"({"entries": [{"id": 1, "quantity": "q"}]})",
        R"({"entries": [{"id": "a", "quantity": "q", "inputs": {}}]})",
        R"({"entries": [{"id": "a", "quantity": "q", "expected": 1}]})",
        R"({"entries": [{"id": "a", "quantity": "q", "expected": 1, "inputs": []}]})"})
    EXPECT_TRUE(message_of([&] { parse_vectors(text, "v.json"); }).starts_with("v.json: ")) << text;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(message_of([&] { parse_vectors(R"({"entries": )" + deep + "}", "v.json"); }),
            "v.json: JSON nested more than 16 deep");
  EXPECT_NE(message_of([] { read_vectors("/nonexistent/v.json"); }), "no error");
  EXPECT_NE(message_of([] { read_vectors("/"); }), "no error");
}

}  // namespace
}  // namespace halfulp
