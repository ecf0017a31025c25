// The reference's own error, established by a second run beside it.
//
//   running_error  a-posteriori bounds carried with the binary64 run: rigorous, but they grow by about 100 a
//   block double_double  the difference from a run in double-double: an estimate, its own error 2^-50 of what
//   it measures;
//                  for large models over a prefix of the tokens (a causal model's prefix is exact by itself)
//   fp64           for a double-double reference: the binary64 run's difference shows the amplification,
//   2^-46 of it
//                  is more than double-double's error
#pragma once

#include <memory>
#include <string>

#include "halfulp/analysis/model_run.hpp"
#include "halfulp/arith/running_error.hpp"

namespace halfulp {

/// V: the reference's values.  Sites are visited in the order of the forward pass.
template <class V>
class ReferenceCheck {
 public:
  virtual ~ReferenceCheck() = default;
  /// Runs the site in the check's arithmetic; the error of the reference's result, in norm over the checked
  /// tokens.
  virtual double site(std::size_t layer, Site site, const Tensors<V>& reference) = 0;
  virtual void advance() = 0;
  virtual std::string name() const = 0;
  virtual std::size_t tokens() const = 0;
  /// Its cost in multiplications of a binary64 kernel.
  virtual double cost(Site site) const = 0;
};

/// The checks that are worth their time for a binary64 reference, the rigorous one first where it is cheap
/// enough.
std::vector<std::unique_ptr<ReferenceCheck<double>>> checks_of_binary64(const ModelRun& run, bool as_stored);
std::vector<std::unique_ptr<ReferenceCheck<DoubleDouble>>> checks_of_double_double(const ModelRun& run,
                                                                                   bool as_stored);

}  // namespace halfulp
