// Layer normalisation of one token, in two orders of operations.
//
//   frameworks:  y_i = ((x_i - mu) r) g_i + b_i,  mu = mean_j x_j,  r = 1 / sqrt(mean_j (x_j - mu)^2 + eps)
//   paper:       N(x) = R(c(x)),  c(x) = x - mu e  (centring), R the paper's RMS normalisation
//
// Shapes: x, g, b, y are [d].  Source: arXiv:2503.10251, eq. (1), Lemmas 4.10 (centring), 4.11.
#pragma once

#include "halfulp/layers/rms_norm/rms_norm.hpp"

namespace halfulp {

/// mu = (x_0 + ... + x_{d-1}) / d.
template <class A>
Value<A> mean(A& op, Row<const Value<A>> x) {
  return op.div(sum(op, x), op.exactly(static_cast<double>(x.size())));
}

/// c(x) = x - mu e.
template <class A>
void centring(A& op, Row<const Value<A>> x, Row<Value<A>> y) {
  const auto mu = mean(op, x);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = op.sub(x[i], mu);
}

/// Framework order.  Steps: stats (every statistic stored: mu, variance, deviation, r), normalise, gain (with
/// bias). A constant token with eps = 0 gives NaN.  `centred` is scratch of d values.
template <class A>
void layer_norm(A& ar, Row<const Value<A>> x, const Operand& gain, const Operand& bias, double epsilon,
                Row<Value<A>> centred, Row<Value<A>> y) {
  auto& stats = step(ar, Step::stats);
  const auto d = stats.exactly(static_cast<double>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) centred[i] = stats.load(x[i]);
  const auto mu = stats.store(stats.div(sum(stats, Row<const Value<A>>(centred)), d));
  for (std::size_t i = 0; i < x.size(); ++i) centred[i] = stats.sub(centred[i], mu);
  const auto at = [&](std::size_t i) { return centred[i]; };
  const auto variance = stats.store(stats.div(dot_of(stats, x.size(), at, at), d));
  const auto deviation = stats.store(stats.sqrt(stats.store(stats.add(variance, stats.lift(epsilon)))));
  const auto r = stats.store(stats.div(stats.exactly(1.0), deviation));
  auto& normalise = step(ar, Step::normalise);
  auto& affine = step(ar, Step::gain);
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto v = normalise.store(normalise.mul(normalise.sub(normalise.load(x[i]), mu), r));
    if (!gain.empty()) {
      v = affine.mul(affine.load(v), affine.exactly(gain.at(0, i)));
      if (!bias.empty()) v = affine.add(v, affine.exactly(bias.at(0, i)));
      v = affine.store(v);
    }
    y[i] = v;
  }
}

/// The paper's order, without gain, bias and epsilon.
template <class A>
void layer_norm_of_paper(A& ar, Row<const Value<A>> x, Row<Value<A>> centred, Row<Value<A>> y,
                         RootOfD root = RootOfD::exact) {
  centring(step(ar, Step::normalise), x, centred);
  rms_norm_of_paper(ar, Row<const Value<A>>(centred), 0.0, y, root);
}

}  // namespace halfulp
