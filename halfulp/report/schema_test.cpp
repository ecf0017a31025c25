// Documents against schemas: each keyword accepts and refuses, and says what stands where.
#include "halfulp/report/schema.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "halfulp/report/page_assets.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

struct Case {
  const char* schema;
  const char* right;
  const char* wrong;
  const char* message;
};

TEST(Schema, EveryKeywordAcceptsAndRefuses) {
  const Case cases[] = {
      {R"({"type": "object"})", "{}", "[]", "the document: an array, not an object"},
      {R"({"type": ["number", "null"]})", "null", "\"x\"", "the document: 'x', not a number or null"},
      {R"({"type": "integer"})", "3.0", "3.5", "3.5, not an integer"},
      {R"({"const": "a/1"})", "\"a/1\"", "\"a/2\"", "'a/2', not 'a/1'"},
      {R"({"enum": ["a", null]})", "null", "\"b\"", "'b', not 'a' or null"},
      {R"({"required": ["k"]})", R"({"k": 1})", "{}", "k: missing"},
      {R"({"properties": {"k": {"type": "string"}}})", R"({"k": "s"})", R"({"k": 1})", "k: 1, not a string"},
      {R"({"properties": {"k": {}}, "additionalProperties": false})", R"({"k": 1})", R"({"other": 1})",
       "other: a key that does not belong there"},
      {R"({"additionalProperties": {"type": "number"}})", R"({"a": 1})", R"({"a": "x"})",
       "a: 'x', not a number"},
      {R"({"propertyNames": {"pattern": "^[a-z]+$"}})", R"({"a": 1})", R"({"A": 1})",
       "A: 'A' does not match"},
      {R"({"items": {"type": "number"}})", "[1, 2]", "[1, [2]]", "[1]: an array, not a number"},
      {R"({"minItems": 2})", "[1, 2]", "[1]", "1 entries, minItems 2"},
      {R"({"maxItems": 1})", "[1]", "[1, 2]", "2 entries, maxItems 1"},
      {R"({"minimum": 0})", "0", "-1", "-1 is outside minimum 0"},
      {R"({"exclusiveMinimum": 0})", "1", "0", "0 is outside exclusiveMinimum 0"},
      {R"({"exclusiveMaximum": 1})", "0.5", "1", "1 is outside exclusiveMaximum 1"},
      {R"({"pattern": "^x+$"})", "\"xx\"", "\"xy\"", "'xy' does not match ^x+$"},
      {R"({"oneOf": [{"type": "string"}, {"type": "null"}]})", "null", "1", "1, not null"},
      {R"({"anyOf": [{"type": "number"}, {"type": "integer"}]})", "1", "null", "null, not an integer"},
      {R"({"oneOf": [{"type": "number"}, {"type": "integer"}]})", "0.5", "1", "fits more than one form"},
      {R"({"items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "number"}}})", "[1]", "[null]",
       "[0]: null, not a number"},
  };
  for (const Case& c : cases) {
    const json schema = json::parse(c.schema);
    EXPECT_EQ(violation(json::parse(c.right), schema), std::nullopt) << c.schema;
    const auto wrong = violation(json::parse(c.wrong), schema);
    ASSERT_TRUE(wrong) << c.schema;
    EXPECT_NE(wrong->find(c.message), std::string::npos) << c.schema << "\n" << *wrong;
  }
}

TEST(Schema, SaysWhereInANestedDocument) {
  const json schema = json::parse(
      R"({"properties": {"sites": {"items": {"properties": {"local": {"required": ["max"]}}}}}})");
  EXPECT_EQ(violation(json::parse(R"({"sites": [{}, {"local": {}}]})"), schema),
            "sites[1].local.max: missing");
}

TEST(Schema, ALongStringDoesNotReachTheRegularExpression) {
  EXPECT_TRUE(violation(json(std::string(1 << 22, 'x')), json::parse(R"({"pattern": "^(x|xx)+$"})")));
}

TEST(Schema, AKeywordThatIsNotImplementedIsNotSkipped) {
  EXPECT_THROW(violation(json(1), json::parse(R"({"multipleOf": 2})")), std::logic_error);
}

// Such keywords would otherwise be found by the first user who reads a result of that verb.
void look_for_keywords(const json& schema) {
  if (schema.is_array())
    for (const json& one : schema) look_for_keywords(one);
  if (!schema.is_object()) return;
  for (const auto& [keyword, rule] : schema.items()) {
    EXPECT_NO_THROW(violation(json::object(), {{keyword, rule}, {"$defs", json::object()}})) << keyword;
    if (keyword == "properties" || keyword == "$defs")
      for (const auto& [name, inner] : rule.items()) look_for_keywords(inner);
    else if (keyword != "const" && keyword != "enum")
      look_for_keywords(rule);
  }
}

TEST(Schema, KnowsEveryKeywordOfOurSchemas) {
  ASSERT_FALSE(verbs_with_results().empty());
  for (const std::string& verb : verbs_with_results()) {
    SCOPED_TRACE(verb);
    json schema = json::parse(schema_of(verb));
    EXPECT_EQ(schema["properties"]["schema"]["const"], "halfulp." + verb + "/1");
    // References point into the whole schema: here only their keywords are of interest.
    const auto drop_references = [](auto&& self, json& node) -> void {
      if (node.is_object()) node.erase("$ref");
      if (node.is_structured())
        for (json& inner : node) self(self, inner);
    };
    drop_references(drop_references, schema);
    look_for_keywords(schema);
  }
}

}  // namespace
}  // namespace halfulp
