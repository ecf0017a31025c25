// Documents against their JSON schemas (docs/schema), with what stands there in words.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace halfulp {

/// The first way in which `document` is not what `schema` says, "sites[3].local: a string, not an object";
/// nothing for a valid document. Knows the keywords of JSON schema (2020-12) that our schemas use: type,
/// const, enum, anyOf, oneOf, required, properties, additionalProperties, propertyNames, items, minItems,
/// maxItems, minimum, exclusiveMinimum, exclusiveMaximum, pattern, $ref within the schema.  Throws
/// std::logic_error for any other.
std::optional<std::string> violation(const nlohmann::json& document, const nlohmann::json& schema);

}  // namespace halfulp
