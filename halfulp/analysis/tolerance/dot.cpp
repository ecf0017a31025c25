// Dot products and matrix products:  |y_hat - y| <= gamma_c |a|^T|b| + (1 + gamma_c) k eta,  c the roundings
// that a term passes: its additions, and its own where the significands of two inputs do not fit the
// accumulator's.
//
// aligned:B (tensor cores): B products and the sum so far are cut to t bits below the largest of them, added
// exactly, the sum cut to t bits.  Each of the B addends that are cut loses less than 2^(1-t) max <= 2^(1-t)
// Q, Q the sum of magnitudes so far with its error, and so does the sum: Q grows by (1 + B u')(1 + u') a
// block, u' = 2^(1-t), so c = ceil(k/B) (B + 1) in units of u'.
// Source: Lemma 4.3, Remark 4.5; Higham, Accuracy and Stability, (3.5), section 4.2; Blanchard et al. 2020.
#include <fmt/format.h>

#include "halfulp/analysis/tolerance/derivation.hpp"
#include "halfulp/analysis/tolerance/dot.hpp"

namespace halfulp {

DotError dot_factor(const Setting& s, Derivation& d) {
  const Products products(s.in.rule.format, s.in.rule.format, s.acc.rule.format);
  const auto k = static_cast<double>(s.k);
  const Upper g = d.gamma_of_dot(s.k, products.roundings());
  const bool is_aligned = s.order == Accumulate::aligned;
  const double blocks = std::ceil(k / static_cast<double>(s.block));
  const double c =
      is_aligned ? blocks * static_cast<double>(s.block + 1) : d.additions(s.k) + products.roundings();
  d.step("c",
         is_aligned             ? "ceil(k/B) (B + 1)"
         : products.are_rounded ? "additions + 1"
                                : "additions",
         is_aligned             ? fmt::format("{:.0f} x {}", blocks, s.block + 1)
         : products.are_rounded ? fmt::format("{:.0f} + 1", d.additions(s.k))
                                : fmt::format("{:.0f}, products exact", d.additions(s.k)),
         c);
  const double u = is_aligned ? 2 * s.acc.rule.format.unit_roundoff() : s.acc.u;
  const std::string name = d.gamma_name() + "_c";
  if (d.lambda() > 0)
    d.step(name, "min(gamma_c, exp(lambda sqrt(c) u + c u^2/(1 - u)) - 1)",
           fmt::format("lambda = {:.4g}, c = {:.0f}, u = {:.4g}", d.lambda(), c, u), g);
  else
    d.step(name, "c u / (1 - c u)", fmt::format("{:.0f} x {:.4g} / (1 - {:.4g})", c, u, c * u), g);
  if (g == Upper::no_statement())
    d.fail(fmt::format("c u < 1: {:.0f} x {:.4g} = {:.4g}", c, u, c * u));
  else
    d.checked(fmt::format("c u < 1: {:.0f} x {:.4g} = {:.4g}", c, u, c * u));
  const Upper lost = products.underflow ? (Upper(1) + g) * k * s.acc.eta : Upper{};
  if (is_aligned)
    d.assume(fmt::format("the hardware adds {} products at a time, cut to {} bits below the largest", s.block,
                         s.acc.rule.format.precision));
  d.rests_on(is_aligned ? "docs/tolerance.md, aligned products (derived; Blanchard et al. 2020)"
                        : "Lemma 4.3, Remark 4.5; Higham, Accuracy and Stability, (3.5)");
  return {g, lost};
}

KernelError dot_error(const Setting& s, Derivation& d) {
  const DotError factor = dot_factor(s, d);
  const auto k = static_cast<double>(s.k);
  const Upper size = Upper(k) * s.absmax[0] * s.absmax[1];
  d.step("|a|^T|b|", "k max|a| max|b|", fmt::format("{:.0f} x {:.4g} x {:.4g}", k, s.absmax[0], s.absmax[1]),
         size);
  const Upper absolute =
      d.step("A", d.gamma_name() + "_c |a|^T|b| + (1 + gamma_c) k eta",
             fmt::format("{} x {} + {}", in_digits(factor.gamma), in_digits(size), in_digits(factor.lost)),
             factor.gamma * size + factor.lost);
  const Upper largest = size + absolute;
  d.fits("the sums", "|a|^T|b| + A", largest, s.acc);
  return {absolute, {}, largest};
}

}  // namespace halfulp
