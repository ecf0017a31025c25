// Numbers and formats read from the inputs of a quantity; every complaint names the file, entry and field.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "halfulp/arith/ball.hpp"
#include "halfulp/arith/decimal/decimal.hpp"
#include "halfulp/arith/format.hpp"
#include "halfulp/models/vectors.hpp"

namespace halfulp {

/// A literal as a value, by `read`; complains in the name of the field.
template <class Read>
auto read_literal(const VectorFields& fields, std::string_view name, const std::string& place,
                  const Literal& literal, Read read, const char* kind) {
  const auto value = read(literal);
  if (!value) fields.fail(name, fmt::format("'{}' is not {}", literal.text.substr(0, 60), kind), place);
  return *value;
}

inline constexpr const char* hex_kind = "a hexadecimal float of 53 bits";
inline constexpr const char* finite_kind = "a finite hexadecimal float of 53 bits";
inline constexpr const char* decimal_kind = "a decimal number of at most 17 digits";

inline std::optional<Decimal> decimal_literal(const Literal& literal) { return decimal_of(literal.text); }
inline std::optional<Ball> exact_literal(const Literal& literal) {
  const auto x = binary64_of(literal);
  if (!x || !std::isfinite(*x)) return std::nullopt;
  return Ball(*x);
}

/// A field that holds a binary64 number.
inline double binary64_field(const VectorFields& fields, std::string_view name) {
  return read_literal(fields, name, "", fields.number(name), binary64_of, hex_kind);
}
inline Decimal decimal_field(const VectorFields& fields, std::string_view name) {
  return read_literal(fields, name, "", fields.number(name), decimal_literal, decimal_kind);
}
/// A finite binary64 number of [least, most].
double number_field(const VectorFields& fields, std::string_view name, double least, double most);

/// The format in a field; names that are none are the file's mistake, not the user's.
Format format_field(const VectorFields& fields, std::string_view name);
/// The field "overflow" for a format: whether it saturates.  "none" fits unbounded formats only.
bool saturates(const VectorFields& fields, const Format& format);

}  // namespace halfulp
