// RMS normalisation of one token, in two orders of operations.
//
//   frameworks:  y_i = g_i (x_i r),          r = 1 / sqrt(mean_j x_j^2 + eps)
//   paper:       y_i = (sqrt(d) x_i) / nrm,  nrm = sqrt(sum_j x_j^2 + d eps)
//
// In exact arithmetic they agree (without a gain).  Shapes: x, g, y are [d].  eps >= 0 has the units of x^2.
// Source: arXiv:2503.10251, eq. (8), Lemma 4.6 (rounding; sqrt(d) is an exact constant there).
#pragma once

#include "halfulp/layers/staged.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {

/// Framework order.  Steps: stats (r), normalise (x r), gain.  A zero token with eps = 0 gives NaN.
template <class A>
void rms_norm(A& ar, Row<const Value<A>> x, const Operand& gain, double epsilon, Row<Value<A>> y) {
  auto& stats = step(ar, Step::stats);
  const auto at = [&](std::size_t i) { return stats.load(x[i]); };
  const auto mean = stats.div(dot_of(stats, x.size(), at, at), stats.exactly(static_cast<double>(x.size())));
  const auto r = stats.store(stats.div(stats.exactly(1.0), stats.sqrt(stats.add(mean, stats.lift(epsilon)))));
  auto& normalise = step(ar, Step::normalise);
  auto& scale = step(ar, Step::gain);
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = normalise.store(normalise.mul(normalise.load(x[i]), r));
    if (!gain.empty()) y[i] = scale.store(scale.mul(scale.load(y[i]), scale.exactly(gain.at(0, i))));
  }
}

/// Whether the paper's sqrt(d) is an exact constant (one rounding per product with it) or rounded first.
enum class RootOfD { exact, rounded };

/// The paper's order.  Step: normalise.  Roundings per entry to first order: d/2 + 3 (Lemma 4.6), d/2 + 4 if
/// sqrt(d) is rounded.
template <class A>
void rms_norm_of_paper(A& ar, Row<const Value<A>> x, double epsilon, Row<Value<A>> y,
                       RootOfD root = RootOfD::exact) {
  auto& op = step(ar, Step::normalise);
  const auto d = static_cast<double>(x.size());
  const auto at = [&](std::size_t i) { return op.load(x[i]); };
  auto squares = dot_of(op, x.size(), at, at);
  if (epsilon > 0) squares = op.add(squares, op.lift(d * epsilon));
  const auto norm = op.sqrt(squares);
  const auto rounded_root = op.mul_root(op.exactly(1.0), d);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto scaled =
        root == RootOfD::exact ? op.mul_root(op.load(x[i]), d) : op.mul(rounded_root, op.load(x[i]));
    y[i] = op.store(op.div(scaled, norm));
  }
}

}  // namespace halfulp
