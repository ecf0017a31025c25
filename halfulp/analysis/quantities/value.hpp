// What a quantity can be: a real number known to a radius, a number of a machine's format, a truth, an index,
// a list of values (vectors; matrices by rows) or a group of named ones.  Nested like the JSON that it
// becomes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "halfulp/arith/ball.hpp"
#include "halfulp/arith/decimal/decimal.hpp"
#include "halfulp/base/view.hpp"
#include "halfulp/layers/rounding_bound.hpp"

namespace halfulp {

/// A binary64 number that is the result itself, bit for bit; compared without the sign of zero where the
/// algorithm says nothing about it.
struct MachineNumber {
  double x = 0;
  bool sign_of_zero = true;
};

struct QuantityValue;
struct QuantityGroup {
  std::vector<std::pair<std::string, QuantityValue>> members;
};

struct QuantityValue {
  std::variant<Ball, MachineNumber, Decimal, bool, std::int64_t, std::vector<QuantityValue>, QuantityGroup>
      is;
};

inline QuantityValue value_of(const Ball& x) { return {x}; }
inline QuantityValue value_of(const Upper& x) { return {Ball(x.value())}; }
inline QuantityValue value_of(const Decimal& x) { return {x}; }
/// The result of a simulated algorithm.
inline QuantityValue value_of(double x) { return {MachineNumber{x, false}}; }
inline QuantityValue value_of_flag(bool flag) { return {flag}; }

template <class V>
QuantityValue value_of(const std::vector<V>& x) {
  std::vector<QuantityValue> items;
  for (const V& entry : x) items.push_back(value_of(entry));
  return {std::move(items)};
}
/// Rows of a matrix.
template <class V>
QuantityValue value_of(const Matrix<V>& x) {
  std::vector<QuantityValue> rows;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    std::vector<QuantityValue> row;
    for (std::size_t j = 0; j < x.columns(); ++j) row.push_back(value_of(x(i, j)));
    rows.push_back({std::move(row)});
  }
  return {std::move(rows)};
}
inline QuantityValue value_of_indices(const std::vector<std::size_t>& x) {
  std::vector<QuantityValue> items;
  for (const std::size_t i : x) items.push_back({static_cast<std::int64_t>(i)});
  return {std::move(items)};
}
inline QuantityValue group(std::vector<std::pair<std::string, QuantityValue>> members) {
  return {QuantityGroup{std::move(members)}};
}
inline QuantityValue value_of(const FirstOrder<Ball>& x) {
  return group({{"u", value_of(x.u)}, {"rho", value_of(x.rho)}});
}

}  // namespace halfulp
