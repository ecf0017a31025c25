// The inputs of a quantity as values of an arithmetic, read by name with their shapes.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "halfulp/analysis/quantities/reading.hpp"
#include "halfulp/analysis/quantities/value.hpp"
#include "halfulp/layers/block/block.hpp"

namespace halfulp {

/// The inputs of an entry (or of one layer of it) as values of an arithmetic.
template <class V>
class RoomInputs {
 public:
  using Read = std::optional<V> (*)(const Literal&);

  /// states_orders: the entry says how sqrt(d) is rounded, which product comes first and whether scores are
  /// shifted, as far as its quantity has these.  Otherwise they do not matter.
  RoomInputs(const VectorFields& fields, Read read, const char* kind, bool states_orders)
      : fields_(fields), read_(read), kind_(kind), states_orders_(states_orders) {}

  /// Of `size` entries, or of any number of them but none.
  std::vector<V> row(std::string_view name, std::size_t size = 0) const {
    const std::vector<Literal> literals = fields_.row(name);
    if (literals.empty() || (size != 0 && literals.size() != size))
      fields_.fail(name, fmt::format("has {} entries{}", literals.size(),
                                     size != 0 ? fmt::format(", not {}", size) : ""));
    std::vector<V> values;
    for (std::size_t i = 0; i < literals.size(); ++i) values.push_back(value(name, 1, i, 0, literals[i]));
    return values;
  }
  /// [rows, columns], either of which may be 0: any.
  Matrix<V> matrix(std::string_view name, std::size_t rows = 0, std::size_t columns = 0) const {
    const Matrix<Literal> literals = fields_.matrix(name);
    if (literals.values().empty() || (rows != 0 && literals.rows() != rows) ||
        (columns != 0 && literals.columns() != columns))
      fields_.fail(name, fmt::format("has shape {} x {}{}", literals.rows(), literals.columns(),
                                     rows + columns != 0
                                         ? fmt::format(", not {} x {}", size_name(rows), size_name(columns))
                                         : ""));
    Matrix<V> values(literals.rows(), literals.columns());
    for (std::size_t i = 0; i < values.rows(); ++i)
      for (std::size_t j = 0; j < values.columns(); ++j) values(i, j) = value(name, 2, i, j, literals(i, j));
    return values;
  }
  void read_attention(PaperBlock<V>& block, std::size_t d) const {
    block.wq = matrix("Wq", d, d);
    block.wk = matrix("Wk", d, d);
    block.wv = matrix("Wv", d, d);
  }
  void read_perceptron(PaperBlock<V>& block, std::size_t d) const {
    block.a1 = matrix("A1", 0, d);
    block.b1 = row("b1", block.a1.rows());
    block.a2 = matrix("A2", d, block.a1.rows());
    block.b2 = row("b2", d);
  }
  RootOfD root() const {
    if (!states_orders_) return RootOfD::exact;
    return one_of("sqrtd", "exact", "rounded") ? RootOfD::rounded : RootOfD::exact;
  }
  Shift shift() const {
    if (!states_orders_) return Shift::by_maximum;
    return fields_.flag("shift") ? Shift::by_maximum : Shift::none;
  }
  AttentionForm form() const {
    if (!states_orders_) return {ValueOrder::mix_first, Shift::by_maximum, RootOfD::exact};
    const bool projected = one_of("order", "Wv(Xpsi)", "(WvX)psi");
    return {projected ? ValueOrder::project_first : ValueOrder::mix_first, shift(), root()};
  }
  const VectorFields& fields() const { return fields_; }
  std::vector<RoomInputs> layers() const {
    std::vector<RoomInputs> all;
    for (const VectorFields& layer : fields_.objects("layers"))
      all.emplace_back(layer, read_, kind_, states_orders_);
    return all;
  }

 private:
  static std::string size_name(std::size_t size) { return size == 0 ? "any" : std::to_string(size); }
  V value(std::string_view name, int rank, std::size_t i, std::size_t j, const Literal& literal) const {
    const std::string place = rank == 1 ? fmt::format("[{}]", i) : fmt::format("[{}][{}]", i, j);
    return read_literal(fields_, name, place, literal, read_, kind_);
  }
  /// Whether the field is the second of two words.
  bool one_of(std::string_view name, std::string_view first, std::string_view second) const {
    const std::string text = fields_.text(name);
    if (text != first && text != second)
      fields_.fail(name, fmt::format("'{}' is neither {} nor {}", text.substr(0, 60), first, second));
    return text == second;
  }

  VectorFields fields_;
  Read read_;
  const char* kind_;
  bool states_orders_;
};

/// The inputs of a mathematical quantity: numbers as they are.
inline RoomInputs<Ball> exact_inputs(const VectorFields& fields) {
  return {fields, exact_literal, finite_kind, false};
}

/// A number (rank 0), a vector (rank 1, one column) or a matrix (rank 2).
template <class V>
struct Shaped {
  int rank;
  Matrix<V> values;
};

template <class V>
QuantityValue value_of(const Shaped<V>& x) {
  if (x.rank == 0) return value_of(x.values(0, 0));
  return x.rank == 1 ? value_of(x.values.values()) : value_of(x.values);
}

template <class V>
Shaped<V> as_number(V x) {
  return {0, Matrix<V>(1, 1, x)};
}
template <class V>
Shaped<V> as_vector(std::vector<V> x) {
  Matrix<V> column(x.size(), 1);
  column.values() = std::move(x);
  return {1, std::move(column)};
}
template <class V>
Matrix<V> column_of(std::vector<V> x) {
  return as_vector(std::move(x)).values;
}

}  // namespace halfulp
