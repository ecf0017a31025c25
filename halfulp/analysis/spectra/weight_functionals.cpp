#include "halfulp/analysis/spectra/weight_functionals.hpp"

#include <algorithm>
#include <cmath>

#include "halfulp/base/parallel.hpp"

namespace halfulp {
namespace {

double largest_of(std::span<const double> x) { return x.empty() ? 0 : *std::max_element(x.begin(), x.end()); }

/// sum_k |row_k weights_k| in eight parts, which the compiler may keep in registers.
double weighted_size(const std::vector<double>& row, const std::vector<double>& weights) {
  double part[8] = {};
  std::size_t k = 0;
  for (; k + 8 <= row.size(); k += 8)
    for (std::size_t l = 0; l < 8; ++l) part[l] += std::fabs(row[k + l] * weights[k + l]);
  for (; k < row.size(); ++k) part[k % 8] += std::fabs(row[k] * weights[k]);
  return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

/// |W| weights for each of two vectors of weights.
void row_sizes(const WeightView& w, const std::vector<double>& first, const std::vector<double>& second,
               std::vector<double>& by_first, std::vector<double>& by_second) {
  by_first.resize(w.rows);
  by_second.resize(w.rows);
  parallel_for(w.rows, 16, [&](std::size_t begin, std::size_t end) {
    std::vector<double> row(w.columns);
    for (std::size_t i = begin; i < end; ++i) {
      w.read_row(i, 0, row);
      by_first[i] = weighted_size(row, first);
      by_second[i] = &first == &second ? by_first[i] : weighted_size(row, second);
    }
  });
}

}  // namespace

Functional omega_kq(double score_scale, std::span<const double> k_sizes, std::span<const double> q_sizes) {
  double k = 0, q = 0, both = 0;
  for (std::size_t i = 0; i < k_sizes.size(); ++i) {
    k += k_sizes[i] * k_sizes[i];
    q += q_sizes[i] * q_sizes[i];
    both += k_sizes[i] * q_sizes[i];
  }
  const double factor = 2 * std::fabs(score_scale);
  return {factor * std::sqrt(k) * std::sqrt(q), factor * both};
}

void OmegaOv::add(std::span<const double> v_sizes, const ColumnSizes& columns) {
  largest_value_ = std::max(largest_value_, largest_of(v_sizes));
  out_rows_.resize(columns.plain.size());
  both_rows_.resize(columns.plain.size());
  for (std::size_t i = 0; i < out_rows_.size(); ++i) {
    out_rows_[i] += columns.plain[i];
    both_rows_[i] += columns.weighted[i];
  }
}

Functional OmegaOv::value() const { return {largest_of(out_rows_) * largest_value_, largest_of(both_rows_)}; }

Functional omega_ud(const PerceptronWeights& mlp, std::size_t width) {
  const LayerInput input = layer_input(mlp.norm, width);
  const std::vector<double> gain = input.gain.empty() ? std::vector<double>(width, 1.0) : input.gain;
  std::vector<double> up, same, down, both;
  row_sizes(mlp.up.weight, gain, gain, up, same);
  row_sizes(mlp.down.weight, std::vector<double>(up.size(), 1.0), up, down, both);
  return {largest_of(up) * largest_of(down), largest_of(both)};
}

}  // namespace halfulp
