// Back through the activation of a perceptron, gated or not, entry by entry:
//
//   h = a(u)         u_bar = a'(u) h_bar
//   h = a(g) u       g_bar = a'(g) u h_bar,   u_bar = a(g) h_bar
//
//   relu       a' = 1 where x > 0, else 0 (at 0 too)
//   silu       a' = s (1 + x (1 - s)),                  s = 1 / (1 + exp(-x))
//   gelu_erf   a' = (1 + erf z)/2 + x/sqrt(pi) exp(-z^2)/sqrt 2,   z = x / sqrt 2
//   gelu_tanh  a' = (1 + T)/2 + x/2 (1 - T^2) c (1 + 3 b x^2),     T = tanh(c (x + b x^3)), c = sqrt(2/pi),
//                                                                  b = 0.044715
// (The two products with matrices: linear/transposed.hpp.)
#pragma once

#include "halfulp/arith/dual.hpp"
#include "halfulp/arith/real.hpp"
#include "halfulp/layers/perceptron/activation.hpp"

namespace halfulp {

/// a'(x).  In balls, an x of uncertain sign has any slope of ReLU between 0 and 1.
template <Real T>
T activation_slope(Activation which, const T& x) {
  ContextOf<T> ar;
  const T one(1.0), half(0.5);
  if (which == Activation::relu) {
    if constexpr (std::same_as<T, Ball>)
      if (!certain_sign(x)) return {DoubleDouble{0.5}, 0.5};
    return T(mignitude(x) > 0 && upper_end(x) > 0 ? 1.0 : 0.0);
  }
  if (which == Activation::silu) {
    const T s = one / (one + ar.exp(-x));
    return s * (one + x * (one - s));
  }
  if (which == Activation::gelu_erf) {
    const T z = x * T(root_half);
    const T bell = ar.lift(Dual<>::two_over_root_pi) * ar.exp(-(z * z));
    return half * (one + ar.erf(z)) + half * x * bell * T(root_half);
  }
  const T b(cube_of_gelu_tanh), c(root_two_over_pi);
  const T tanh = ar.tanh(c * (x + b * (x * x * x)));
  return half * (one + tanh) + half * x * ((one - tanh * tanh) * c * (one + T(3.0) * b * (x * x)));
}

/// Adds a'(u) h_bar to u_bar.  Shapes: bars [P], one entry for each functional.
template <Real T>
void activation_transposed(Activation which, const T& u, Row<const T> h_bar, Row<T> u_bar) {
  const T slope = activation_slope(which, u);
  for (std::size_t p = 0; p < h_bar.size(); ++p) u_bar[p] = u_bar[p] + slope * h_bar[p];
}

/// Adds to g_bar and to u_bar.
template <Real T>
void gated_activation_transposed(Activation which, const T& g, const T& u, Row<const T> h_bar, Row<T> g_bar,
                                 Row<T> u_bar) {
  ContextOf<T> ar;
  const T slope = activation_slope(which, g) * u, activated = activate(ar, which, g);
  for (std::size_t p = 0; p < h_bar.size(); ++p) {
    g_bar[p] = g_bar[p] + slope * h_bar[p];
    u_bar[p] = u_bar[p] + activated * h_bar[p];
  }
}

}  // namespace halfulp
