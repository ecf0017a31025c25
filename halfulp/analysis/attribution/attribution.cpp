#include "halfulp/analysis/attribution/attribution.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "halfulp/analysis/attribution/expected_flips.hpp"
#include "halfulp/arith/native.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/softmax/softmax.hpp"

namespace halfulp {
namespace {

/// Functionals 0 .. probes - 1 are the target's, then come the closest margins, then the direction of the
/// observed error.
struct Plan {
  Functionals functionals;
  std::size_t probes = 0;
  std::vector<Margin> closest;
  std::optional<std::size_t> direction;
  double scale = 1;  // of squares of functionals
};

Matrix<double> accurate_logits(const ModelRun& run) {
  Tensors<double> ends = forward(
      run.architecture, [&](std::size_t layer, Site site) { return run.place(layer, site); },
      [](std::size_t, Site) { return Native(); }, [](std::size_t, Site, const Tensors<double>&) {});
  return std::move(ends[Tensor::logits]);
}

/// The gradient of the target along dZ, scaled such that its product with dZ is the target.
Matrix<double> direction_of(Target target, MatrixView<const double> z, MatrixView<const double> zhat,
                            const std::vector<Margin>& margins) {
  const std::size_t v = z.rows(), n = z.columns();
  Matrix<double> c(v, n);
  Native ar;
  double squares = 0;
  if (target == Target::margin) {
    for (const Margin& m : margins) {
      const double dm = (zhat(m.first, m.position) - zhat(m.second, m.position)) - m.value;
      c(m.first, m.position) += dm;
      c(m.second, m.position) -= dm;
      squares += dm * dm;
    }
  } else {
    std::vector<double> e(v), p(v);
    for (std::size_t t = 0; t < n; ++t) {
      double mean = 0;
      softmax(ar, z.column(t), Shift::by_maximum, Row<double>(e), Row<double>(p));
      for (std::size_t i = 0; i < v; ++i) {
        const double dz = zhat(i, t) - z(i, t);
        c(i, t) = target == Target::kld ? p[i] * dz : dz;
        mean += p[i] * dz;
        squares += dz * dz;
      }
      if (target == Target::kld)
        for (std::size_t i = 0; i < v; ++i) c(i, t) -= p[i] * mean;
    }
  }
  const auto tokens = static_cast<double>(n), entries = tokens * static_cast<double>(v);
  const double divisor = target == Target::kld      ? 2 * tokens
                         : target == Target::logits ? std::sqrt(squares * entries)
                                                    : std::sqrt(squares * tokens);
  for (double& entry : c.values()) entry = squares == 0 ? 0 : entry / divisor;
  return c;
}

bool is_single(Target target) { return target == Target::loss || target == Target::token; }

Plan plan_of(const ModelRun& run, const AttributionOptions& options, MatrixView<const double> logits,
             const std::vector<Margin>& margins, const RecipeRun* recipe_run) {
  const auto n = static_cast<double>(logits.columns()), v = static_cast<double>(logits.rows());
  Plan plan;
  plan.probes = is_single(options.target) ? 1 : options.probes;
  std::vector<Functionals> parts;
  switch (options.target) {
    case Target::kld:
      parts.push_back(divergence_probes(plan.probes, run.seed));
      plan.scale = 1 / n;
      break;
    case Target::logits:
      parts.push_back(logit_probes(plan.probes, run.seed));
      plan.scale = 1 / (n * v);
      break;
    case Target::loss:
      parts.push_back(loss_functional(run.tokens));
      break;
    case Target::margin:
      parts.push_back(margin_probes(margins, plan.probes, run.seed));
      plan.scale = 1 / n;
      break;
    case Target::token:
      parts.push_back(margin_functionals({margins[options.token]}));
      break;
  }
  if (options.flips) {
    plan.closest = closest_margins(margins, options.probes);
    parts.push_back(margin_functionals(plan.closest));
  }
  if (recipe_run) {
    plan.direction = 0;
    if (!is_single(options.target)) {
      plan.direction = plan.probes + plan.closest.size();
      parts.push_back(
          linear_functionals({direction_of(options.target, logits, recipe_run->logits().view(), margins)}));
    }
  }
  plan.functionals = joined(std::move(parts));
  return plan;
}

/// Sums over steps, and means over the target's functionals.
class Summary {
 public:
  Summary(const Plan& plan, const AttributionOptions& options, const Contributions& contributions,
          std::size_t layers)
      : plan_(plan), options_(options), contributions_(contributions), layers_(layers) {}

  double mean(const std::vector<double>& by_functional) const {
    return std::accumulate(by_functional.begin(), by_functional.begin() + count(), 0.0) * plan_.scale /
           static_cast<double>(plan_.probes);
  }
  double mean_square(const std::vector<double>& by_functional) const {
    std::vector<double> squares(by_functional.begin(), by_functional.begin() + count());
    for (double& x : squares) x *= x;
    return mean(squares);
  }
  /// The target of a mean square.
  double quantity(double square) const {
    return options_.target == Target::kld ? square / 2 : std::sqrt(std::max(0.0, square));
  }

  void fill(Attribution& result) const {
    const std::vector<double> variance = total(&StepContribution::variance, layers_ + 1);
    const double square = mean(variance);
    result.predicted = quantity(square);
    result.sigma = std::sqrt(std::max(0.0, square));
    result.predicted_se = standard_error(variance, square);
    for (const StepContribution& c : contributions_.steps) result.steps.push_back(share_of(c, square));
    for (std::size_t depth = 0; depth <= layers_ + 1; ++depth) result.ladder.push_back(rung(depth));
    if (options_.bounds) {
      result.deterministic = quantity(mean_square(total(&StepContribution::deterministic, layers_ + 1)));
      result.probabilistic = quantity(chances() * mean(total(&StepContribution::martingale, layers_ + 1)));
    }
    if (plan_.direction) {
      result.in_run = 0;
      for (const StepShare& step : result.steps) *result.in_run += step.in_run.value_or(0);
    }
  }

 private:
  std::ptrdiff_t count() const { return static_cast<std::ptrdiff_t>(plan_.probes); }
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
        for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += (c.*of)[p];
    return sum;
  }
  double standard_error(const std::vector<double>& variance, double square) const {
    if (plan_.probes < 2) return 0;
    double spread = 0;
    const auto probes = static_cast<double>(plan_.probes);
    for (std::size_t p = 0; p < plan_.probes; ++p) {
      const double off = variance[p] * plan_.scale - square;
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
    const double own = mean(c.variance);
    s.share = square > 0 ? own / square : 0;
    s.sigma = std::sqrt(std::max(0.0, own));
    if (options_.bounds) s.deterministic = std::sqrt(mean_square(c.deterministic));
    if (!plan_.direction || c.in_run.empty()) return s;
    s.in_run = c.in_run[*plan_.direction];
    if (own > 0)
      s.z = is_single(options_.target) ? c.in_run[0] / s.sigma : std::sqrt(mean_square(c.in_run) / own);
    return s;
  }
  Depth rung(std::size_t depth) const {
    Depth d;
    d.layers = depth;
    d.sigma = std::sqrt(std::max(0.0, mean(total(&StepContribution::variance, depth))));
    if (options_.bounds) {
      d.deterministic = std::sqrt(mean_square(total(&StepContribution::deterministic, depth)));
      d.probabilistic = std::sqrt(chances() * mean(total(&StepContribution::martingale, depth)));
    }
    if (plan_.direction) d.observed = std::sqrt(mean_square(contributions_.in_run_at_depth[depth]));
    if (!contributions_.entrywise_at_depth.empty())
      d.entrywise = std::sqrt(mean_square(contributions_.entrywise_at_depth[depth]));
    return d;
  }

  const Plan& plan_;
  const AttributionOptions& options_;
  const Contributions& contributions_;
  std::size_t layers_;
};

/// Greedy tokens that change.  The roundings of the logits themselves come in as a grid, not as variance.
double flips_of(const ModelRun& run, MatrixView<const double> logits, const std::vector<Margin>& all,
                const Plan& plan, const Contributions& contributions) {
  std::vector<double> variance(plan.closest.size());
  for (const StepContribution& c : contributions.steps)
    if (c.site != Site::head)
      for (std::size_t m = 0; m < variance.size(); ++m) variance[m] += c.variance[plan.probes + m];
  return expected_flips(
      logits, all, plan.closest, variance,
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

void check(const ModelRun& run, const AttributionOptions& options) {
  const std::size_t n = run.tokens.size();
  if (options.probes == 0) throw usage_error("--probes 0: at least one probe");
  if (options.target == Target::token && options.token >= n)
    throw usage_error("--target token=" + std::to_string(options.token) + ": positions are 0 to " +
                      std::to_string(n - 1));
  if (options.target == Target::loss && n < 2)
    throw usage_error("--target loss: the loss of a single token is not defined; give at least two");
  if (!(options.delta > 0 && options.delta < 1)) throw usage_error("--delta: between 0 and 1");
}

}  // namespace

std::string_view name_of(Target target) {
  constexpr std::string_view names[] = {"kld", "logits", "loss", "margin", "token"};
  return names[static_cast<std::size_t>(target)];
}

Attribution attribute(const ModelRun& run, const AttributionOptions& options, const Progress& progress) {
  check(run, options);
  run.recipe.check(run.architecture);
  Attribution result;
  result.options = options;
  result.tokens = run.tokens.size();
  const Matrix<double> logits = accurate_logits(run);
  const std::vector<Margin> margins = top_margins(logits);
  std::optional<RecipeRun> recipe_run;
  if (options.run) recipe_run.emplace(run, options.bounds);
  RecipeRun* const kept = recipe_run ? &*recipe_run : nullptr;
  const Plan plan = plan_of(run, options, logits, margins, kept);
  result.functionals = plan.functionals.count;
  const Contributions contributions =
      contributions_of(run, {}, plan.functionals, {options.bounds, kept}, progress).front();
  Summary(plan, options, contributions, run.architecture.layers).fill(result);
  if (options.target == Target::token) result.margin = margins[options.token].value;
  if (options.flips) result.expected_flips = flips_of(run, logits.view(), margins, plan, contributions);
  if (kept) observe(run, logits, kept->logits(), margins, result);
  return result;
}

}  // namespace halfulp
