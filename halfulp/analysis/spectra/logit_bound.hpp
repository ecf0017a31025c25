// How large a logit  s = scale turn(q) . turn(k)  of one head can be, whatever the input; and what a rotary
// embedding can do to  C_r = W_k^T T_r W_q,  T_r the rotation by the relative distance r.
//
// Norms of the inputs: ||n|| <= sqrt(d) (head_matrix.hpp).  With c_q, c_k the biases:
//   no rotation      |q . k| <= d sigma_1(C) + sqrt(d) (||W_k^T c_q|| + ||W_q^T c_k||) + |c_q . c_k|
//                            <= (d + 1) sigma_1 of the augmented product;   the smaller of the two
//   rotation         sigma_1(C_r) <= ||D^-1 W_k|| ||D W_q|| for every angle, D positive and constant on the
//   pairs
//                    that turn together (it commutes with T_r); D balances the two sides' pairs
//   norms of q, k    |q . k| <= d_h max |g_q g_k| (the larger of a pair's gains where it turns); W says
//   nothing soft-cap c       |s| <= c
// Sources: arXiv:2503.10251, Remark 4.22; docs/theory.md, 2 (QK-norm), 11 (what commutes with rotations).
#pragma once

#include "halfulp/analysis/spectra/circuit.hpp"
#include "halfulp/analysis/spectra/head_matrix.hpp"

namespace halfulp {

/// q's and k's rows, [n]: gains of their norms, and the rotary embedding's amplitude^2 on q's.
struct RowFactors {
  std::vector<double> q, k;
  bool trivial = true;  // all ones
};

/// Of query head `head` and the key head it reads.
RowFactors row_factors(const AttentionShape& shape, const AttentionWeights& layer, std::size_t head);

/// Above the largest singular value of C_r for every distance r: the rotary bound of the head of this file.
/// q, k: factors with their rows scaled.
double all_distances_bound(const RotaryEmbedding& rotary, const ThinFactor& k, const ThinFactor& q);

/// One query head and its key head; q, k with their rows scaled; circuit: C at distance 0; biased: the
/// augmented one, or null.
struct LogitQuestion {
  const AttentionShape& shape;
  const AttentionWeights& layer;
  const LayerInput& input;
  std::size_t head = 0;
  const HeadMatrix &k_matrix, &q_matrix;
  const ThinFactor &k, &q;
  const RowFactors& rows;
  const Circuit& circuit;
  const Circuit* biased = nullptr;
  double rotary_sigma = 0;  // all_distances_bound, where there is a rotation
};

/// Before and after the soft-cap; infinite where the input has no norm to bound it.
struct LogitBound {
  double before_cap = 0, value = 0;
};
LogitBound logit_bound(const LogitQuestion& question);

}  // namespace halfulp
