#include "halfulp/analysis/attribution/local_errors.hpp"

#include <algorithm>
#include <cmath>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/over_rows.hpp"

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
    for (const Tensor t : writes()) {
      const bool masked = t == Tensor::score || t == Tensor::weight;
      over_rows(a[t].rows(), 64, [&](std::size_t i) {
        for (std::size_t j = 0; j < n; ++j) a[t](i, j) = masked && j < i % n ? 0 : a[t](i, j) - b[t](i, j);
      });
    }
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

Format format_of(DType dtype) {
  switch (dtype) {
    case DType::bf16:
      return format_named("bf16");
    case DType::fp16:
      return format_named("fp16");
    case DType::fp32:
      return format_named("fp32");
    case DType::fp64:
      break;
  }
  return format_named("fp64");
}

/// Whether a product's operands are rounded as they are read, so that one rounding enters many results.
bool loads_round(const ModelRun& run, std::size_t layer, Site site, const Tensors<double>& x,
                 const Rounder& in) {
  const bool flash = run.recipe.flash_block() > 0;
  for (const Tensor t : tensors_of(site, run.architecture, flash).reads)
    for (const double entry : x[t].values())
      if (in(entry) != entry && !std::isnan(entry)) return true;
  const auto steps = steps_of(site, flash);
  if (std::find(steps.begin(), steps.end(), Step::weight) == steps.end()) return false;
  return !in.rule().format.holds(run.recipe.stored(run.architecture, layer, site).format) &&
         !in.rule().format.holds(format_of(run.weights.embedding.dtype));
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
void separate_constant(const ModelRun& run, Staged& arithmetic, const Matrix<double>& scores, bool with_radii,
                       std::vector<StepErrors>& all) {
  const double delta = error_of_score_factor(arithmetic.step(Step::scale), run.architecture);
  if (std::fabs(delta) < 0x1p-50) return;
  StepErrors constant{Step::scale, {Sharing::Among::everything, true}, {}, {}, {}};
  Matrix<double>& own = all.back().error[Tensor::score];
  Matrix<double>& shared = constant.error[Tensor::score] = scores;
  const std::size_t n = run.tokens.size();
  for (std::size_t i = 0; i < own.rows(); ++i)
    for (std::size_t t = 0; t < n; ++t) {
      shared(i, t) = i % n <= t ? delta * shared(i, t) : 0;
      own(i, t) -= shared(i, t);
    }
  if (with_radii) constant.radius = constant.error;
  all.push_back(std::move(constant));
}

/// The roundings on a term's way into an entry of the site's product.
double roundings_of_product(const ModelRun& run, Site site) {
  const Architecture& a = run.architecture;
  const std::size_t terms = site == Site::mlp_out    ? a.inner
                            : site == Site::attn_out ? a.heads * a.head_dim
                            : site == Site::score    ? a.head_dim
                            : site == Site::pv       ? run.tokens.size()
                                                     : a.width;
  return RoundingModel{0, run.recipe.summation()}.dot(terms) + 1;  // and the bias
}

/// From the bounds of one tensor; what storing may add is told apart from the h roundings before.
void put_radii_of(Tensor t, const Matrix<Bounded>& bounded, const RoundingRadius& stored, double h,
                  StepErrors& e) {
  const std::size_t n = bounded.columns();
  Matrix<double>& radius = e.radius[t] = Matrix<double>(bounded.rows(), n);
  Matrix<double>& spread = e.spread[t] = Matrix<double>(bounded.rows(), n);
  const bool masked = t == Tensor::score || t == Tensor::weight;
  over_rows(bounded.rows(), 64, [&](std::size_t i) {
    for (std::size_t j = masked ? i % n : 0; j < n; ++j) {
      const Bounded& y = bounded(i, j);
      const double storing = std::min(y.e, stored(std::fabs(y.x))), before = y.e - storing;
      radius(i, j) = y.e;
      spread(i, j) = std::isfinite(y.e) && h > 1 ? std::sqrt(before * before / h + storing * storing) : y.e;
    }
  });
}

/// Worst-case radii of each step alone, and spreads: of h roundings in a sum, each at most u T, the squares
/// sum to at most h (u T)^2, the h-th part of the square of their worst case.
class StepRadii {
 public:
  StepRadii(const ModelRun& run, std::size_t layer, Site site, const Tensors<double>& x)
      : run_(run),
        site_(site),
        evaluate_(run, layer, site),
        recipe_(with_running_errors(run.arithmetic(layer, site), Runs::all)) {
    for (const Tensor t : tensors_of(site, run.architecture, run.recipe.flash_block() > 0).reads) {
      inputs_[t] = Matrix<Bounded>(x[t].rows(), x[t].columns());
      over_rows(x[t].rows(), 64, [&](std::size_t i) {
        for (std::size_t j = 0; j < x[t].columns(); ++j) inputs_[t](i, j) = {x[t](i, j), 0};
      });
    }
  }
  /// Puts the radii of e's step in e; what the step makes of the inputs, nothing else rounded.
  Tensors<double> put_in(StepErrors& e) {
    StagedRunningError alone;
    alone.set(e.step, recipe_.step(e.step));
    const Tensors<Bounded> bounded = evaluate_(alone, inputs_);
    const RoundingRadius stored(recipe_.step(e.step).simulated().out().rule());
    const double h = e.step == Step::product ? roundings_of_product(run_, site_) : 1;
    Tensors<double> values;
    for (const Tensor t : evaluate_.writes()) {
      put_radii_of(t, bounded[t], stored, h, e);
      values[t] = Matrix<double>(bounded[t].rows(), bounded[t].columns());
      over_rows(values[t].rows(), 64, [&](std::size_t i) {
        for (std::size_t j = 0; j < values[t].columns(); ++j) values[t](i, j) = bounded[t](i, j).x;
      });
    }
    return values;
  }

 private:
  const ModelRun& run_;
  Site site_;
  Evaluation evaluate_;
  StagedRunningError recipe_;
  Tensors<Bounded> inputs_;
};

std::vector<StepErrors> step_errors_with(StepRadii* radii, const ModelRun& run, std::size_t layer, Site site,
                                         const Tensors<double>& x) {
  const Evaluation evaluate(run, layer, site);
  std::vector<StepErrors> all;
  Staged recipe = run.arithmetic(layer, site), so_far;
  Native exact;
  Tensors<double> before = evaluate(exact, x);
  for (const Step step : evaluate.steps()) {
    if (never_rounds(recipe.step(step))) continue;
    so_far.set(step, recipe.step(step));
    const bool first = all.empty();
    Sharing sharing = sharing_of(site, step, run.recipe.flash_block() > 0);
    if (step == Step::product && loads_round(run, layer, site, x, recipe.step(step).in()))
      sharing = {Sharing::Among::everything, false};
    StepErrors& e = all.emplace_back(StepErrors{step, sharing, {}, {}, {}});
    Tensors<double> after;
    if (radii) after = radii->put_in(e);
    if (!radii || !first) after = evaluate(so_far, x);
    e.error = after;
    evaluate.subtract(e.error, before);
    if (site == Site::score && step == Step::scale)
      separate_constant(run, recipe, before[Tensor::score], radii != nullptr, all);
    before = std::move(after);
  }
  return all;
}

}  // namespace

std::vector<StepErrors> step_errors(const ModelRun& run, std::size_t layer, Site site,
                                    const Tensors<double>& x) {
  return step_errors_with(nullptr, run, layer, site, x);
}

std::vector<StepErrors> local_errors(const ModelRun& run, std::size_t layer, Site site,
                                     const Tensors<double>& accurate, bool with_radii) {
  Tensors<double> x;
  for (const Tensor t : tensors_of(site, run.architecture, run.recipe.flash_block() > 0).reads) {
    x[t] = accurate[t];
    const Rounder stored(run.recipe.stored_as(run.architecture, layer, t));
    over_rows(x[t].rows(), 64, [&](std::size_t i) {
      for (std::size_t j = 0; j < x[t].columns(); ++j) x[t](i, j) = stored(x[t](i, j));
    });
  }
  if (!with_radii) return step_errors(run, layer, site, x);
  StepRadii radii(run, layer, site, x);
  return step_errors_with(&radii, run, layer, site, x);
}

}  // namespace halfulp
