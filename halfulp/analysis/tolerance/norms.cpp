// RMS normalisation and layer normalisation of d numbers, mean square (two passes), 1/sqrt, gain.
//
//   rmsnorm    no cancellation: relative (dot(d) + 1)/2 + divisor + 2 U + 2 roundings (rms_norm/radius.hpp:
//              normalising_roundings; 1/sqrt within U ulps in place of root and quotient; divisor: 1 for a
//              rounded 1/d and a product, else its ulps).
//   layernorm  the mean errs by e <= gamma mean|x| <= gamma max|x|, common to all entries, which sum to 0: so
//              the mean square grows by e^2 only, and with q = e / sigma, theta the relative roundings,
//                |y_hat - y| <= q (1 + theta) + (theta + q^2/2) |y|
//              times the gain; sigma^2 = variance + eps is at least deviation^2 + eps.  Two roundings more: x
//              - mean in the entry and under the root.  The bias is added last: u |y| and R |bias|.
// Source: Lemmas 4.6, 4.10, 4.11; docs/theory.md, 4, 6.
#include "halfulp/analysis/tolerance/norms.hpp"

#include <fmt/format.h>

#include <cmath>

#include "halfulp/layers/rms_norm/radius.hpp"

namespace halfulp {

Upper normalised(const Setting& s, Derivation& d, double subtracted, const Format& squared, double least) {
  const Products squares(squared, squared, s.acc.rule.format);
  const double sum = d.additions(s.d) + squares.roundings();
  // Under the root: eps is added, and the sum divided: by two roundings (a rounded 1/d and a product), or
  // within U ulps, which the root does not halve in gamma's form.
  const double divided = s.div_ulp > 0.5 ? 2 * s.div_ulp : 1;
  const double single = 0.5 + divided + 2 * s.rsqrt_ulp + 2 + subtracted;
  const Upper rounded = d.step(
      "theta", d.gamma_name() + " of (dot(d) + 1)/2 + divisor + 2 U + 2" + (subtracted > 0 ? " + 2" : ""),
      fmt::format("({:.0f} + 1)/2 + {:g} + 2 x {:g} + {:g} = {:g} roundings, u = {:.4g}", sum, divided,
                  s.rsqrt_ulp, 2 + subtracted, sum / 2 + single, s.acc.u),
      d.gamma_of_root_of_sum(sum, single));
  const double count = (sum / 2 + single) * s.acc.u;
  (count < 1 ? d.checked(fmt::format("k u < 1: {:.4g}", count))
             : d.fail(fmt::format("k u < 1: {:.4g}", count)));
  Upper relative = rounded;
  // Squares, eps and the quotient underflow.
  if (s.acc.eta > 0 && least > 0) {
    const Upper gone = Upper(2) * s.acc.eta + quotient_eta(s), lost = gone / next_below(least);
    if (lost.value() < 1) {
      const Upper root = lost / next_below(1 - lost.value());
      relative += (Upper(1) + relative) * root;
      if (lost.value() > 1e-3 * rounded.value())
        d.step("underflow", "(2 eta + eta_q) / (mean square + eps)", fmt::format("eta = {:.4g}", s.acc.eta),
               root);
    } else {
      d.fail(fmt::format("eps is a number of the accumulator's format: 2 eta + eta_q = {:.4g} < {:.4g}",
                         gone.value(), least));
    }
  } else if (s.acc.eta > 0) {
    d.assume("no square underflows (--eps is 0)");
  }
  if (s.stores_inner) {
    const KernelError kept = stored({{}, relative, {}}, s.inner, s.acc);
    relative = d.step("theta'", "(1 + theta)(1 + u_inner) - 1", fmt::format("u_inner = {:.4g}", s.inner.u),
                      kept.relative);
  }
  d.assume(
      fmt::format("1/sqrt (or root and quotient) within {:g} ulps (--rsqrt-ulp), quotients by d within {:g} "
                  "(--div-ulp) or a rounded 1/d and a product",
                  s.rsqrt_ulp, s.div_ulp));
  return relative;
}

Upper mean_factor(const Setting& s, Derivation& d) {
  const double single = std::fmax(2, 2 * s.div_ulp);
  return d.step("gamma_mean", d.gamma_name() + " of additions and quotient (or a rounded 1/d and product)",
                fmt::format("{:.0f} + {:g} roundings", d.additions(s.d), single),
                d.gamma_of_sum(d.additions(s.d), single));
}

KernelError with_gain_and_bias(const Setting& s, const KernelError& e, Upper gain, Upper bias,
                               bool has_bias) {
  const Upper lost = Upper(s.acc.eta) + (s.stores_inner ? s.inner.eta : 0);
  KernelError y{gain * (e.absolute + lost) + s.acc.eta, e.relative, {}};
  if (has_bias) {
    const Upper u = s.acc.u;
    y = {(Upper(1) + u) * (y.absolute + y.relative * bias), y.relative + u + y.relative * u, {}};
  }
  return y;
}

KernelError rms_norm_error_of_kernel(const Setting& s, Derivation& d) {
  const auto width = static_cast<double>(s.d);
  const Upper relative = normalised(s, d, 0, s.in.rule.format, s.eps);
  KernelError y = with_gain_and_bias(s, {{}, relative, {}}, s.absmax[1], {}, false);
  d.step("R", "theta", "", y.relative);
  d.step("A", "max|g| eta + eta", fmt::format("eta = {:.4g}", s.acc.eta), y.absolute);
  const Upper squares = Upper(width) * s.absmax[0] * s.absmax[0];
  d.fits("the sum of squares", "d max|x|^2 (1 + R)", squares * (Upper(1) + relative), s.acc);
  if (s.eps > 0)
    d.fits("mean square and eps", "(max|x|^2 + eps)(1 + R)",
           (Upper(s.absmax[0]) * s.absmax[0] + s.eps) * (Upper(1) + relative), s.acc);
  if (s.eps > 0) d.fits("1/sqrt", "(1 + R) / sqrt(eps)", (Upper(1) + relative) / std::sqrt(s.eps), s.acc);
  y.largest = sqrt(Upper(width)) * (Upper(1) + relative) * s.absmax[1] + y.absolute;
  d.fits("the products", "sqrt(d) max|g| (1 + R) + A", y.largest, s.acc);
  d.rests_on("Lemma 4.6, Corollary 4.9 (normalising_roundings)");
  return y;
}

KernelError layer_norm_error_of_kernel(const Setting& s, Derivation& d) {
  const auto width = static_cast<double>(s.d);
  const double sigma = std::sqrt(s.deviation * s.deviation + s.eps) * (1 - 0x1p-40);
  if (!(sigma > 0)) {
    d.fail("--eps or --deviation is positive: the mean's error is divided by sqrt(deviation^2 + eps)");
    return {Upper::no_statement(), Upper::no_statement(), Upper::no_statement()};
  }
  const Upper theta = normalised(s, d, 2, s.acc.rule.format, sigma * sigma);
  const Upper mean_error = mean_factor(s, d), mean = mean_error * s.absmax[0] + quotient_eta(s);
  const Upper q = d.step("q", "gamma_mean max|x| / sqrt(deviation^2 + eps)",
                         fmt::format("{} / {:.4g}", in_digits(mean), sigma), mean / sigma);
  const KernelError e = off_centre(theta, q);
  KernelError y = with_gain_and_bias(s, e, s.absmax[1], s.absmax[2], true);
  d.step("R", "(1 + u)(1 + theta + q^2/2) - 1", "", y.relative);
  d.step("A", "(1 + u)(max|g| q (1 + theta) + R max|bias|)",
         fmt::format("max|g| = {:.4g}, max|bias| = {:.4g}", s.absmax[1], s.absmax[2]), y.absolute);
  const Upper centred = Upper(2) * s.absmax[0] * (Upper(1) + mean_error);
  d.fits("the sum of squares", "d (2 max|x|)^2 (1 + R)",
         Upper(width) * centred * centred * (Upper(1) + theta), s.acc);
  d.fits("1/sqrt", "(1 + R) / sigma", (Upper(1) + theta) / sigma, s.acc);
  y.largest = sqrt(Upper(width)) * s.absmax[1] * (Upper(1) + y.relative) + s.absmax[2] + y.absolute;
  d.fits("the products", "sqrt(d) max|g| (1 + R) + max|bias| + A", y.largest, s.acc);
  d.assume(
      "two passes: the mean first, then the squares of the differences from it (no E x^2 - mean^2, no "
      "Welford)");
  if (s.deviation > 0) d.assume(fmt::format("no token's standard deviation is below {:g}", s.deviation));
  d.rests_on("Lemmas 4.10, 4.11 (centring_error), errors absolute: no smallest entry");
  return y;
}

}  // namespace halfulp
