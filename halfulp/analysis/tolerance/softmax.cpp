// Softmax of n scores |s_i| <= S, given exactly:  e_i = exp(s_i - m),  y_i = e_i / sum e.
//
// Exponentials err in their logarithm by at most L beside a part common to the row, which cancels: so the
// weights change by a factor within e^(+-2L) (layers/softmax/rounding.hpp: softmax_error, its supremum over
// all rows), and by the roundings of the sum and of the quotient.
//   arguments   exp itself: u |s - m| <= 2 u S.  exp2 of arguments multiplied by log2(e), in any of the ways
//               fl((s - m) c), fma(s, c, -fl(m c)), fl(s c) - fl(m c): the constant, product and difference
//               round the difference, at most 2S, three times, and s c or m c once more: gamma_8 S, also
//               where the maximum is raised on the way (docs/theory.md, 9: the differences telescope).
//   functions   within U ulps: relative 2 U u.
//   online      of N blocks: N - 1 more exponentials and products in the sum.
// An exponential that underflows is lost with all its digits: eta_e = 2 U eta, against a sum of at least 1.
// Source: Lemma 4.19 (repaired: docs/theory.md, 1), section 9 there.
#include <fmt/format.h>

#include <cmath>

#include "halfulp/analysis/tolerance/exponentials.hpp"
#include "halfulp/layers/self_attention/mixed_precision.hpp"

namespace halfulp {

Exponentials exponentials(const Setting& s, Upper largest_score, Derivation& d) {
  Exponentials e;
  const Upper range = Upper(2) * largest_score;
  e.arguments = s.natural_exp ? Upper(s.acc.u) * range : d.gamma(8) * largest_score;
  const double error = 2 * s.exp_ulp * s.acc.u;
  if (!(error < 1)) {
    d.fail(fmt::format("exponentials within {:g} ulps have a digit: {:.4g} < 1", s.exp_ulp, error));
    e.each = e.arguments = Upper::no_statement();
    return e;
  }
  e.each = Accumulation::logarithm_of(error);
  // e^-range below the normal range?
  const double least = s.acc.smallest_normal();
  if (least > 0 && range.value() + e.arguments.value() > -log(least) * (1 - 0x1p-40))
    e.lost = Upper(std::fmax(1, 2 * s.exp_ulp)) * s.acc.eta;
  d.assume(fmt::format("exponentials within {:g} ulps of the accumulator's format (--exp-ulp){}", s.exp_ulp,
                       s.natural_exp ? "" : ", or exp2 of arguments multiplied by log2(e) in that format"));
  d.assume("scores are shifted by their maximum");
  d.fits("the shifted scores", "2 max|s|", range, s.acc);
  return e;
}

Upper online_loss(const Setting& s, const Exponentials& e) {
  const auto n = static_cast<double>(s.n);
  const double blocks = s.online_blocks();
  if (blocks == 1) return Upper(n) * e.lost;
  return Upper(n) * e.lost * (blocks + 1) + Upper(blocks) * s.acc.eta;
}

KernelError softmax_error_of_kernel(const Setting& s, Derivation& d) {
  const auto n = static_cast<double>(s.n);
  const double again = s.online_blocks() - 1;
  const Exponentials e = exponentials(s, s.absmax[0], d);
  d.step("L", s.natural_exp ? "2 S u + 2 U u/(1 - 2 U u)" : "gamma_8 S + 2 U u/(1 - 2 U u)",
         fmt::format("S = {:.4g}, U = {:g}, u = {:.4g}", s.absmax[0], s.exp_ulp, s.acc.u),
         e.arguments + e.each);
  const Upper both = Upper(2) * (e.arguments + e.each) + Upper(again) * e.each;
  const Upper weights = d.step("g", again > 0 ? "e^(2L + (N - 1) 2U u/(1 - 2U u)) - 1" : "e^(2L) - 1",
                               fmt::format("exponent {}", in_digits(both)), expm1(both));
  const double additions = d.additions(s.n) + again, single = 2 * s.div_ulp;
  const Upper rounded = d.step("r", d.gamma_name() + " of additions and quotient",
                               fmt::format("{:.0f} additions, {:g} for the quotient", additions, single),
                               d.gamma_of_sum(additions, single));
  Upper relative = weights + rounded + weights * rounded;
  const Upper lost = online_loss(s, e);
  if (!(lost.value() < 1) || !(relative < Upper::no_statement())) {
    d.fail("the sum keeps a digit: k u < 1, and what underflows is less than 1");
    return {Upper::no_statement(), Upper::no_statement(), Upper::no_statement()};
  }
  d.checked(fmt::format("k u < 1: {:.4g}", (additions + single) * s.acc.u));
  if (lost.value() > 0) relative += (Upper(1) + relative) * (lost / next_below(1 - lost.value()));
  relative = d.step("R", "g + r + g r, and what underflows", "", relative);
  const Upper eta = quotient_eta(s);
  const Upper absolute = d.step("A", "(1 + R) eta_e + eta_q", fmt::format("eta_q = {}", in_digits(eta)),
                                (Upper(1) + relative) * e.lost + eta);
  d.fits("the sum", "n (1 + R)", Upper(n) * (Upper(1) + relative), s.acc);
  d.assume(fmt::format("quotients (or reciprocal and product) within {:g} ulps (--div-ulp)", s.div_ulp));
  d.rests_on("softmax with absolute errors of the scores (softmax_error)");
  if (again > 0)
    d.rests_on("online softmax: the arguments of its exponentials telescope (docs/tolerance.md)");
  return {absolute, relative, Upper(1) + relative + absolute};
}

}  // namespace halfulp
