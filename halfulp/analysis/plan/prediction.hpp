// What any promotion will do to the output, from one accurate run and one reverse sweep.
//
// Every step's variance is known in three states: as the base has it, with what it reads left wide, promoted
// (contributions.hpp).  Variances of different steps add, so that of any set of promotions is a sum:
//
//   kld = (1/2n) mean_p sum var_p,   logits = sqrt(mean_q sum var_q / (v n)),   flips: attribution's
//
// with p over divergence probes and q over random signs.  Source: docs/theory.md, 8.
#pragma once

#include <map>
#include <vector>

#include "halfulp/analysis/attribution/functionals.hpp"
#include "halfulp/analysis/model_run.hpp"
#include "halfulp/analysis/plan/promotion.hpp"
#include "halfulp/analysis/plan/selection.hpp"
#include "halfulp/base/progress.hpp"

namespace halfulp {

struct Predicted {
  double kld = 0, logits = 0, flips = 0;  // mean, rms, expected number of greedy tokens
};

/// What counts when promotions are weighed against each other.
struct CostWeights {
  double byte = 1;              // moved
  double multiplication = 0.1;  // in the promoted format
};

class PromotionPredictions {
 public:
  /// One sweep for the base and the two recipes of promotion.hpp.  Throws what promotions_of and
  /// contributions_of throw, usage_error where the base overflows, input_error where the accurate logits are
  /// not finite.
  PromotionPredictions(const ModelRun& run, const RoundingRule& format, std::size_t probes,
                       const Progress& progress = {});

  const std::vector<Promotion>& promotions() const { return promotions_; }
  Predicted predicted(const Selection& selection) const;
  /// Relative standard error of the base's kld over the probes.
  double relative_error() const { return relative_error_; }
  /// Bytes moved and multiplications in the promoted format beyond the base.
  double bytes(const Selection& selection) const;
  double multiplications(const Selection& selection) const;

  enum class Value { kld, logits };
  /// Remainder: the mean KL divergence, or the mean square of the logits' errors.
  SelectionProblem problem(Value value, const CostWeights& weights) const;
  std::vector<Promotion> chosen(const Selection& selection) const;

 private:
  struct Part {
    std::size_t layer;
    Site site;
    Step step;
    std::vector<double> variance[3];  // by level, of every functional
  };
  std::vector<std::vector<SelectionProblem::Move>> moves() const;
  std::vector<double> variances(const Selection& selection, bool without_head) const;
  double mean(const std::vector<double>& variance, std::size_t first) const;

  ModelRun run_;
  Recipe promoted_;
  std::size_t probes_;
  std::vector<Promotion> promotions_;
  std::vector<Part> parts_;
  Matrix<double> logits_;
  std::vector<Margin> margins_, closest_;
  double relative_error_ = 0;
};

}  // namespace halfulp
