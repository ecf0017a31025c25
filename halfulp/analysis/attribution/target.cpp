#include "halfulp/analysis/attribution/target.hpp"

#include <cmath>

#include "halfulp/analysis/attribution/expected_flips.hpp"
#include "halfulp/arith/native.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/softmax/softmax.hpp"

namespace halfulp {
namespace {

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

}  // namespace

std::string_view name_of(Target target) {
  constexpr std::string_view names[] = {"kld", "logits", "loss", "margin", "token"};
  return names[static_cast<std::size_t>(target)];
}

void TargetChoice::check(std::size_t tokens) const {
  if (probes == 0) throw usage_error("--probes 0: at least one probe");
  if (target == Target::token && token >= tokens)
    throw usage_error("--target token=" + std::to_string(token) + ": positions are 0 to " +
                      std::to_string(tokens - 1));
  if (target == Target::loss && tokens < 2)
    throw usage_error("--target loss: the loss of a single token is not defined; give at least two");
}

double TargetChoice::of_mean_square(double square) const {
  return target == Target::kld ? square / 2 : root_of_variance(square);
}

TargetFunctionals target_functionals(const ModelRun& run, const TargetChoice& choice,
                                     MatrixView<const double> logits, const std::vector<Margin>& margins,
                                     const RecipeRun* recipe_run) {
  const auto n = static_cast<double>(logits.columns()), v = static_cast<double>(logits.rows());
  TargetFunctionals result;
  result.probes = choice.is_single() ? 1 : choice.probes;
  std::vector<Functionals> parts;
  switch (choice.target) {
    case Target::kld:
      parts.push_back(divergence_probes(result.probes, run.seed));
      result.scale = 1 / n;
      break;
    case Target::logits:
      parts.push_back(logit_probes(result.probes, run.seed));
      result.scale = 1 / (n * v);
      break;
    case Target::loss:
      parts.push_back(loss_functional(run.tokens));
      break;
    case Target::margin:
      parts.push_back(margin_probes(margins, result.probes, run.seed));
      result.scale = 1 / n;
      break;
    case Target::token:
      parts.push_back(margin_functionals({margins[choice.token]}));
      break;
  }
  if (choice.flips) {
    result.closest = closest_margins(margins, (choice.probes + 1) / 2);
    parts.push_back(margin_functionals(result.closest));
  }
  if (recipe_run) {
    result.direction = 0;
    if (!choice.is_single()) {
      result.direction = result.probes + result.closest.size();
      parts.push_back(
          linear_functionals({direction_of(choice.target, logits, recipe_run->logits().view(), margins)}));
    }
  }
  result.functionals = joined(std::move(parts));
  return result;
}

}  // namespace halfulp
