// Matrix products through the kernels: packs the operands, asks for each pair of panels what their ranges
// prove, runs the tiles and finishes the entries.  Nothing here rounds.
#pragma once

#include "halfulp/linalg/matmul.hpp"

namespace halfulp {

/// Y = W X + b with carrier T (float or double), in parallel; events of the results are counted in ar.
/// False, with nothing done, when X has numbers that T has not.  Rows that T cannot do go by the definition.
template <class T>
bool matmul_fast(Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
                 MatrixView<double> y);

/// The same for accumulators rounded at random, 2 to 11 bits.  False when an operand, the order or the
/// format is not for the kernel.
bool matmul_stochastic(Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
                       MatrixView<double> y);

/// False where the target has no kernel.
bool matmul_double_double(const Operand& w, const Operand& bias, MatrixView<const DoubleDouble> x,
                          MatrixView<DoubleDouble> y);

/// Rows first .. last - 1 by the definition; returns their events.
Events rows_by_definition(const Simulated& ar, const Operand& w, const Operand& bias,
                          MatrixView<const double> x, MatrixView<double> y, std::size_t first,
                          std::size_t last);

}  // namespace halfulp
