#include "halfulp/analysis/attribution/rigorous_margins.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/interrupt.hpp"

namespace halfulp {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

bool is_random(const Simulated& ar) {
  const auto stochastic = [](const Rounder& r) { return r.rule().mode == Rounding::stochastic; };
  return stochastic(ar.in()) || stochastic(ar.acc()) || stochastic(ar.out());
}

/// Margins as differences of head rows times a vector known up to e:  rows w scaled by a gain.
class LinearMargins {
 public:
  LinearMargins(const Operand& head, const Operand& gain, const Operand& bias)
      : head_(head), gain_(gain), bias_(bias) {}

  /// bound / margin of token a over v; infinite where the margin is not positive.
  double share(std::size_t a, std::size_t v, Row<const Bounded> x) const {
    double margin = 0, bound = 0, size = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double g = gain_.empty() ? 1 : gain_.at(0, i), wa = head_.at(a, i), wv = head_.at(v, i);
      margin += (wa - wv) * g * x[i].x;
      bound += std::fabs((wa - wv) * g) * x[i].e;
      size += (std::fabs(wa) + std::fabs(wv)) * std::fabs(g * x[i].x);
    }
    if (!bias_.empty()) {
      margin += bias_.at(0, a) - bias_.at(0, v);
      size += std::fabs(bias_.at(0, a)) + std::fabs(bias_.at(0, v));
    }
    // five roundings a term beside the sum's; the factor covers those of the two non-negative sums
    const auto n = static_cast<double>(x.size());
    const double own = gamma_above(n + 6, 0x1p-53).value() * size;
    bound = (bound + own) * (1 + (n + 16) * 0x1p-51) + (n + 1) * 0x1p-1060;
    return margin > 0 && bound >= 0 ? bound / margin : infinite;
  }

 private:
  Operand head_, gain_, bias_;
};

bool is_finite(Row<const Bounded> x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(x[i].e < infinite)) return false;
  return true;
}

double interval_share(const Bounded& a, const Bounded& v) {
  const double margin = a.x - v.x, bound = (a.e + v.e) * (1 + 0x1p-50) + 0x1p-52 * std::fabs(margin);
  return margin > 0 && bound >= 0 ? bound / margin : infinite;
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
  const LinearMargins normed(weight, {}, bias);
  const LinearMargins streamed(weight, norm.operand(run.weights.final_norm.gain), {});
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
        double share = interval_share(z(a, t), z(v, t));
        if (share > worst && by_norm) share = std::min(share, normed.share(a, v, y));
        if (share > worst && by_stream) share = std::min(share, streamed.share(a, v, x));
        worst = std::max(worst, share);
      }
      result.share[t] = worst;
    }
  });
  return result;
}

}  // namespace halfulp
