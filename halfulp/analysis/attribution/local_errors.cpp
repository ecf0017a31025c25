#include "halfulp/analysis/attribution/local_errors.hpp"

#include <cmath>

namespace halfulp {
namespace {

/// What one site makes of tensors, in any arithmetic.
class Evaluation {
 public:
  Evaluation(const ModelRun& run, std::size_t layer, Site site)
      : run_(run), place_(run.place(layer, site)), site_(site) {}

  std::vector<Tensor> writes() const { return tensors_of(site_, run_.architecture, place_.flash()).writes; }
  std::vector<Step> steps() const {
    std::vector<Step> steps;
    for (const Step step : steps_of(site_, place_.flash()))
      if (step != Step::weight) steps.push_back(step);
    return steps;
  }
  template <class A>
  Tensors<Value<A>> operator()(A& ar, const Tensors<Value<A>>& inputs) const {
    Tensors<Value<A>> out;
    out.prepare(site_, run_.architecture, place_.flash(), run_.tokens.size());
    evaluate_site(site_, ar, place_, inputs, out);
    return out;
  }
  /// a - b where entries mean something, 0 elsewhere, in place of a.
  void subtract(Tensors<double>& a, const Tensors<double>& b) const {
    const std::size_t n = run_.tokens.size();
    for (const Tensor t : writes())
      parallel_for(a[t].rows(), 64, [&](std::size_t first, std::size_t last) {
        const bool masked = t == Tensor::score || t == Tensor::weight;
        for (std::size_t i = first; i < last; ++i)
          for (std::size_t j = 0; j < n; ++j) a[t](i, j) = masked && j < i % n ? 0 : a[t](i, j) - b[t](i, j);
      });
  }

 private:
  const ModelRun& run_;
  Place place_;
  Site site_;
};

bool never_rounds(const Simulated& ar) {
  const auto wide = [](const Rounder& r) { return r.way() == Rounder::Way::binary64; };
  return wide(ar.in()) && wide(ar.acc()) && wide(ar.out());
}

/// By how much the factor of the scores differs from 1/sqrt(d_h), relatively, because it was rounded.
double error_of_score_factor(Simulated& scaling, const Architecture& architecture) {
  const auto width = static_cast<double>(architecture.head_dim);
  const double root = std::sqrt(width);
  switch (detail::score_scale(architecture.family)) {
    case ScoreScale::by_reciprocal:
      return scaling.div_root(1.0, width) * root - 1;
    case ScoreScale::by_stored_root:
      return root / scaling.store(scaling.mul_root(1.0, width)) - 1;
    case ScoreScale::by_rounded_root:
      return root / scaling.mul_root(1.0, width) - 1;
    case ScoreScale::by_exact_root:
      break;
  }
  return 0;
}

/// What the rounded factor does to all scores, and what is left.
void separate_constant(const ModelRun& run, Staged& alone, const Tensors<double>& inputs,
                       std::vector<StepErrors>& all) {
  const double delta = error_of_score_factor(alone.step(Step::scale), run.architecture);
  if (std::fabs(delta) < 0x1p-50) return;
  StepErrors constant{Step::scale, {Sharing::Among::everything, true}, {}, {}, {}};
  Matrix<double>& own = all.back().error[Tensor::score];
  Matrix<double>& shared = constant.error[Tensor::score] = inputs[Tensor::score];
  const std::size_t n = run.tokens.size();
  for (std::size_t i = 0; i < own.rows(); ++i)
    for (std::size_t t = 0; t < n; ++t) {
      shared(i, t) = i % n <= t ? delta * shared(i, t) : 0;
      own(i, t) -= shared(i, t);
    }
  all.push_back(std::move(constant));
}

}  // namespace

std::vector<StepErrors> local_errors(const ModelRun& run, std::size_t layer, Site site,
                                     const Tensors<double>& inputs, bool with_radii) {
  const Evaluation evaluate(run, layer, site);
  std::vector<StepErrors> all;
  Staged recipe = run.arithmetic_on_reference(layer, site);
  for (const Step step : evaluate.steps()) {
    if (never_rounds(recipe.step(step))) continue;
    Staged alone;
    alone.set(step, recipe.step(step));
    all.push_back(
        {step, sharing_of(site, step, run.recipe.flash_block() > 0), evaluate(alone, inputs), {}, {}});
    evaluate.subtract(all.back().error, inputs);
    if (site == Site::score && step == Step::scale) separate_constant(run, alone, inputs, all);
  }
  (void)with_radii;
  return all;
}

std::vector<StepErrors> errors_in_turn(const ModelRun& run, std::size_t layer, Site site,
                                       const Tensors<double>& inputs) {
  const Evaluation evaluate(run, layer, site);
  std::vector<StepErrors> all;
  Staged recipe = run.arithmetic(layer, site), so_far;
  Native exact;
  Tensors<double> before = evaluate(exact, inputs);
  for (const Step step : evaluate.steps()) {
    if (never_rounds(recipe.step(step))) continue;
    so_far.set(step, recipe.step(step));
    Tensors<double> after = evaluate(so_far, inputs);
    all.push_back({step, {}, after, {}, {}});
    evaluate.subtract(all.back().error, before);
    before = std::move(after);
  }
  return all;
}

}  // namespace halfulp
