#include "halfulp/linalg/spectrum/wide_matrix.hpp"

#include <algorithm>
#include <cmath>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/spectrum/spectrum_kernels.hpp"

namespace halfulp {
namespace {

constexpr std::size_t panel_columns = 128;

std::size_t rounded_up(std::size_t n, std::size_t step) { return (n + step - 1) / step * step; }

bool is_bf16(const WeightView& w) {
  return w.dtype == DType::bf16 && reinterpret_cast<std::uintptr_t>(w.data) % alignof(std::uint16_t) == 0;
}

/// Slices of columns first .. first + count - 1, whatever the numbers are stored as.
void pack_any(const WideMatrix& m, std::size_t first, std::size_t count, std::size_t pitch, double* slices) {
  const std::size_t n = m.rows();
  std::fill(slices, slices + count * pitch, 0.0);
  const auto place = [&](std::size_t i, std::size_t k) -> double& {
    return slices[i / slice_width * count * slice_width + k * slice_width + i % slice_width];
  };
  std::vector<double> line(std::max(count, n));
  if (m.weight.column_stride == 1 || m.weight.row_stride != 1) {
    for (std::size_t i = 0; i < n; ++i) {
      m.weight.read_row(i, first, {line.data(), count});
      for (std::size_t k = 0; k < count; ++k) place(i, k) = line[k] * m.gain_at(first + k);
    }
  } else {
    WeightView turned = m.weight;
    std::swap(turned.rows, turned.columns);
    std::swap(turned.row_stride, turned.column_stride);
    for (std::size_t k = 0; k < count; ++k) {
      turned.read_row(first + k, 0, {line.data(), n});
      for (std::size_t i = 0; i < n; ++i) place(i, k) = line[i] * m.gain_at(first + k);
    }
  }
}

void pack(const WideMatrix& m, const double* gain, std::size_t first, std::size_t count, std::size_t pitch,
          double* slices) {
  const WeightView& w = m.weight;
  const SpectrumKernels& fast = *kernels().spectrum;
  const auto* const bits = reinterpret_cast<const std::uint16_t*>(w.data);
  if (is_bf16(w) && w.column_stride == 1)
    fast.pack_bf16(bits + first, w.row_stride, w.rows, count, gain, slices);
  else if (is_bf16(w) && w.row_stride == 1)
    fast.pack_bf16_transposed(bits + first * w.column_stride, w.column_stride, w.rows, count, gain, slices);
  else
    pack_any(m, first, count, pitch, slices);
}

double entry_error(std::size_t columns) {
  const double blocks = std::ceil(static_cast<double>(columns) / panel_columns);
  // a block's fused sum, the sum of blocks, and w g rounded on both sides
  return static_cast<double>(std::min(columns, panel_columns)) + blocks + 2;
}

}  // namespace

bool Gram::is_finite() const {
  return std::all_of(squares.begin(), squares.end(), [](double x) { return std::isfinite(x); });
}

Gram gram_of(const WideMatrix& m, ColumnSizes* columns) {
  const std::size_t n = m.rows(), d = m.columns();
  const SpectrumKernels& fast = *kernels().spectrum;
  Gram result;
  result.n = n;
  const std::size_t pitch = result.pitch = rounded_up(n, slice_width);
  result.g.assign(pitch * pitch, 0.0);
  std::vector<double> slices(pitch * panel_columns), sums(pitch), sizes(pitch), ones;
  if (m.gain.empty()) ones.assign(std::min(d, panel_columns), 1.0);
  std::vector<double> weights;
  if (columns) {
    weights = columns->weights;
    weights.resize(pitch);
    columns->plain.resize(d);
    columns->weighted.resize(d);
  }
  for (std::size_t first = 0; first < d; first += panel_columns) {
    const std::size_t count = std::min(panel_columns, d - first);
    pack(m, m.gain.empty() ? ones.data() : m.gain.data() + first, first, count, pitch, slices.data());
    fast.add_gram(slices.data(), count, pitch, result.g.data());
    fast.add_sums(slices.data(), count, pitch, sums.data(), sizes.data());
    if (columns)
      fast.column_sizes(slices.data(), count, pitch, weights.data(), columns->plain.data() + first,
                        columns->weighted.data() + first);
  }
  double roundings = entry_error(d);
  for (std::size_t i = 0; i < n; ++i) result.squares.push_back(result.g[i * pitch + i]);
  if (m.centred) {
    // |sum_k w_ik| <= sqrt(d) s_i: what is subtracted is at most s_i s_j, its error that of two sums of d
    // terms, of the products, and of three operations.
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i; j < n; ++j)
        result.g[i * pitch + j] -= sums[i] * sums[j] / static_cast<double>(d);
    roundings += 2 * (static_cast<double>(d) + 1) + 4;
  }
  sizes.resize(n);
  result.sizes = std::move(sizes);
  // The squares are known to `error` themselves: a little more for s from them.
  result.error = 1.001 * gamma_above(roundings + 1, 0x1p-53).value();
  return m.column.empty() ? result : with_column(std::move(result), m.column);
}

Gram with_column(Gram result, std::span<const double> column) {
  for (std::size_t i = 0; i < result.n; ++i)
    for (std::size_t j = i; j < result.n; ++j) result.g[i * result.pitch + j] += column[i] * column[j];
  for (std::size_t i = 0; i < result.n; ++i) result.squares[i] += column[i] * column[i];
  result.error += 1.001 * gamma_above(3, 0x1p-53).value();
  return result;
}

std::vector<DoubleDouble> exact_gram(const WideMatrix& m) {
  const std::size_t n = m.rows(), d = m.columns();
  std::vector<std::vector<double>> rows(n, std::vector<double>(d));
  for (std::size_t i = 0; i < n; ++i) m.weight.read_row(i, 0, rows[i]);
  std::vector<DoubleDouble> g(n * n), sums(n);
  // (w g)_ik and its error, so that (w g)(w g) has more than 100 bits.
  std::vector<std::vector<DoubleDouble>> folded(n, std::vector<DoubleDouble>(d));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) {
      folded[i][k] = DoubleDouble{rows[i][k]} * m.gain_at(k);
      sums[i] = sums[i] + folded[i][k];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) {
      DoubleDouble s{};
      for (std::size_t k = 0; k < d; ++k) s = s + folded[i][k] * folded[j][k];
      if (m.centred) s = s - sums[i] * sums[j] / DoubleDouble{static_cast<double>(d)};
      if (!m.column.empty()) s = s + DoubleDouble{m.column[i]} * m.column[j];
      g[i * n + j] = g[j * n + i] = s;
    }
  }
  return g;
}

}  // namespace halfulp
