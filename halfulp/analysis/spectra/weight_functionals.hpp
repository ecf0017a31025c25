// The weight functionals of the paper's second version, with the gains of the norms folded in, and a tighter
// form of each at the same cost (e = (1, ..., 1); scale = 1 / sqrt(d_h) unless the model says otherwise):
//
//   omega_KQ   2 scale max_h || |W_k| e ||_2 || |W_q| e ||_2        2 scale max_h e^T |W_k|^T |W_q| e
//   omega_OV   ||W_o||_inf max_h ||W_v||_inf                        || |W_o| |W_v| ||_inf, heads together
//   omega_UD   ||W_up||_inf ||W_down||_inf                          || |W_down| |W_up| ||_inf
//
// Source: arXiv:2503.10251v2; the tighter forms are derived here.
#pragma once

#include "halfulp/analysis/spectra/head_matrix.hpp"

namespace halfulp {

/// As the paper has it, and the tighter form.  Sums in binary64: some 1e-13 of relative error.
struct Functional {
  double plain = 0, tight = 0;
};

/// Of one head: k_sizes and q_sizes are |W_k| e and |W_q| e.
Functional omega_kq(double score_scale, std::span<const double> k_sizes, std::span<const double> q_sizes);

/// Of one layer, head by head.
class OmegaOv {
 public:
  /// v_sizes: |W_v| e of its value head; columns: of W_o's columns, weighted by v_sizes.  In the order of
  /// heads.
  void add(std::span<const double> v_sizes, const ColumnSizes& columns);
  Functional value() const;

 private:
  std::vector<double> out_rows_, both_rows_;  // sums over heads of W_o's rows
  double largest_value_ = 0;
};

/// Of a gated perceptron the gate is left out, as in the paper.
Functional omega_ud(const PerceptronWeights& mlp, std::size_t width);

}  // namespace halfulp
