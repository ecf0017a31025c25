#include "halfulp/experiments/normalisation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "halfulp/arith/simulated.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/experiments/nearest.hpp"
#include "halfulp/experiments/numbers.hpp"
#include "halfulp/layers/layer_norm/rounding.hpp"
#include "halfulp/layers/rms_norm/jacobian.hpp"

namespace halfulp {
namespace {

enum class Which { rms, layer };

std::vector<double> normed(Simulated& ar, Which which, const std::vector<double>& x) {
  std::vector<double> centred(x.size()), y(x.size());
  if (which == Which::rms)
    rms_norm_of_paper(ar, Row<const double>(x), 0.0, Row<double>(y));
  else
    layer_norm_of_paper(ar, Row<const double>(x), Row<double>(centred), Row<double>(y));
  return y;
}

/// rho_c, the exact norm in balls;  NaN where one of the two has no value (a constant token's layer norm).
double distance(const std::vector<double>& y, const std::vector<Ball>& exact) {
  Upper worst;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!std::isfinite(y[i]) || !exact[i].is_bounded()) return std::numeric_limits<double>::quiet_NaN();
    worst = max(worst, Upper(magnitude(Ball(y[i]) - exact[i])) / mignitude(exact[i]));
  }
  return worst.value();
}

template <class Jacobian>
std::vector<Ball> exactly(const Jacobian& j, Row<const Ball> scaled) {
  std::vector<Ball> y;
  for (std::size_t i = 0; i < scaled.size(); ++i) y.push_back(j.scale() * scaled[i]);
  return y;
}

/// The bounds say nothing where the exponent's range ended.
Reading reading_of(const RoundingRule& rule, Which which, const std::vector<double>& x,
                   const std::vector<Ball>& exact, double place, double lemma, Upper non_asymptotic) {
  Simulated ar(rule), endless(without_ends(rule));
  const std::vector<double> y = normed(ar, which, x);
  const bool in_range = rule.format.is_unbounded() || y == normed(endless, which, x);
  return {
      place, distance(y, exact), {in_range ? lemma : HUGE_VAL, in_range ? non_asymptotic.value() : HUGE_VAL}};
}

/// Both curves' readings of one token.
void read_token(const RoundingRule& rule, std::vector<double> x, Reading& of_rms, Reading& of_layer) {
  Simulated data(rule);
  for (double& entry : x) entry = data.load(entry);
  const std::vector<Ball> balls(x.begin(), x.end());
  const Row<const Ball> token(balls);
  const RoundingModel model = rounding_model_of(data);
  const LayerNormJacobian<Ball> layer(token);
  const Ball mean = token[0] - layer.c()[0];
  const double place = upper_end(ratio(norm_minus_inf(layer.c()), mean));
  of_rms =
      reading_of(rule, Which::rms, x, exactly(RmsNormJacobian<Ball>(token), token), place,
                 rms_norm_first_order<double>(x.size()).u * model.u, rms_norm_error(model, x.size(), {}));
  const bool defined = mignitude(layer.squares()) > 0;
  const bool generic = all_hold(layer_norm_hypotheses(token, model.u));
  of_layer = reading_of(rule, Which::layer, x,
                        defined ? exactly(layer, layer.c()) : std::vector<Ball>(x.size(), Ball::everything()),
                        place, generic ? upper_end(layer_norm_first_order(token).u) * model.u : HUGE_VAL,
                        layer_norm_error(token, model, {}));
}

}  // namespace

CurveExperiment normalisation(const NormalisationOptions& options) {
  if (options.d < 2 || options.d > 4096)
    throw usage_error(fmt::format("--d {}: a whole number from 2 to 4096", options.d));
  if (options.smallest_power < 0 || options.smallest_power > 60)
    throw usage_error(fmt::format("--eps {}: a power from 0 to 60", options.smallest_power));
  const std::vector<RoundingRule> rules = rules_to_nearest(options.arithmetics);
  const auto points = static_cast<std::size_t>(options.smallest_power) + 1;
  CurveExperiment experiment;
  BoundedCurves& blank = experiment.blank;
  blank.name = "normalisation";
  blank.title = "Norms of tokens that are nearly constant";
  blank.x_label = "||c(x)||_-inf / |mean(x)|";
  blank.y_label = "relative componentwise error";
  blank.seed = options.seed;
  blank.bounds = {{"lemma, first order", false}, {"non-asymptotic", true}};
  for (std::size_t r = 0; r < rules.size(); ++r) {
    for (const char* norm : {"RMS norm", "layer norm"}) {
      BoundedCurve curve{
          options.arithmetics[r],          norm, fmt::format("x = c (1 + eps z), d = {}", options.d),
          rules[r].format.unit_roundoff(), {},   {}};
      for (std::size_t p = 0; p < points; ++p) curve.labels.push_back(fmt::format("2^-{}", p));
      curve.points.resize(points);
      blank.curves.push_back(std::move(curve));
    }
  }
  experiment.trial = [rules, points, d = options.d, seed = options.seed](std::uint64_t trial,
                                                                         std::span<Reading> readings) {
    const std::vector<double> z = normal_numbers({seed, 2 * trial}, d);
    const double c = 1 + uniform_numbers({seed, 2 * trial + 1}, 1)[0];
    for (std::size_t r = 0; r < rules.size(); ++r) {
      for (std::size_t p = 0; p < points; ++p) {
        const double eps = std::ldexp(1.0, -static_cast<int>(p));
        std::vector<double> x;
        for (const double entry : z) x.push_back(c * (1 + eps * entry));
        read_token(rules[r], std::move(x), readings[2 * r * points + p], readings[(2 * r + 1) * points + p]);
      }
    }
  };
  return experiment;
}

}  // namespace halfulp
