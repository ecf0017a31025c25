// A matrix with few rows and many columns as a model multiplies with it:
//
//   W' = (W diag(g) P | c),   g the gain of the norm before it, P = I - e e^T / d where that norm subtracts
//   the mean (its result is orthogonal to e), c a column of its own (biases)
//
// W stays in its file; nothing here is stored.  And its Gram matrix W' W'^T.
#pragma once

#include <span>
#include <vector>

#include "halfulp/arith/double_double.hpp"
#include "halfulp/linalg/weight_view.hpp"

namespace halfulp {

struct WideMatrix {
  WeightView weight;                 // [n, d]
  std::span<const double> gain{};    // [d]; empty: ones
  bool centred = false;              // with P
  std::span<const double> column{};  // [n] or empty

  std::size_t rows() const { return weight.rows; }
  std::size_t columns() const { return weight.columns; }
  double gain_at(std::size_t k) const { return gain.empty() ? 1.0 : gain[k]; }
};

/// G = W' W'^T in binary64, with what bounds its error entrywise:  |G - W' W'^T| <= error s_i s_j,
/// s_i^2 = squares[i].
struct Gram {
  std::vector<double> g;         // [pitch, pitch], above the diagonal and on it
  std::size_t n = 0, pitch = 0;  // pitch: n rounded up to a multiple of slice_width
  std::vector<double> squares;   // [n], of the rows of (W diag(g) | c), without P
  std::vector<double> sizes;     // [n], sum_k |w_ik g_k|
  double error = 0;

  /// Whether W, g and c, and their products, are finite.
  bool is_finite() const;
};

/// Sums over a column's magnitudes, asked for beside the Gram matrix.
struct ColumnSizes {
  std::vector<double> weights;          // [n]
  std::vector<double> plain, weighted;  // [d]: sum_i |w_ik g_k|, sum_i weights_i |w_ik g_k|
};

/// Columns come in blocks of 128; sums run within a block, then over the blocks.
Gram gram_of(const WideMatrix& w, ColumnSizes* columns = nullptr);

/// A further column for a Gram matrix that has none: G + c c^T.
Gram with_column(Gram g, std::span<const double> column);

/// G in double-double, all of it, [n, n] by rows; relative error of every product and sum at most 2^-103.
std::vector<DoubleDouble> exact_gram(const WideMatrix& w);

}  // namespace halfulp
