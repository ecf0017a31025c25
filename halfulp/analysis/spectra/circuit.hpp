// What the singular values of one product of a head say:  C = W_k^T W_q (which keys a query finds) or
// C = W_o W_v (what a head writes of what it reads), both [d, d] of rank at most r = min(d_h, d).
#pragma once

#include "halfulp/linalg/spectrum/product_spectrum.hpp"

namespace halfulp {

/// A number and an interval that holds the exact one, proved.
struct Enclosed {
  double value = 0, lower = 0, upper = 0;
};

struct Circuit {
  std::vector<double> singular_values;  // [r], from the largest
  double radius = 0;                    // of each of them at most
  std::size_t rank = 0;                 // how many are proved to be above 0
  Enclosed sigma_max, sigma_min;        // the first and the r-th
  double smallest_nonzero = 0;          // the last one that is proved to be above 0; 0 if none is
  Enclosed condition;                   // sigma_1 / sigma_r; inf where sigma_r may be 0
  double stable_rank = 0;               // ||C||_F^2 / sigma_1^2
  double frobenius = 0;                 // ||C||_F
  double nuclear_norm = 0;              // sum of the singular values
  /// sum_a ||row a of W_k|| ||row a of W_q|| over the nuclear norm: what the mean size of |k|^T |q| is
  /// for isotropic inputs, over the least that a change of basis G (W_q -> G W_q, W_k -> G^-T W_k) can make
  /// it; at least 1, docs/theory.md, 11.  inf where C is 0 but the rows are not.
  double gauge_slack = 1;
};

/// Of k^T q for the factors of W_k and W_q; rank_bound: r, by the shapes.
Circuit circuit_of(const ThinFactor& k, const ThinFactor& q, std::size_t rank_bound);

}  // namespace halfulp
