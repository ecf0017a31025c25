#include "halfulp/analysis/bounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/arith/balls.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/layers/block/error.hpp"
#include "halfulp/layers/block/hypotheses.hpp"
#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/block/rounding.hpp"

namespace halfulp {
namespace {

PaperBlock<double> rounded(Simulated& ar, PaperBlock<double> block) {
  for (Matrix<double>* m : {&block.wq, &block.wk, &block.wv, &block.a1, &block.a2})
    for (double& entry : m->values()) entry = ar.load(entry);
  for (std::vector<double>* b : {&block.b1, &block.b2})
    for (double& entry : *b) entry = ar.load(entry);
  return block;
}

PaperBlock<Ball> block_in_balls(const PaperBlock<double>& b) {
  return {in_balls(b.wq.view()), in_balls(b.wk.view()), in_balls(b.wv.view()), in_balls(b.a1.view()),
          in_balls(b.a2.view()), in_balls(b.b1),        in_balls(b.b2)};
}

/// |error| / |x| with 0/0 = 0 and x/0 = inf.
double relative(Upper error, const Ball& x) { return (error / mignitude(x)).value(); }

/// Relative errors of a computed stream, in ascending order.
std::vector<double> errors_of(const Matrix<double>& computed, const Matrix<Ball>& exact) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < exact.values().size(); ++i)
    errors.push_back(relative(magnitude(Ball(computed.values()[i]) - exact.values()[i]), exact.values()[i]));
  std::sort(errors.begin(), errors.end());
  return errors;
}
double median(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/// The midpoints alone: double-double's answer as the next layer's exact input.
Matrix<Ball> recentred(Matrix<Ball> x) {
  for (Ball& entry : x.values()) entry = entry.mid;
  return x;
}

double largest_relative(const Radii& radii, const Matrix<Ball>& exact) {
  double largest = 0;
  for (std::size_t i = 0; i < exact.values().size(); ++i)
    largest = std::fmax(largest, relative(radii.values()[i], exact.values()[i]));
  return largest;
}

/// The factors of one layer in Theorem 4.30, at its exact input.
void factor(LayerBounds& layer, const PaperBlock<Ball>& weights, Norm norm, const BlockValues<Ball>& v,
            const RoundingModel& model) {
  const auto add = [&](const char* name, const Ball& value) {
    layer.factors.push_back({name, upper_end(value)});
  };
  add("xi_attention_half", residual_xi<Ball>(v.x, v.branch));
  add("xi_attention", attention_xi(AttentionJacobian<Ball>(weights.wq.view(), weights.wk.view(),
                                                           weights.wv.view(), v.normed.view())));
  add("xi_perceptron", detail::perceptron_half_chi(weights, v));
  add("scores", attention_sigma(weights, Form::repaired));
  if (norm == Norm::layer) {
    add("centring_x", norm_spread<Ball>(norm, v.x));
    add("centring_y", norm_spread<Ball>(norm, v.y));
  }
  const auto largest = std::max_element(layer.factors.begin(), layer.factors.end(),
                                        [](const auto& a, const auto& b) { return a.value < b.value; });
  layer.dominating = largest->name;
  add("condition", key_query_condition(weights));
  layer.hypotheses = block_hypotheses(weights, norm, v, model);
}

/// Products of factors and the series of Theorem 4.30, coefficient times u, layer after layer.
void first_order(ModelBounds& bounds) {
  const double roundings = block_roundings(bounds.norm, bounds.n, bounds.d, bounds.inner);
  const double base = block_growth(bounds.norm);
  Upper repaired(1), printed(1);
  for (LayerBounds& layer : bounds.layers) {
    Upper scores(1), condition(1), others(base);
    for (const BoundFactor& f : layer.factors)
      (f.name == "scores" ? scores : f.name == "condition" ? condition : others) *= f.value;
    repaired *= scores * others;
    printed *=
        (Upper(1) + (scores.value() > 1 ? Upper(next_above(scores.value() - 1)) : Upper{}) * condition) *
        others;
    const Upper series = Upper(roundings) * bounds.u / (base - 1);
    layer.repaired = (repaired * series).value();
    layer.as_printed = (printed * series).value();
  }
}

}  // namespace

ModelBounds bounds_of(const PaperModel& model, const RoundingRule& rule, const Progress& progress) {
  if (model.x.rows() > most_enclosed)
    throw resource_error(
        fmt::format("d = {}: bounds enclose the singular values of d x d matrices, for d up to {}",
                    model.x.rows(), most_enclosed));
  Simulated ar{rule};
  const RoundingModel rounding = rounding_model_of(ar);
  const std::size_t depth = model.blocks.size();
  const double whole = 4 * static_cast<double>(depth);
  double done = 0;
  const auto advance = [&](double work, const char* what) {
    throw_if_interrupted();
    progress(done += work, whole, what);
  };

  std::vector<PaperBlock<double>> blocks;
  std::vector<PaperBlock<Ball>> exact_blocks;
  for (const PaperBlock<double>& block : model.blocks) {
    blocks.push_back(rounded(ar, block));
    exact_blocks.push_back(block_in_balls(blocks.back()));
  }
  Matrix<double> x = model.x;
  for (double& entry : x.values()) entry = ar.load(entry);
  ar.clear_events();

  ModelBounds bounds{model.norm,  x.rows(),
                     x.columns(), blocks.empty() ? 0 : blocks[0].a1.rows(),
                     rounding.u,  !rule.format.is_unbounded(),
                     {},          {}};
  bounds.layers.resize(depth);
  const BlockForm form{model.norm, NormPlace::before_attention, {}};
  Native native;
  WithRadii running{x, Radii(x.rows(), x.columns())};
  TokensWithError a_priori = tokens_with_error(in_balls(std::as_const(x).view()));
  Matrix<Ball> exact = in_balls(std::as_const(x).view());
  Matrix<double> binary64 = x;
  std::vector<BlockValues<Ball>> values;
  for (std::size_t l = 0; l < depth; ++l) {
    LayerBounds& layer = bounds.layers[l];
    layer.layer = l + 1;
    values.push_back(
        block_values<Ball>(exact_blocks[l], model.norm, NormPlace::before_attention, exact.view()));
    for (const Ball& entry : values.back().z.values())
      if (!entry.is_bounded())
        throw input_error(
            fmt::format("layer {}: the exact pass has no value, or none that double-double can hold "
                        "(a token without variance under a layer norm, numbers beyond 1e150)",
                        l + 1));
    exact = recentred(values.back().z);
    running = block_with_radii(ar, blocks[l], form, running);
    Matrix<double> next = binary64;
    block(native, blocks[l], form, std::as_const(binary64).view(), next.view());
    binary64 = next;
    const std::vector<double> errors = errors_of(running.x, exact);
    layer.observed_max = errors.back();
    layer.observed_median = median(errors);
    layer.reference_error = 0x1p-48 * errors_of(binary64, exact).back();
    layer.running = largest_relative(running.e, exact);
    advance(1, "exact and simulated passes");
    // An entry without a statement never gets one again.
    const bool lost = l > 0 && std::isinf(bounds.layers[l - 1].a_priori);
    if (!lost) a_priori = block_with_error(exact_blocks[l], form, a_priori, rounding);
    layer.a_priori = lost ? HUGE_VAL : largest_relative(a_priori.e, exact);
    advance(1, "bounds before the fact");
  }
  bounds.events = ar.events();
  parallel_for(depth, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t l = first; l < last; ++l)
      factor(bounds.layers[l], exact_blocks[l], model.norm, values[l], rounding);
  });
  advance(2 * static_cast<double>(depth), "factors of Theorem 4.30");
  first_order(bounds);
  return bounds;
}

}  // namespace halfulp
