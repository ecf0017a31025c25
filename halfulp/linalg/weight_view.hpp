// A weight matrix viewed where the checkpoint has it: bytes of a mapped file, read as numbers, never copied.
// W is [out, in]; the strides let a view be a slice of a fused tensor or a matrix stored as [in, out].
#pragma once

#include <cstddef>
#include <cstdint>

#include "halfulp/base/view.hpp"

namespace halfulp {

enum class DType : std::uint8_t { bf16, fp16, fp32, fp64 };

/// Bytes of one number.
std::size_t size_of(DType dtype);
/// "BF16", "F16", "F32", "F64": the names of safetensors.
const char* name_of(DType dtype);

/// A matrix [rows, columns] of a checkpoint (a vector has one row).  Strides count numbers, not bytes.
struct WeightView {
  const std::byte* data = nullptr;
  DType dtype = DType::fp32;
  std::size_t rows = 0, columns = 0;
  std::size_t row_stride = 0, column_stride = 1;

  bool empty() const { return data == nullptr; }
  /// Entry (i, j), exactly: every dtype is a subset of binary64.
  double at(std::size_t i, std::size_t j) const;
  /// Entries (i, first .. first + out.size() - 1), exactly.
  void read_row(std::size_t i, std::size_t first, Row<double> out) const;
};

}  // namespace halfulp
