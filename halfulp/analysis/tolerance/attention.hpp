// The factors of attention's error, for largest magnitudes (sdpa.cpp) and for data (attention_data.cpp).
#pragma once

#include "halfulp/analysis/tolerance/derivation.hpp"

namespace halfulp {

/// log: of the weights before their normaliser; rho: of each term p_i v_i; common: of the whole mean; lost:
/// what underflows.
struct AttentionFactors {
  Upper log, rho, common, lost;
};
/// Scores at most `largest` (as |q|^T|k| / sqrt(d)), values at most v.
AttentionFactors attention_factors(const Setting& s, Derivation& d, Upper largest, Upper v);

/// (1 + common) (moved + rho size + lost) and common |o|;  moved: what the logarithms' errors make of the
/// mean, size: sum_i p'_i |v_i|.
KernelError mean_error(const AttentionFactors& f, Upper moved, Upper size, Upper largest_value);

}  // namespace halfulp
