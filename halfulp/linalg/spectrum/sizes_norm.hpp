// sigma_max(|W_k|^T F |W_q|) of entrywise magnitudes, between two bounds that are proved.
//
//   sigma_max^2 = rho(N),   N = M_k F M_q F,   M = |W| diag(g)^2 |W|^T,   F = diag(f) >= 0      (n x n, N >=
//   0) rho(N) <= max_i (N x)_i / x_i   for every x > 0                                        (Collatz,
//   Wielandt) rho(N) >= min_i (N x)_i / x_i,   rho(N) >= (F y)^T M_k (F y) / (F x)^T y,   y = M_q F x
//   (Rayleigh)
//
// x comes from power iteration, and every sum is one of terms >= 0: its relative error is at most that of as
// many roundings as a term goes through, whatever the weights are.  No M is formed: W is passed over twice.
#pragma once

#include "halfulp/linalg/spectrum/wide_matrix.hpp"

namespace halfulp {

struct Bracket {
  double lower = 0, upper = 0;
};

struct SizesNormOptions {
  double close_enough = 1e-6;  // upper / lower - 1 of sigma_max^2
  int most_iterations = 100;   // after which the bracket is as wide as it is
};

/// f: [n], non-negative; empty: ones.  Columns and P of the matrices are left out.  (0, inf) where a weight
/// is not finite.
Bracket sizes_norm(const WideMatrix& k, const WideMatrix& q, std::span<const double> f = {},
                   const SizesNormOptions& options = {});

/// The same where the sums of magnitudes of the rows of W diag(g) are known, [n]: they say which rows are
/// zero, set the scale, and those of W_k are where the iteration starts.
Bracket sizes_norm(const WideMatrix& k, std::span<const double> k_sizes, const WideMatrix& q,
                   std::span<const double> q_sizes, std::span<const double> f = {},
                   const SizesNormOptions& options = {});

}  // namespace halfulp
