#include "halfulp/report/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <stdexcept>

#include "halfulp/base/suggest.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using nlohmann::json;
using Violation = std::optional<std::string>;

bool has_type(const json& value, const std::string& type) {
  if (type == "integer")
    return value.is_number_integer() ||
           (value.is_number() &&
            value.get<double>() == static_cast<double>(static_cast<std::int64_t>(value.get<double>())));
  if (type == "number") return value.is_number();
  return type == value.type_name();
}

std::string with_article(const std::string& type) {
  if (type == "null") return "null";
  const bool vowel = std::string("aeiou").find(type.front()) != std::string::npos;
  return (vowel ? "an " : "a ") + type;
}

/// What a person sees of a value in a message.
std::string named(const json& value) {
  if (value.is_structured()) return with_article(value.type_name());
  return value.is_string() ? in_quotes(value.get_ref<const std::string&>().substr(0, 80)) : value.dump();
}

class Validator {
 public:
  explicit Validator(const json& root) : root_(root) {}

  Violation check(const json& value, const json& schema, const std::string& place) const {
    for (const auto& [keyword, rule] : schema.items())
      if (Violation wrong = check(keyword, rule, value, schema, place)) return wrong;
    return {};
  }

 private:
  Violation check(const std::string& keyword, const json& rule, const json& value, const json& schema,
                  const std::string& place) const {
    const auto wrong = [&](const std::string& what) -> Violation {
      return (place.empty() ? std::string("the document") : place) + ": " + what;
    };
    if (keyword == "$ref")
      return check(value, root_.at(json::json_pointer(rule.get<std::string>().substr(1))), place);
    if (keyword == "type") return of_type(rule, value, wrong);
    if (keyword == "const") return value == rule ? Violation() : wrong(named(value) + ", not " + named(rule));
    if (keyword == "enum") {
      if (std::find(rule.begin(), rule.end(), value) != rule.end()) return {};
      std::vector<std::string> names;
      for (const json& name : rule) names.push_back(named(name));
      return wrong(named(value) + ", not " + list_of(names));
    }
    if (keyword == "oneOf" || keyword == "anyOf") return one_of(rule, value, place, keyword == "anyOf");
    if (keyword == "required" || keyword == "properties" || keyword == "additionalProperties" ||
        keyword == "propertyNames")
      return value.is_object() ? of_object(keyword, rule, value, schema, place) : Violation();
    if (keyword == "items" || keyword == "minItems" || keyword == "maxItems")
      return value.is_array() ? of_array(keyword, rule, value, place) : Violation();
    if (keyword == "minimum" || keyword == "exclusiveMinimum" || keyword == "exclusiveMaximum") {
      if (!value.is_number()) return {};
      const double x = value.get<double>(), limit = rule.get<double>();
      const bool inside = keyword == "minimum"            ? x >= limit
                          : keyword == "exclusiveMinimum" ? x > limit
                                                          : x < limit;
      return inside ? Violation() : wrong(fmt::format("{} is outside {} {}", x, keyword, limit));
    }
    if (keyword == "pattern") {
      if (!value.is_string()) return {};
      const std::string& text = value.get_ref<const std::string&>();
      // std::regex recurses along the text: what is longer is no name of ours
      if (text.size() <= 1000 && std::regex_search(text, std::regex(rule.get<std::string>()))) return {};
      return wrong(named(value) + " does not match " + rule.get<std::string>());
    }
    if (keyword == "description" || keyword == "title" || keyword == "$schema" || keyword == "$defs")
      return {};
    throw std::logic_error("schema: keyword " + keyword);
  }

  template <class Wrong>
  static Violation of_type(const json& rule, const json& value, const Wrong& wrong) {
    std::vector<std::string> types;
    if (rule.is_string())
      types.push_back(rule);
    else
      types = rule.get<std::vector<std::string>>();
    if (std::any_of(types.begin(), types.end(), [&](const auto& type) { return has_type(value, type); }))
      return {};
    for (std::string& type : types) type = with_article(type);
    return wrong(named(value) + ", not " + list_of(types));
  }

  Violation one_of(const json& forms, const json& value, const std::string& place, bool or_more) const {
    std::vector<std::string> violations;
    for (const json& form : forms)
      if (Violation wrong = check(value, form, place)) violations.push_back(std::move(*wrong));
    if (violations.size() + 1 == forms.size() || (or_more && violations.size() < forms.size())) return {};
    if (violations.size() < forms.size()) return place + ": fits more than one form";
    return violations.back();
  }

  Violation of_object(const std::string& keyword, const json& rule, const json& value, const json& schema,
                      const std::string& place) const {
    const std::string stem = place.empty() ? "" : place + ".";
    const auto inside = [&](const std::string& key) { return stem + printable(key, 60); };
    if (keyword == "required") {
      for (const json& key : rule)
        if (!value.contains(key.get<std::string>())) return inside(key) + ": missing";
      return {};
    }
    for (const auto& [key, entry] : value.items()) {
      const bool known = schema.contains("properties") && schema["properties"].contains(key);
      Violation wrong;
      if (keyword == "properties" && known) wrong = check(entry, rule.at(key), inside(key));
      if (keyword == "propertyNames") wrong = check(json(key), rule, inside(key));
      if (keyword == "additionalProperties" && !known)
        wrong = rule.is_boolean()
                    ? (rule.get<bool>() ? Violation() : inside(key) + ": a key that does not belong there")
                    : check(entry, rule, inside(key));
      if (wrong) return wrong;
    }
    return {};
  }

  Violation of_array(const std::string& keyword, const json& rule, const json& value,
                     const std::string& place) const {
    if (keyword != "items") {
      const std::size_t limit = rule.get<std::size_t>();
      const bool right = keyword == "minItems" ? value.size() >= limit : value.size() <= limit;
      return right ? Violation() : fmt::format("{}: {} entries, {} {}", place, value.size(), keyword, limit);
    }
    for (std::size_t i = 0; i < value.size(); ++i)
      if (Violation wrong = check(value[i], rule, fmt::format("{}[{}]", place, i))) return wrong;
    return {};
  }

  const json& root_;
};

}  // namespace

std::optional<std::string> violation(const json& document, const json& schema) {
  return Validator(schema).check(document, schema, "");
}

}  // namespace halfulp
