// The end of every entry of a product: s + b, rounded as the accumulator does, then stored.
#pragma once

#include <cstddef>

#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/matmul.hpp"
#include "halfulp/linalg/operand_pack.hpp"

namespace halfulp {

/// Rows of sums become results.  One object per thread.
template <class T>
class Finisher {
 public:
  Finisher(const Simulated& ar, const Operand& bias, const Kernels& kernels);

  /// sums [n] of entries (i, j .. j + n - 1), or when `down` (i .. i + n - 1, j).  Overwrites sums; out [n].
  /// finite_operands: what is not finite now is an event.
  void finish(T* sums, std::size_t n, std::size_t i, std::size_t j, bool down, bool finite_operands,
              double* out);
  const Events& events() const { return events_; }

 private:
  bool add_bias(T* sums, std::size_t n, std::size_t i, bool down);
  bool store(T* sums, std::size_t n, double* out, bool& odd);
  void one_by_one(const T* sums, std::size_t n, std::size_t i, std::size_t j, bool down, bool biased,
                  double* out);
  void count(const T* before, const double* after, std::size_t n, bool finite_operands);

  Simulated ar_;
  const Operand* bias_;
  const Kernels* kernels_;
  bool packed_bias_ = false;
  Events events_;
  AlignedBuffer<T> row_;
};

}  // namespace halfulp
