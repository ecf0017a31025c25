#include "halfulp/analysis/spectra/head_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

/// W b + c, and the length of its error: each entry's is at most gamma_{d+1} |w_i| |b|.
void add_biases(HeadMatrix& h, const LayerInput& input, const WeightView& bias) {
  const WeightView& w = h.matrix.weight;
  h.column.assign(w.rows, 0.0);
  Upper squares;
  if (!input.bias.empty()) {
    std::vector<double> row(w.columns);
    for (std::size_t i = 0; i < w.rows; ++i) {
      w.read_row(i, 0, row);
      double sum = 0, sizes = 0;
      for (std::size_t k = 0; k < row.size(); ++k) {
        sum += row[k] * input.bias[k];
        sizes += std::fabs(row[k] * input.bias[k]);
      }
      h.column[i] = sum;
      const Upper error = gamma_above(static_cast<double>(w.columns) + 3, 0x1p-53) * Upper(sizes);
      squares += error * error * 1.01;
    }
  }
  if (!bias.empty()) {
    for (std::size_t i = 0; i < w.rows; ++i) {
      h.column[i] += bias.at(0, i);
      const Upper rounded = Upper(std::fabs(h.column[i])) * 0x1p-52;
      squares += rounded * rounded;
    }
  }
  h.column_error = sqrt(squares).value();
}

}  // namespace

LayerInput layer_input(const NormParameters& norm, std::size_t width) {
  LayerInput input;
  input.width = width;
  input.centred = norm.kind == NormParameters::Kind::layer;
  input.bounded = norm.kind != NormParameters::Kind::none;
  for (std::size_t k = 0; k < width && !norm.gain.empty(); ++k) input.gain.push_back(norm.gain_at(k));
  for (std::size_t k = 0; k < width && !norm.bias.empty(); ++k) input.bias.push_back(norm.bias_at(k));
  return input;
}

HeadMatrix head_matrix(const AttentionModel& model, const LayerInput& input, const WeightView& weight,
                       const WeightView& bias, ColumnSizes* columns) {
  HeadMatrix h;
  h.matrix = {weight, input.gain, input.centred, {}};
  h.gram = gram_of(h.matrix, columns);
  const auto refuse_unless = [&](bool finite) {
    if (!finite)
      throw input_error(
          fmt::format("{}: a weight is NaN, infinite or too large to be squared; no spectrum can "
                      "be computed: check the checkpoint",
                      model.describe(weight)));
  };
  refuse_unless(h.gram.is_finite());
  if (!input.bias.empty() || !bias.empty()) {
    add_biases(h, input, bias);
    WideMatrix augmented = h.matrix;
    augmented.column = h.column;
    const Gram gram = with_column(h.gram, h.column);
    refuse_unless(gram.is_finite());
    h.biased = thin_factor(augmented, gram);
    h.biased.absolute = (Upper(h.biased.absolute) + h.column_error).value();
  }
  h.factor = thin_factor(h.matrix, h.gram);
  return h;
}

}  // namespace halfulp
