#include "halfulp/linalg/matmul.hpp"

#include <algorithm>
#include <mutex>
#include <string>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/linalg/matmul_fast.hpp"

namespace halfulp {
namespace {

template <class V>
void check_shapes(const Operand& w, const Operand& bias, MatrixView<const V> x, MatrixView<V> y) {
  const auto shape = [](std::size_t rows, std::size_t columns) {
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
  };
  if (w.columns() != x.rows() || y.rows() != w.rows() || y.columns() != x.columns())
    throw shape_error("matmul: W is " + shape(w.rows(), w.columns()) + ", X " + shape(x.rows(), x.columns()) +
                      ", Y " + shape(y.rows(), y.columns()));
  if (!bias.empty() && bias.columns() != w.rows())
    throw shape_error("matmul: bias has " + std::to_string(bias.columns()) + " entries, W has " +
                      std::to_string(w.rows()) + " rows");
}

/// Rows of the definition that make about 2^16 products: enough to be worth a thread.
std::size_t rows_at_once(const Operand& w, std::size_t columns) {
  return 1 + (std::size_t{1} << 16) / (1 + w.columns() * columns);
}

/// The definition, rows shared among threads.
void by_definition(Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
                   MatrixView<double> y) {
  const Simulated fresh = ar;
  std::mutex counting;
  parallel_for(w.rows(), rows_at_once(w, x.columns()), [&](std::size_t first, std::size_t last) {
    const Events events = rows_by_definition(fresh, w, bias, x, y, first, last);
    const std::lock_guard lock(counting);
    ar.count(events);
  });
}

/// Significant bits that the numbers of W may have once rounded as they are stored and loaded.
int bits_of(const Operand& w, const Rounder& in) {
  const int own = w.view.dtype == DType::bf16 ? 8 : w.view.dtype == DType::fp16 ? 11 : 24;
  return std::min({own, w.stored.rule().format.precision, in.rule().format.precision});
}

/// Through a kernel, if there is one for the rule of the accumulator.
bool fast(Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
          MatrixView<double> y) {
  const RoundingRule& acc = ar.acc().rule();
  const int t = acc.format.precision;
  if (acc.mode == Rounding::stochastic) return matmul_stochastic(ar, w, bias, x, y);
  if (acc.mode != Rounding::nearest_even || ar.in().rule().mode == Rounding::stochastic) return false;
  if (ar.acc().way() == Rounder::Way::digits)
    return acc.format.digits <= 15 && matmul_fast<double>(ar, w, bias, x, y);
  if (ar.acc().way() == Rounder::Way::binary64) return matmul_fast<double>(ar, w, bias, x, y);
  if (ar.acc().way() == Rounder::Way::binary32) return matmul_fast<float>(ar, w, bias, x, y);
  if (t <= 11 && bits_of(w, ar.in()) <= 12 && matmul_fast<float>(ar, w, bias, x, y)) return true;
  return t <= 25 && matmul_fast<double>(ar, w, bias, x, y);
}

}  // namespace

Events rows_by_definition(const Simulated& ar, const Operand& w, const Operand& bias,
                          MatrixView<const double> x, MatrixView<double> y, std::size_t first,
                          std::size_t last) {
  Simulated own(StepFormats{ar.in().rule(), ar.acc().rule(), ar.out().rule()}, ar.summation(), ar.random());
  matmul_rows_naive(own, w, bias, x, y, first, last);
  return own.events();
}

Operand operand_of(MatrixView<const double> x, bool transposed) {
  const Operand as_stored{WeightView{reinterpret_cast<const std::byte*>(x.data()), DType::fp64, x.rows(),
                                     x.columns(), x.pitch(), 1}};
  return transposed ? halfulp::transposed(as_stored) : as_stored;
}

Operand transposed(Operand w) {
  std::swap(w.view.rows, w.view.columns);
  std::swap(w.view.row_stride, w.view.column_stride);
  return w;
}

Operand magnitudes(Operand w) {
  w.magnitudes = true;
  return w;
}

void matmul(Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
            MatrixView<double> y) {
  check_shapes(w, bias, x, y);
  if (!fast(ar, w, bias, x, y)) by_definition(ar, w, bias, x, y);
  ar.begin_entry(w.rows(), x.columns());
}

void matmul(Native&, const Operand& w, const Operand& bias, MatrixView<const double> x,
            MatrixView<double> y) {
  const RoundingRule fp64 = rounding_rule("fp64");
  Simulated same(StepFormats{fp64, fp64, fp64}, Native().summation());
  matmul(same, w, bias, x, y);
}

void matmul(DoubleDoubleArithmetic& ar, const Operand& w, const Operand& bias,
            MatrixView<const DoubleDouble> x, MatrixView<DoubleDouble> y) {
  check_shapes(w, bias, x, y);
  if (matmul_double_double(w, bias, x, y)) return;
  parallel_for(w.rows(), rows_at_once(w, x.columns()), [&](std::size_t first, std::size_t last) {
    matmul_rows_naive(ar, w, bias, x, y, first, last);
  });
}

}  // namespace halfulp
