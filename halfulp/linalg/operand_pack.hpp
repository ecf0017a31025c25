// Operands made ready for the kernels: read, rounded as stored and as loaded, in the carrier, with the range
// of what is there.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {

/// Numbers aligned to a cache line; grows, never shrinks.
template <class T>
class AlignedBuffer {
 public:
  /// At least `count` numbers; what was there is lost when it grows.
  T* reserve(std::size_t count) {
    if (count > size_) {
      data_.reset(static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{64})));
      size_ = count;
    }
    return data_.get();
  }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

/// Numbers as the carrier T has them after the roundings `stored` and `in`; false when one of them is not a
/// number of T (out is unspecified then).  Random rounding of `in` is not done here.  range: of what is in
/// out, joined to what it had.
template <class T>
class Loader {
 public:
  Loader(const Rounder& stored, const Rounder& in, const Kernels& kernels);
  /// For entries of w, or their magnitudes.
  Loader(const Operand& w, const Rounder& in, const Kernels& kernels);

  /// Entries (i, first .. first + n - 1), or when `down` (first .. first + n - 1, i), of a matrix.
  bool load(const WeightView& view, bool down, std::size_t i, std::size_t first, std::size_t n, T* out,
            BitRange& range);

 private:
  void read(const WeightView& view, std::size_t i, std::size_t first, std::size_t n, T* out);
  bool round(T* values, std::size_t n, const Rounder& rounder, BitRange& range);

  Rounder stored_, in_;
  const Kernels* kernels_;
  bool fits_ = true, magnitudes_ = false;
  AlignedBuffer<double> row_;
};

/// The view of X [k, n] as a weight.
WeightView view_of(MatrixView<const double> x);

}  // namespace halfulp
