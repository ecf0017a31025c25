// Views of numbers that somebody else owns: a row of values (possibly strided) and a matrix stored by rows.
// Tokens are columns: X is [d, n], entry (i, t) is feature i of token t, and the tokens of a feature lie side
// by side, so that a column is a strided row and a group of tokens can be a pack of lanes.
#pragma once

#include <cassert>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace halfulp {

/// A row of `size` values, `stride` apart.  Row<const V> reads, Row<V> writes.
template <class V>
class Row {
 public:
  Row() = default;
  Row(V* data, std::size_t size, std::ptrdiff_t stride = 1) : data_(data), size_(size), stride_(stride) {}
  Row(std::vector<std::remove_const_t<V>>& v) : Row(v.data(), v.size()) {}
  Row(const std::vector<std::remove_const_t<V>>& v) requires std::is_const_v<V> : Row(v.data(), v.size()) {}
  operator Row<const V>() const { return {data_, size_, stride_}; }

  V& operator[](std::size_t i) const {
    assert(i < size_);
    return data_[static_cast<std::ptrdiff_t>(i) * stride_];
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  V* data() const { return data_; }
  std::ptrdiff_t stride() const { return stride_; }
  /// Entries first .. first + count - 1.
  Row part(std::size_t first, std::size_t count) const {
    assert(first + count <= size_);
    return {data_ + static_cast<std::ptrdiff_t>(first) * stride_, count, stride_};
  }

 private:
  V* data_ = nullptr;
  std::size_t size_ = 0;
  std::ptrdiff_t stride_ = 1;
};

/// A matrix [rows, columns] stored by rows, `pitch` values from one row to the next.
template <class V>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(V* data, std::size_t rows, std::size_t columns, std::size_t pitch)
      : data_(data), rows_(rows), columns_(columns), pitch_(pitch) {}
  MatrixView(V* data, std::size_t rows, std::size_t columns) : MatrixView(data, rows, columns, columns) {}
  operator MatrixView<const V>() const { return {data_, rows_, columns_, pitch_}; }

  V& operator()(std::size_t i, std::size_t j) const {
    assert(i < rows_ && j < columns_);
    return data_[i * pitch_ + j];
  }
  Row<V> row(std::size_t i) const { return {data_ + i * pitch_, columns_, 1}; }
  Row<V> column(std::size_t j) const { return {data_ + j, rows_, static_cast<std::ptrdiff_t>(pitch_)}; }
  /// Rows first .. first + count - 1.
  MatrixView rows_part(std::size_t first, std::size_t count) const {
    assert(first + count <= rows_);
    return {data_ + first * pitch_, count, columns_, pitch_};
  }
  /// Columns first .. first + count - 1.
  MatrixView columns_part(std::size_t first, std::size_t count) const {
    assert(first + count <= columns_);
    return {data_ + first, rows_, count, pitch_};
  }
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t pitch() const { return pitch_; }
  V* data() const { return data_; }

 private:
  V* data_ = nullptr;
  std::size_t rows_ = 0, columns_ = 0, pitch_ = 0;
};

/// A matrix that owns its numbers; everything else takes views of it.
template <class V>
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::size_t columns, V value = V{})
      : values_(rows * columns, value), rows_(rows), columns_(columns) {}

  V& operator()(std::size_t i, std::size_t j) { return view()(i, j); }
  const V& operator()(std::size_t i, std::size_t j) const { return view()(i, j); }
  MatrixView<V> view() { return {values_.data(), rows_, columns_}; }
  MatrixView<const V> view() const { return {values_.data(), rows_, columns_}; }
  operator MatrixView<V>() { return view(); }
  operator MatrixView<const V>() const { return view(); }
  Row<V> row(std::size_t i) { return view().row(i); }
  Row<const V> row(std::size_t i) const { return view().row(i); }
  Row<V> column(std::size_t j) { return view().column(j); }
  Row<const V> column(std::size_t j) const { return view().column(j); }
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  const std::vector<V>& values() const { return values_; }
  std::vector<V>& values() { return values_; }

 private:
  std::vector<V> values_;
  std::size_t rows_ = 0, columns_ = 0;
};

}  // namespace halfulp
