// The logits that a model gives in some arithmetic, weights as the run's recipe stores them.
#pragma once

#include <utility>

#include "halfulp/analysis/model_run.hpp"
#include "halfulp/base/interrupt.hpp"

namespace halfulp {

/// arithmetic_of(layer, site), of binary64 values.  Shape: [vocabulary, n].  Throws interrupted.
template <class ArithmeticOf>
Matrix<double> logits_of(const ModelRun& run, ArithmeticOf arithmetic_of) {
  Tensors<double> ends = forward(
      run.architecture, [&](std::size_t layer, Site site) { return run.place(layer, site); }, arithmetic_of,
      [](std::size_t, Site, const Tensors<double>&) { throw_if_interrupted(); });
  return std::move(ends[Tensor::logits]);
}

/// In binary64.
inline Matrix<double> accurate_logits(const ModelRun& run) {
  return logits_of(run, [](std::size_t, Site) { return Native(); });
}

/// In the run's recipe.
inline Matrix<double> recipe_logits(const ModelRun& run) {
  return logits_of(run, [&](std::size_t layer, Site site) { return run.arithmetic(layer, site); });
}

}  // namespace halfulp
