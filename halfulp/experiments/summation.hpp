// Sums of n numbers in different orders against n: what Remark 4.5 improves, observed.
//
//   |fl(sum x) - sum x| / sum |x_i|   beside the constants that bound it:
//
//   recursive, pairwise, blocked   gamma(k, u), k the additions that a term passes (rounding_model.hpp)
//   compensated                    compensated_constant(n, u)
//   probabilistic                  gamma_probabilistic(k, u, lambda), lambda = sqrt(2 log(200 n)) / (1 - u)
//
// The last one fails with probability at most 1 % where roundings are independent with mean 0, as those of
// round-to-nearest are not.  Numbers are rounded to the format before they are summed: they are data.
// Source: arXiv:2503.10251, Lemma 4.3, Remark 4.5; Higham, Mary 2019.
#pragma once

#include "halfulp/experiments/curves.hpp"

namespace halfulp {

struct SummationOptions {
  std::vector<std::string> arithmetics{"bin8", "bin11", "bf16", "fp16", "bin24", "dec4"};
  int largest_power = 16;  // n = 2, 4, ..., 2^largest_power
  std::uint64_t seed = 1;
};

/// Curves over n for each arithmetic, input (uniform on (0, 1), normal) and order (recursive, pairwise,
/// blocks of 32, blocks of sqrt(n), compensated).  A sum that overflows is NaN and out of the theorems'
/// reach. Throws usage_error for unknown arithmetics, those that do not round to nearest, and powers outside
/// 1 .. 22.
CurveExperiment summation(const SummationOptions& options);

}  // namespace halfulp
