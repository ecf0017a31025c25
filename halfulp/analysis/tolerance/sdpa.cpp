// Attention of one query:  o = sum_i p_i v_i,  p = softmax(s),  s_i = q^T k_i / sqrt(d), with |q| <= Q, |k|
// <= K, |v| <= V, n keys, two passes or online.  Scores are at most S = sqrt(d) Q K.
//
//   |ds|  <= gamma(dot(d) + 2) S (similarity_scores/radius.hpp: scores_local), and u_inner of stored scores
//   L      = |ds| + arguments + (1 + N - 1) 2 U u: the exponentials' logarithms, rescaling of N blocks
//   included moved    |sum_i (p'_i - p_i) v_i| <= V L: along p_t = p e^(t delta) / sum the derivative is the
//   covariance
//            of delta and v under p_t, at most max|delta| max|v|
//   mixed    V rho: weights as they are read (u_weights), quotient (if weights are normalised first),
//   product,
//            additions and rescalings, each term its own
//   common   normaliser and quotient (if means are normalised last): relative, they go into R
//   |o_hat - o| <= (1 + R) (V L + V rho) + R |o|
// Exponentials, weights and products that underflow cost eta each.
// Source: Lemmas 4.17, 4.19, 4.21 (repaired: docs/theory.md, 1 to 3), section 9 there (online).
#include <fmt/format.h>

#include <cmath>

#include "halfulp/analysis/tolerance/attention.hpp"
#include "halfulp/analysis/tolerance/exponentials.hpp"

namespace halfulp {
namespace {

/// |ds|: product, scale, and two stores where scores are stored.
Upper score_error(const Setting& s, Derivation& d, Upper largest) {
  const Products products(s.in.rule.format, s.in.rule.format, s.acc.rule.format);
  const double sum = d.additions(s.d) + products.roundings();
  Upper error = d.step("ds", d.gamma_name() + " of dot(d) and scale, times S",
                       fmt::format("{:.0f} + 2 roundings, S = {}", sum, in_digits(largest)),
                       d.gamma_of_sum(sum, 2) * largest);
  const Upper lost = Upper(static_cast<double>(s.d) + 1) * s.acc.eta;
  error += lost;
  if (s.stores_inner && !s.inner.rule.format.holds(s.acc.rule.format)) {
    const Upper u = s.inner.u, twice = Upper(2) * u + u * u;
    error = d.step("ds'", "(1 + u_inner)^2 (S + ds) - S", fmt::format("u_inner = {:.4g}", s.inner.u),
                   error + twice * (largest + error) + Upper(3) * s.inner.eta);
  }
  return error;
}

}  // namespace

AttentionFactors attention_factors(const Setting& s, Derivation& d, Upper largest, Upper v) {
  const auto n = static_cast<double>(s.n), width = static_cast<double>(s.d);
  const Upper one = 1;
  const double again = s.online_blocks() - 1;
  const Upper ds = score_error(s, d, largest);
  const Exponentials e = exponentials(s, largest + ds, d);
  const Upper log =
      d.step("L", again > 0 ? "ds + arguments + N 2U u/(1 - 2U u)" : "ds + arguments + 2U u/(1 - 2U u)",
             fmt::format("{} + {} + {:.0f} x {}", in_digits(ds), in_digits(e.arguments), again + 1,
                         in_digits(e.each)),
             ds + e.arguments + Upper(again + 1) * e.each);

  const Precision& weights = s.stores_inner ? s.inner : s.in;
  const bool cast = !weights.rule.format.holds(s.acc.rule.format);
  const Products products(weights.rule.format, s.in.rule.format, s.acc.rule.format);
  const double additions = d.additions(s.n) + again, single = 2 * s.div_ulp;
  // Weights may be normalised before they are read: then the quotient is a rounding of each.
  const Upper mixing = d.gamma_of_sum(additions + products.roundings(), single);
  const Upper cast_u = cast ? weights.u : 0;
  const Upper rho = d.step("rho", "(1 + u_weights)(1 + " + d.gamma_name() + ") - 1",
                           fmt::format("u_weights = {:.4g}, {:.0f} + {:g} roundings", cast_u.value(),
                                       additions + products.roundings(), single),
                           cast_u + mixing + cast_u * mixing);
  const Upper common =
      d.step("R", d.gamma_name() + " of the normaliser and the quotient",
             fmt::format("{:.0f} + {:g} roundings", additions, single), d.gamma_of_sum(additions, single));
  const Upper sum_lost = online_loss(s, e), none = Upper::no_statement();
  if (!(sum_lost.value() < 1) || !(common < none) || !(rho < none)) {
    d.fail("sums keep a digit: k u < 1, and what underflows is less than 1");
    return {none, none, none, none};
  }
  d.checked(fmt::format("k u < 1: {:.4g}", (additions + single) * s.acc.u));
  // Exponentials in both sums, weights as they are read (again if they were normalised first), products.
  const Upper cast_lost = Upper(n) * (quotient_eta(s) + (cast ? weights.eta : 0));
  const Upper lost = (Upper(2) * sum_lost / next_below(1 - sum_lost.value()) + cast_lost) * v +
                     (Upper(n) + again) * s.acc.eta + quotient_eta(s);
  const Upper most = sqrt(Upper(width)) * (largest + ds), raised = exp(min(log, Upper(2)));
  d.fits("the scores' products", "sqrt(d) (S + ds)", most, s.acc);
  d.fits("the normaliser", "n (1 + R) e^L", Upper(n) * (one + common) * raised, s.acc);
  d.fits("the sum of values", "n max|V| (1 + rho) e^L", Upper(n) * v * (one + common) * raised * (one + rho),
         s.acc);
  if (s.stores_inner) d.fits("the stored scores", "sqrt(d) (S + ds)", most, s.inner, "inner");
  d.fits("the weights", "1 + rho", one + rho, weights, "weights");
  return {log, rho, common, lost};
}

KernelError mean_error(const AttentionFactors& f, Upper moved, Upper size, Upper largest_value) {
  const Upper one = 1;
  const Upper absolute = (one + f.common) * (moved + f.rho * size + f.lost * (one + f.rho));
  return {absolute, f.common, largest_value + absolute + f.common * largest_value};
}

KernelError attention_error_of_kernel(const Setting& s, Derivation& d) {
  const Upper v = s.absmax[2];
  const double again = s.online_blocks() - 1;
  const Upper largest = d.step("S", "sqrt(d) max|q| max|K|",
                               fmt::format("sqrt({}) x {:.4g} x {:.4g}", s.d, s.absmax[0], s.absmax[1]),
                               sqrt(Upper(static_cast<double>(s.d))) * s.absmax[0] * s.absmax[1]);
  const AttentionFactors f = attention_factors(s, d, largest, v);
  const Upper log = min(f.log, Upper(2));
  const KernelError error = mean_error(f, v * log, v, v);
  d.step(
      "A", "(1 + R) max|V| (min(L, 2) + rho) and underflow",
      fmt::format("{:.4g} x ({} + {}) + {}", v.value(), in_digits(log), in_digits(f.rho), in_digits(f.lost)),
      error.absolute);
  d.assume(fmt::format("quotients (or reciprocal and product) within {:g} ulps (--div-ulp)", s.div_ulp));
  d.assume(s.stores_inner ? "scores and weights are stored in " + name_of(s.inner.rule)
                          : "scores stay in the accumulator's format; weights are cast to " +
                                name_of(s.in.rule) + " for their product");
  d.assume(again > 0 ? fmt::format("online softmax of {:.0f} blocks, each of which may raise the maximum",
                                   again + 1)
                     : "two passes over the keys");
  d.rests_on(
      "Lemmas 4.17, 4.21 (scores_local, mixing); softmax with absolute errors of the scores (softmax_error, "
      "attention_error)");
  if (again > 0)
    d.rests_on("online softmax: the arguments of its exponentials telescope (docs/tolerance.md)");
  return error;
}

}  // namespace halfulp
