// What the checks of test vectors share: numbers of an arithmetic read from an entry, and results compared.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "halfulp/analysis/check.hpp"
#include "halfulp/arith/decimal/decimal.hpp"
#include "halfulp/arith/format.hpp"

namespace halfulp {

/// A number (rank 0), a vector (rank 1, one column) or a matrix (rank 2).
template <class V>
struct Shaped {
  int rank;
  Matrix<V> values;
};

inline std::string place_of(int rank, std::size_t i, std::size_t j) {
  return rank == 0 ? "" : rank == 1 ? fmt::format("[{}]", i) : fmt::format("[{}][{}]", i, j);
}

/// The field `expected`, which must have the shape of the result.
template <class V>
Matrix<Literal> expected_of(const TestVector& vector, const Shaped<V>& got) {
  Matrix<Literal> expected;
  if (got.rank == 2) {
    expected = vector.entry.matrix("expected");
  } else {
    const auto literals =
        got.rank == 0 ? std::vector<Literal>{vector.entry.number("expected")} : vector.entry.row("expected");
    expected = Matrix<Literal>(literals.size(), 1);
    expected.values() = literals;
  }
  if (expected.rows() != got.values.rows() || expected.columns() != got.values.columns())
    vector.entry.fail("expected", fmt::format("has shape {} x {}, the quantity {} x {}", expected.rows(),
                                              expected.columns(), got.values.rows(), got.values.columns()));
  return expected;
}

/// A literal as a value, by `read`; complains in the name of the field.
template <class Read>
auto value_of(const VectorFields& fields, std::string_view name, const std::string& place,
              const Literal& literal, Read read, const char* kind) {
  const auto value = read(literal);
  if (!value) fields.fail(name, fmt::format("'{}' is not {}", literal.text.substr(0, 60), kind), place);
  return *value;
}

/// Whether x and y are the same number bit for bit; any NaN equals any NaN.
inline bool same_bits(double x, double y) {
  return (std::isnan(x) && std::isnan(y)) || (x == y && std::signbit(x) == std::signbit(y));
}
inline bool same_number(double x, double y) { return (std::isnan(x) && std::isnan(y)) || x == y; }
inline bool same_number(const Decimal& x, const Decimal& y) {
  return (x.kind == Decimal::Kind::nan && y.kind == Decimal::Kind::nan) || x == y;
}

inline constexpr const char* hex_kind = "a hexadecimal float of 53 bits";
inline constexpr const char* decimal_kind = "a decimal number of at most 17 digits";

inline std::optional<Decimal> decimal_literal(const Literal& literal) { return decimal_of(literal.text); }

/// A field that holds a binary64 number.
inline double binary64_field(const VectorFields& fields, std::string_view name) {
  return value_of(fields, name, "", fields.number(name), binary64_of, hex_kind);
}
inline Decimal decimal_field(const VectorFields& fields, std::string_view name) {
  return value_of(fields, name, "", fields.number(name), decimal_literal, decimal_kind);
}

/// The format in a field; names that are none are the file's mistake, not the user's.
Format format_field(const VectorFields& fields, std::string_view name);
/// The field "overflow" for a format: whether it saturates.  "none" fits unbounded formats only.
bool saturates(const VectorFields& fields, const Format& format);

}  // namespace halfulp
