#include "halfulp/linalg/operand_pack.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "halfulp/linalg/array_way.hpp"
#include "halfulp/linalg/number_range.hpp"

namespace halfulp {
namespace {

BitRange range_in(const Kernels& kernels, const float* x, std::size_t n) {
  BitRange range;
  kernels.range_float(x, n, range);
  return range;
}
BitRange range_in(const Kernels& kernels, const double* x, std::size_t n) {
  BitRange range;
  kernels.range_double(x, n, range);
  return range;
}

void join(BitRange& whole, const BitRange& part) {
  whole.largest = std::max(whole.largest, part.largest);
  whole.smallest = std::min(whole.smallest, part.smallest);
  whole.fractions |= part.fractions;
  whole.finite = whole.finite && part.finite;
}

bool round_packed(const Kernels& kernels, const RoundingRule& rule, float* x, std::size_t n) {
  const auto job = rule.mode == Rounding::stochastic ? std::nullopt : array_job_float(rule);
  if (job) kernels.round_float(*job, x, x, n);
  return job.has_value();
}
bool round_packed(const Kernels& kernels, const RoundingRule& rule, double* x, std::size_t n) {
  const auto job = rule.mode == Rounding::stochastic ? std::nullopt : array_job_double(rule);
  if (job) kernels.round_double(*job, x, x, n);
  return job.has_value();
}

WeightView transposed(WeightView view) {
  std::swap(view.rows, view.columns);
  std::swap(view.row_stride, view.column_stride);
  return view;
}

}  // namespace

WeightView view_of(MatrixView<const double> x) {
  return {reinterpret_cast<const std::byte*>(x.data()), DType::fp64, x.rows(), x.columns(), x.pitch(), 1};
}

template <class T>
Loader<T>::Loader(const Rounder& stored, const Rounder& in, const Kernels& kernels)
    : stored_(stored), in_(in), kernels_(&kernels) {}

template <class T>
Loader<T>::Loader(const Operand& w, const Rounder& in, const Kernels& kernels)
    : Loader(w.stored, in, kernels) {
  magnitudes_ = w.magnitudes;
}

template <class T>
void Loader<T>::read(const WeightView& view, std::size_t i, std::size_t first, std::size_t n, T* out) {
  fits_ = true;
  if constexpr (std::is_same_v<T, double>) {
    view.read_row(i, first, Row<double>(out, n));
  } else {
    const std::byte* p = view.data + (i * view.row_stride + first * view.column_stride) * size_of(view.dtype);
    if (view.column_stride == 1 && view.dtype == DType::bf16) return kernels_->from_bf16(p, n, out);
    if (view.column_stride == 1 && view.dtype == DType::fp16) return kernels_->from_fp16(p, n, out);
    if (view.column_stride == 1 && view.dtype == DType::fp32) return kernels_->from_fp32(p, n, out);
    double* row = row_.reserve(n);
    view.read_row(i, first, Row<double>(row, n));
    fits_ = kernels_->narrow(row, n, out);
  }
}

template <class T>
bool Loader<T>::round(T* values, std::size_t n, const Rounder& rounder, BitRange& range) {
  if (rounder.way() == Rounder::Way::binary64 || is_representable(number_range<T>(range), rounder.rule()))
    return true;
  bool fits = true;
  if (!round_packed(*kernels_, rounder.rule(), values, n)) {
    for (std::size_t l = 0; l < n; ++l) {
      const double rounded = rounder(static_cast<double>(values[l]));
      values[l] = static_cast<T>(rounded);
      fits = fits && (static_cast<double>(values[l]) == rounded || rounded != rounded);
    }
  }
  range = range_in(*kernels_, values, n);
  return fits;
}

template <class T>
bool Loader<T>::load(const WeightView& view, bool down, std::size_t i, std::size_t first, std::size_t n,
                     T* out, BitRange& range) {
  if (n == 0) return true;
  const WeightView lying = down ? transposed(view) : view;
  read(lying, i, first, n, out);
  if (!fits_) {  // numbers of binary64: round there, then see
    double* row = row_.reserve(n);
    bool fits = true;
    for (std::size_t l = 0; l < n; ++l) {
      row[l] = in_(stored_(magnitudes_ ? std::fabs(row[l]) : row[l]));
      fits = fits && (static_cast<double>(static_cast<T>(row[l])) == row[l] || row[l] != row[l]);
      out[l] = static_cast<T>(row[l]);
    }
    if (fits) join(range, range_in(*kernels_, out, n));
    return fits;
  }
  if (magnitudes_)
    for (std::size_t l = 0; l < n; ++l) out[l] = std::fabs(out[l]);
  BitRange own = range_in(*kernels_, out, n);
  const bool fits = round(out, n, stored_, own) && round(out, n, in_, own);
  join(range, own);
  return fits;
}

template class Loader<float>;
template class Loader<double>;

}  // namespace halfulp
