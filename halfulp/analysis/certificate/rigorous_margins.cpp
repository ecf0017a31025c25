#include "halfulp/analysis/certificate/rigorous_margins.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/analysis/certificate/head_margins.hpp"
#include "halfulp/base/interrupt.hpp"

namespace halfulp {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

bool is_random(const Simulated& ar) {
  const auto stochastic = [](const Rounder& r) { return r.rule().mode == Rounding::stochastic; };
  return stochastic(ar.in()) || stochastic(ar.acc()) || stochastic(ar.out());
}

bool is_finite(Row<const Bounded> x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(x[i].e < infinite)) return false;
  return true;
}

Bounded interval_margin(const Bounded& a, const Bounded& v) {
  return {a.x - v.x, (a.e + v.e) * (1 + 0x1p-50) + 0x1p-52 * std::fabs(a.x - v.x)};
}

/// bound / margin; infinite where the margin is not positive.
double share_of(const Bounded& margin) {
  return margin.x > 0 && margin.e >= 0 ? margin.e / margin.x : infinite;
}

}  // namespace

bool rounds_at_random(const ModelRun& run) {
  const bool flash = run.recipe.flash_block() > 0;
  for (std::size_t layer = 0; layer <= run.architecture.layers; ++layer)
    for (const Site site : all_sites()) {
      if (is_in_layer(site) == (layer == run.architecture.layers)) continue;
      Staged ar = run.arithmetic(layer, site);
      for (const Step step : steps_of(site, flash))
        if (is_random(ar.step(step))) return true;
    }
  return false;
}

std::size_t greedy_token(Row<const double> logits) {
  std::size_t best = 0;
  for (std::size_t v = 1; v < logits.size(); ++v)
    if (logits[v] > logits[best] || (std::isnan(logits[best]) && !std::isnan(logits[v]))) best = v;
  return best;
}

RigorousRun rigorous_run(const ModelRun& run) {
  const Runs runs = rounds_at_random(run) ? Runs::all : Runs::this_one;
  const std::size_t layers = run.architecture.layers, n = run.tokens.size();
  const Tensors<Bounded> ends = forward(
      run.architecture, [&](std::size_t layer, Site site) { return run.place(layer, site); },
      [&](std::size_t layer, Site site) { return with_running_errors(run.arithmetic(layer, site), runs); },
      [](std::size_t, Site, const Tensors<Bounded>&) { throw_if_interrupted(); });
  const Matrix<Bounded>& z = ends[Tensor::logits];
  RigorousRun result{Matrix<double>(z.rows(), n), std::vector<double>(n)};
  for (std::size_t i = 0; i < z.values().size(); ++i) result.logits.values()[i] = z.values()[i].x;

  const Place head = run.place(layers, Site::head), norm = run.place(layers, Site::final_norm);
  const Operand weight = head.operand(run.weights.head.weight), bias = head.operand(run.weights.head.bias);
  const HeadMargins normed(weight, {}, bias);
  const HeadMargins streamed(weight, norm.operand(run.weights.final_norm.gain), {});
  const bool of_rms = (run.architecture.norm == Norm::rms || run.architecture.family == Family::paper) &&
                      run.weights.final_norm.bias.empty() && bias.empty();
  parallel_for(n, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t) {
      const std::size_t a = greedy_token(result.logits.column(t));
      const Row<const Bounded> x = ends[Tensor::stream].column(t), y = ends[Tensor::final_normed].column(t);
      const bool once = runs == Runs::this_one, by_norm = once && is_finite(y),
                 by_stream = once && of_rms && is_finite(x);
      double worst = 0;
      for (std::size_t v = 0; v < z.rows() && worst < infinite; ++v) {
        if (v == a) continue;
        double share = share_of(interval_margin(z(a, t), z(v, t)));
        if (share > worst && by_norm) share = std::min(share, share_of(normed(a, v, y)));
        if (share > worst && by_stream) share = std::min(share, share_of(streamed(a, v, x)));
        worst = std::max(worst, share);
      }
      result.share[t] = worst;
    }
  });
  return result;
}

}  // namespace halfulp
