// The recipe's own run, kept so that its layers can be visited from the last to the first.
#pragma once

#include "halfulp/analysis/attribution/local_errors.hpp"

namespace halfulp {

/// Memory: the streams between the layers, the ends, and one layer.
class RecipeRun {
 public:
  /// Runs the whole recipe; with_bounds: in running errors, several times slower.  Throws interrupted.
  explicit RecipeRun(const ModelRun& run, bool with_bounds = false);

  /// The stream after `depth` layers, 0 .. layers: [d, n].
  const Matrix<double>& stream(std::size_t depth) const { return streams_[depth]; }
  const Matrix<double>& logits() const { return ends_[Tensor::logits]; }
  /// |xhat - x| <= this, entry by entry, x what exact arithmetic gives; empty without bounds.
  const Matrix<double>& stream_error(std::size_t depth) const { return stream_errors_[depth]; }
  const Matrix<double>& logit_error() const { return logit_error_; }
  bool has_bounds() const { return !stream_errors_.empty(); }
  /// What the run lost at each step of a site.  Cheapest when asked layer by layer: a layer is computed again
  /// from its stream, to the same bits.
  std::vector<StepErrors> errors(std::size_t layer, Site site);

 private:
  void run_plainly();
  void run_with_bounds();
  void visit(std::size_t layer);

  ModelRun run_;
  std::vector<Matrix<double>> streams_, stream_errors_;
  Matrix<double> logit_error_;
  Tensors<double> ends_, layer_values_;
  std::size_t layer_;  // whose values layer_values_ are
};

}  // namespace halfulp
