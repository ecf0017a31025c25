// A head's projection as it acts on the normalised stream.  With x = g * n(stream) + b,
//
//   W x + c = W diag(g) n + (W b + c),
//
// so that the gain is folded into W and the norm's bias into the projection's; where the norm subtracts the
// mean, n is orthogonal to e = (1, ..., 1) and W diag(g) is taken times I - e e^T / d, which changes nothing
// that the head computes and takes a direction out of its spectrum that never occurs.  ||n|| <= sqrt(d).
#pragma once

#include <string>

#include "halfulp/linalg/spectrum/product_spectrum.hpp"
#include "halfulp/linalg/spectrum/sizes_norm.hpp"
#include "halfulp/models/attention/attention_model.hpp"

namespace halfulp {

/// What a layer's projections read.
struct LayerInput {
  std::vector<double> gain, bias;  // [d]; empty: ones, zeros
  bool centred = false;            // the norm subtracts the mean
  bool bounded = true;             // there is a norm: ||n|| <= sqrt(d)
  std::size_t width = 0;
};

LayerInput layer_input(const NormParameters& norm, std::size_t width);

/// The factors of W diag(g) P and, where there are biases, of the augmented (W diag(g) P | W b + c).
struct HeadMatrix {
  WideMatrix matrix;  // looks into the input's gain
  Gram gram;
  ThinFactor factor;
  std::vector<double> column;  // W b + c; empty without biases
  double column_error = 0;     // its distance from that at most, in length
  ThinFactor biased;           // where there are biases

  bool has_biases() const { return !column.empty(); }
};

/// Throws input_error naming the tensor where a weight is NaN, infinite or too large to square.
/// bias: [1, n] or empty.  columns: see gram_of().
HeadMatrix head_matrix(const AttentionModel& model, const LayerInput& input, const WeightView& weight,
                       const WeightView& bias, ColumnSizes* columns = nullptr);

}  // namespace halfulp
