#include "halfulp/analysis/attribution/attribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "halfulp/analysis/attribution/expected_flips.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Sums over steps, and means over the target's functionals.
class Summary {
 public:
  Summary(const TargetFunctionals& target, const AttributionOptions& options,
          const Contributions& contributions, std::size_t layers)
      : target_(target), options_(options), contributions_(contributions), layers_(layers) {}

  double mean(const std::vector<double>& by_functional) const {
    return std::accumulate(by_functional.begin(), by_functional.begin() + count(), 0.0) * target_.scale /
           static_cast<double>(target_.probes);
  }
  double mean_square(const std::vector<double>& by_functional) const {
    std::vector<double> squares(by_functional.begin(), by_functional.begin() + count());
    for (double& x : squares) x *= x;
    return mean(squares);
  }
  double quantity(double square) const { return options_.of_mean_square(square); }

  void fill(Attribution& result) const {
    const std::vector<double> variance = total(&StepContribution::variance, layers_ + 1);
    const double square = mean(variance);
    result.predicted = quantity(square);
    result.sigma = root_of_variance(square);
    result.predicted_se = standard_error(variance, square);
    for (const StepContribution& c : contributions_.steps) result.steps.push_back(share_of(c, square));
    for (std::size_t depth = 0; depth <= layers_ + 1; ++depth) result.ladder.push_back(rung(depth));
    if (options_.bounds) {
      result.deterministic = quantity(mean_square(total(&StepContribution::deterministic, layers_ + 1)));
      // What holds always holds with probability, too.
      result.probabilistic =
          std::min(*result.deterministic,
                   quantity(chances() * mean(total(&StepContribution::martingale, layers_ + 1))));
    }
    if (target_.direction) {
      result.in_run = 0;
      for (const StepShare& step : result.steps) *result.in_run += step.in_run.value_or(0);
    }
  }

 private:
  std::ptrdiff_t count() const { return static_cast<std::ptrdiff_t>(target_.probes); }
  /// Of Azuma's inequality: |dF| <= sqrt(2 ln(2/delta) s) with probability 1 - delta.
  double chances() const { return 2 * log(2 / options_.delta); }
  std::size_t depth_of(const StepContribution& c) const {
    return c.site == Site::embed ? 0 : c.layer ? *c.layer + 1 : layers_ + 1;
  }
  /// Over the steps of all depths up to one.
  std::vector<double> total(std::vector<double> StepContribution::*of, std::size_t depth) const {
    std::vector<double> sum(contributions_.functionals);
    for (const StepContribution& c : contributions_.steps)
      if (depth_of(c) <= depth)
        for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += c.finite ? (c.*of)[p] : unknown;
    return sum;
  }
  double standard_error(const std::vector<double>& variance, double square) const {
    if (target_.probes < 2) return 0;
    double spread = 0;
    const auto probes = static_cast<double>(target_.probes);
    for (std::size_t p = 0; p < target_.probes; ++p) {
      const double off = variance[p] * target_.scale - square;
      spread += off * off;
    }
    const double se = std::sqrt(spread / (probes - 1) / probes);
    return options_.target == Target::kld ? se / 2 : square > 0 ? se / (2 * std::sqrt(square)) : 0;
  }
  StepShare share_of(const StepContribution& c, double square) const {
    StepShare s;
    s.layer = c.layer;
    s.site = c.site;
    s.step = c.step;
    s.head = c.head;
    const double own = c.finite ? mean(c.variance) : unknown;
    s.share = std::isfinite(square) ? (square > 0 ? own / square : 0) : unknown;
    s.sigma = root_of_variance(own);
    if (options_.bounds) s.deterministic = std::sqrt(mean_square(c.deterministic));
    if (!target_.direction || c.in_run.empty()) return s;
    s.in_run = c.in_run[*target_.direction];
    if (own > 0) s.z = options_.is_single() ? c.in_run[0] / s.sigma : std::sqrt(mean_square(c.in_run) / own);
    return s;
  }
  Depth rung(std::size_t depth) const {
    Depth d;
    d.layers = depth;
    d.sigma = root_of_variance(mean(total(&StepContribution::variance, depth)));
    if (options_.bounds) {
      d.deterministic = std::sqrt(mean_square(total(&StepContribution::deterministic, depth)));
      d.probabilistic = std::min(*d.deterministic,
                                 std::sqrt(chances() * mean(total(&StepContribution::martingale, depth))));
    }
    if (target_.direction) d.observed = std::sqrt(mean_square(contributions_.in_run_at_depth[depth]));
    if (!contributions_.entrywise_at_depth.empty())
      d.entrywise = std::sqrt(mean_square(contributions_.entrywise_at_depth[depth]));
    return d;
  }

  const TargetFunctionals& target_;
  const AttributionOptions& options_;
  const Contributions& contributions_;
  std::size_t layers_;
};

/// The roundings of the logits themselves come in as a grid, not as variance.
double flips_of(const ModelRun& run, MatrixView<const double> logits, const std::vector<Margin>& margins,
                const TargetFunctionals& target, const Contributions& contributions) {
  std::vector<double> variance(target.closest.size());
  for (const StepContribution& c : contributions.steps)
    if (c.site != Site::head)
      for (std::size_t m = 0; m < variance.size(); ++m)
        variance[m] += c.finite ? c.variance[target.probes + m] : unknown;
  return expected_flips(
      logits, margins, target.closest, variance,
      run.recipe.stored_as(run.architecture, run.architecture.layers, Tensor::logits).format);
}

/// The target in the recipe's run.
void observe(const ModelRun& run, MatrixView<const double> z, MatrixView<const double> zhat,
             const std::vector<Margin>& margins, Attribution& result) {
  const OutputMetrics& metrics = result.run_metrics.emplace(output_metrics(z, zhat, run.tokens));
  const auto change = [&](const Margin& m) {
    return zhat(m.first, m.position) - zhat(m.second, m.position) - m.value;
  };
  switch (result.options.target) {
    case Target::kld:
      result.observed = metrics.kld.mean;
      break;
    case Target::logits:
      result.observed = metrics.logit_difference.rms;
      break;
    case Target::loss:
      result.observed = *metrics.cross_entropy.recipe - *metrics.cross_entropy.reference;
      break;
    case Target::margin: {
      double squares = 0;
      for (const Margin& m : margins) squares += change(m) * change(m);
      result.observed = std::sqrt(squares / static_cast<double>(margins.size()));
      break;
    }
    case Target::token:
      result.observed = change(margins[result.options.token]);
      break;
  }
}

}  // namespace

Attribution attribute(const ModelRun& run, const AttributionOptions& options, const Progress& progress) {
  options.check(run.tokens.size());
  if (!(options.delta > 0 && options.delta < 1))
    throw usage_error(fmt::format("--delta {:g}: a probability between 0 and 1", options.delta));
  run.recipe.check(run.architecture);
  Attribution result;
  result.options = options;
  result.tokens = run.tokens.size();
  std::optional<RecipeRun> recipe_run;
  if (options.run) recipe_run.emplace(run, options.bounds);
  RecipeRun* const kept = recipe_run ? &*recipe_run : nullptr;
  Matrix<double> logits;
  std::vector<Margin> margins;
  TargetFunctionals target;
  const auto functionals_of = [&](const Matrix<double>& z) {
    logits = z;
    margins = top_margins(z);
    target = target_functionals(run, options, z, margins, kept);
    return target.functionals;
  };
  const Contributions contributions =
      contributions_of(run, {}, functionals_of, {options.bounds, kept}, progress).front();
  result.functionals = target.functionals.count;
  Summary(target, options, contributions, run.architecture.layers).fill(result);
  if (options.target == Target::token) result.margin = margins[options.token].value;
  if (options.flips) {
    result.expected_flips = flips_of(run, logits, margins, target, contributions);
    result.closest_margins = target.closest.size();
  }
  if (options.condition) {
    ConditionOptions how;
    how.seed = run.seed;
    result.condition = condition_of(run, how, progress);
  }
  if (kept) observe(run, logits, kept->logits(), margins, result);
  return result;
}

}  // namespace halfulp
