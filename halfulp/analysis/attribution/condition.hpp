// How much a relative perturbation of the input of the first block (the stream after embed, X [d, n]) can do
// to the logits Z [vocabulary, n], to first order: the condition number of the whole network,
//
//   componentwise   kappa_c,c   = || diag(1/z) J diag(x) ||_inf            = max_k (|J| |x|)_k / |z_k|
//   mixed           kappa_c,inf = || J diag(x) ||_inf / ||z||_inf          = max_k (|J| |x|)_k / max_l |z_l|
//
// J the Jacobian, x and z the vectors of all entries of X and Z, k a logit of a token.  |X' - X| <= rho |X|
// entry by entry gives |Z' - Z| <= rho kappa |Z| (the largest |Z|), and some such X' attains it.  The norm is
// the 1-norm of the transpose, estimated from products (linalg/one_norm_estimate.hpp): a lower bound, namely
// the row sum of the logit that is named.
// Source: Lemma 3.3 of arXiv:2503.10251 for the definitions; Higham, Tisseur (2000) for the estimate.
#pragma once

#include <cstddef>
#include <vector>

#include "halfulp/analysis/model_run.hpp"
#include "halfulp/base/progress.hpp"

namespace halfulp {

struct ConditionOptions {
  std::size_t columns = 2;     // t of the estimator, 1 to most_directions
  std::size_t iterations = 5;  // >= 2
  std::uint64_t seed = 0;      // of the estimator's random signs
};

/// Logit `token` (an entry of the vocabulary) at a position of the text.
struct LogitPlace {
  std::size_t token = 0, position = 0;
};

struct ConditionNumber {
  double value = 0;  // NaN where a logit or a derivative is not finite
  LogitPlace at;     // whose row sum it is; position n where value is NaN
};

struct ConditionEstimate {
  /// inf where a logit is exactly 0 (or 1/z overflows) and its row of J diag(x) is not: the first one.
  ConditionNumber componentwise;
  /// Of the other logits only; the same as componentwise where there is no such logit.
  ConditionNumber componentwise_of_others;
  std::vector<LogitPlace> zeros;  // those logits, in order of position
  ConditionNumber mixed;
  /// Products made with J (forward passes in directions) and with its transpose (reverse sweeps), each of
  /// `columns` vectors at once.
  std::size_t products = 0, transposed_products = 0;
};

/// Weights as the recipe stores them; nothing else of the recipe is used.  Cost: at most 2 iterations reverse
/// sweeps and 2 (iterations - 1) products, one more where a logit is 0 (layers/transformer/jacobian.hpp has
/// their cost in forward passes): with the defaults at most 64 forward passes, usually some 30.  Throws
/// shape_error for options out of range; interrupted.
ConditionEstimate condition_of(const ModelRun& run, const ConditionOptions& options = {},
                               const Progress& progress = {});

}  // namespace halfulp
