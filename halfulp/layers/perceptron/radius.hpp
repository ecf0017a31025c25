// Entrywise error bounds of activations, of the gate, and of the paper's perceptron.
// Shapes: x, e [any]; A_1 [D, d], A_2 [d, D], N, E [d, n].  Source: docs/theory.md, 6.
#pragma once

#include <utility>

#include "halfulp/arith/dual.hpp"
#include "halfulp/layers/linear/radius.hpp"
#include "halfulp/layers/perceptron/perceptron.hpp"

namespace halfulp {

/// |phi'| and |phi''| are nowhere larger (relu: not differentiable, exact below).  The test encloses both
/// over the whole axis.
struct ActivationSlopes {
  double first, second;
};
inline ActivationSlopes slopes_of(Activation which) {
  switch (which) {
    case Activation::relu:
      return {1, std::numeric_limits<double>::infinity()};
    case Activation::silu:
      return {1.101, 0.501};
    case Activation::gelu_erf:
    case Activation::gelu_tanh:
      break;
  }
  return {1.13, 0.799};
}

/// |phi(xhat) - phi(x)|, |xhat - x| <= e.  relu: e; 0 where both are certainly off, xhat + e where xhat < 0
/// may be on.  Else min(sup|phi'| e, |phi'(xhat)| e + sup|phi''| e^2 / 2).
inline Upper activation_inherited(Activation which, double x, Upper e) {
  if (e == Upper{}) return {};
  if (which == Activation::relu) {
    if (!(x < 0)) return e;
    return e.value() <= -x ? Upper{} : next_above(e.value() + x);
  }
  const ActivationSlopes slopes = slopes_of(which);
  Dual<BallArithmetic> ar;
  const DualNumber<Ball> moving{Ball(x), Ball(1.0)};
  const auto y = which == Activation::silu       ? silu(ar, moving)
                 : which == Activation::gelu_erf ? gelu_erf(ar, moving)
                                                 : gelu_tanh(ar, moving);
  const Upper here = magnitude(y.dx);
  return min(Upper(slopes.first) * e, here * e + Upper(slopes.second) * e * e * 0.5);
}

/// |yhat - phi(xhat)|, measured: phi enclosed in balls.  Holds in every arithmetic.
inline Upper activation_local(Activation which, double x, double y) {
  BallArithmetic balls;
  return magnitude(Ball(y) - activate(balls, which, Ball(x)));
}

/// Z = A * B entry by entry:  |a| E_b + |b| E_a + E_a E_b + u |zhat|.
inline Radii gate_radius(const RoundingModel& model, MatrixView<const double> a, const Radii& e_a,
                         MatrixView<const double> b, const Radii& e_b, MatrixView<const double> z) {
  Radii radii(z.rows(), z.columns());
  for (std::size_t i = 0; i < z.rows(); ++i)
    for (std::size_t t = 0; t < z.columns(); ++t)
      radii(i, t) = Upper(std::fabs(a(i, t))) * e_b(i, t) +
                    (Upper(std::fabs(b(i, t))) + e_b(i, t)) * e_a(i, t) + Upper(model.u) * std::fabs(z(i, t));
  return radii;
}

/// The perceptron with all that it computes: before = A_1 N + b_1, hidden = relu(before).
struct PerceptronRun {
  Matrix<double> before, hidden, y;
};

/// The same operations in the same order as perceptron().
template <class A>
PerceptronRun run_perceptron(A& ar, MatrixView<const double> a1, Row<const double> b1,
                             MatrixView<const double> a2, Row<const double> b2, MatrixView<const double> x) {
  PerceptronRun run{Matrix<double>(a1.rows(), x.columns()), {}, Matrix<double>(a2.rows(), x.columns())};
  affine(ar, a1, b1, x, run.before.view());
  run.hidden = run.before;
  for (double& h : run.hidden.values()) h = relu(ar, h);
  affine(ar, a2, b2, std::as_const(run.hidden).view(), run.y.view());
  return run;
}

/// |Yhat - M(N)| for |Nhat - N| <= E.  Absolute products: |A_2| E_Z + rho_F, E_Z = relu of E_Y = |A_1| E +
/// rho_Y.  Signed products: a neuron with yhat >= E_Y is certainly on and one with yhat <= -E_Y certainly
/// off, whatever N is in its box, so
///   | A_2[:, on] A_1[on, :] | E + |A_2[:, on]| rho_Y[on] + |A_2[:, unsure]| E_Z[unsure] + rho_F,
/// one [d, D] [D, d] product a token.
inline Radii perceptron_radius(const RoundingModel& model, MatrixView<const double> a1, Row<const double> b1,
                               MatrixView<const double> a2, Row<const double> b2, MatrixView<const double> x,
                               const Radii& e, const PerceptronRun& run, Composition composition) {
  const std::size_t d = x.rows(), inner = a1.rows(), n = x.columns();
  const Radii rho = linear_local(model, a1, b1, x, run.before.view());
  const Radii e_before = linear_inherited(a1, e.view()) + rho;
  const Radii local = linear_local(model, a2, b2, run.hidden.view(), run.y.view());
  const bool is_signed = composition == Composition::signed_products;
  Radii passed(inner, n), radii(a2.rows(), n);
  std::vector<std::size_t> on;
  for (std::size_t t = 0; t < n; ++t) {
    on.clear();
    for (std::size_t k = 0; k < inner; ++k) {
      const double before = run.before(k, t);
      const bool is_on = is_signed && before >= e_before(k, t).value();
      if (is_on) on.push_back(k);
      passed(k, t) = is_on ? rho(k, t) : activation_inherited(Activation::relu, before, e_before(k, t));
    }
    if (on.empty()) continue;
    const Radii through = magnitude_of_product(
        a2.rows(), on.size(), d, [&](std::size_t i, std::size_t k) { return a2(i, on[k]); },
        [&](std::size_t k, std::size_t j) { return a1(on[k], j); });
    for (std::size_t i = 0; i < a2.rows(); ++i)
      for (std::size_t j = 0; j < d; ++j) radii(i, t) += through(i, j) * e(j, t);
  }
  return radii + linear_inherited(a2, passed.view()) + local;
}

}  // namespace halfulp
