// Y = W X + b with every operation rounded as the arithmetic states.
// Shapes: W [m, k], b [1, m] or empty, X [k, n], Y [m, n]; tokens are columns.
//
//   y_ij = store( sum_k load(w_ik) load(x_kj)  [+ b_i] )
//
// matmul_naive is the definition, for any arithmetic.  The overloads of matmul for Simulated, Native and
// DoubleDoubleArithmetic give the same bits, signs of zeros included (a NaN is a NaN), for every format, mode
// and order, whatever the number of threads and the instruction set.
#pragma once

#include "halfulp/arith/double_double_arithmetic.hpp"
#include "halfulp/arith/native.hpp"
#include "halfulp/arith/simulated_running_error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/linalg/sum.hpp"
#include "halfulp/linalg/weight_view.hpp"

namespace halfulp {

/// A matrix as the left operand: entries of a checkpoint, rounded to the format that the recipe stores them
/// in (nearest; the identity by default).
struct Operand {
  WeightView view;
  Rounder stored{};
  bool magnitudes = false;  // |W| instead of W

  std::size_t rows() const { return view.rows; }
  std::size_t columns() const { return view.columns; }
  bool empty() const { return view.empty(); }
  double at(std::size_t i, std::size_t j) const {
    const double entry = stored(view.at(i, j));
    return magnitudes ? std::fabs(entry) : entry;
  }
};

/// Activations [rows, columns], or their transpose, as a left operand (keys in the scores, values in the
/// output).
Operand operand_of(MatrixView<const double> x, bool transposed = false);

/// W^T where W lies: nothing is copied.
Operand transposed(Operand w);

/// |W| where W lies.
Operand magnitudes(Operand w);

/// Rows first .. last - 1 of the definition.
template <Arithmetic A>
void matmul_rows_naive(A& ar, const Operand& w, const Operand& bias, MatrixView<const Value<A>> x,
                       MatrixView<Value<A>> y, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      begin_entry(ar, i, j);
      auto s = dot_of(
          ar, w.columns(), [&](std::size_t k) { return ar.load(ar.exactly(w.at(i, k))); },
          [&](std::size_t k) { return ar.load(x(k, j)); });
      if (!bias.empty()) s = ar.add(s, ar.exactly(bias.at(0, i)));
      y(i, j) = ar.store(s);
    }
  }
}

/// The definition.  Stochastic rounding of entry (i, j) draws from the stream of that entry; what follows the
/// product draws from the stream of entry (m, n), which the product does not have.
template <Arithmetic A>
void matmul_naive(A& ar, const Operand& w, const Operand& bias, MatrixView<const Value<A>> x,
                  MatrixView<Value<A>> y) {
  matmul_rows_naive(ar, w, bias, x, y, 0, w.rows());
  begin_entry(ar, w.rows(), x.columns());
}

/// Fast (kernels.hpp) for accumulators rounded to nearest-even of up to 25 bits and of binary32 and binary64,
/// dec<p> up to p = 15, and random rounding of 2 to 11 bits in recursive and blocked order; the definition,
/// rows shared among threads, for all others and for operands whose range proves nothing.
/// Events: those that the results show are counted (a result that is not finite although all operands are,
/// a zero stored for a sum that is not); what happens inside a sum and in reading operands is counted by
/// matmul_naive only.
void matmul(Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
            MatrixView<double> y);
void matmul(Native& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
            MatrixView<double> y);
void matmul(DoubleDoubleArithmetic& ar, const Operand& w, const Operand& bias,
            MatrixView<const DoubleDouble> x, MatrixView<DoubleDouble> y);
/// Values as Simulated has them, bounds from three products in binary64 (matmul_running_error.cpp).
void matmul(SimulatedRunningError& ar, const Operand& w, const Operand& bias, MatrixView<const Bounded> x,
            MatrixView<Bounded> y);

/// The definition, rows shared among threads, for every stateless arithmetic without kernels.
template <Arithmetic A>
void matmul(A& ar, const Operand& w, const Operand& bias, MatrixView<const Value<A>> x,
            MatrixView<Value<A>> y) {
  parallel_for(w.rows(), 8, [&](std::size_t first, std::size_t last) {
    matmul_rows_naive(ar, w, bias, x, y, first, last);
  });
}

}  // namespace halfulp
