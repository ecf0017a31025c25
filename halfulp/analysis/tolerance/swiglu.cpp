// SwiGLU, entry by entry:  y = silu(a) b,  silu(a) = a / (1 + e^-a) (or a times the reciprocal): no
// cancellation, so all errors are relative: 1 + e^-a errs by no more than e^-a does, then addition, quotient,
// product and gate round.  Arguments of exp2 round |a| twice: gamma_2 max|a| in the logarithm.
// Where e^-a overflows, silu(a) is taken for 0: it is 2 ln(M)/M at most, M the largest number.
// Source: Higham, Accuracy and Stability, Lemma 3.1; docs/theory.md, 5 (functions).
#include <fmt/format.h>

#include <cmath>

#include "halfulp/analysis/tolerance/derivation.hpp"
#include "halfulp/layers/self_attention/mixed_precision.hpp"

namespace halfulp {

KernelError swiglu_error(const Setting& s, Derivation& d) {
  const double a = s.absmax[0], b = s.absmax[1];
  const double error = 2 * s.exp_ulp * s.acc.u;
  if (!(error < 1)) {
    d.fail(fmt::format("exponentials within {:g} ulps have a digit: {:.4g} < 1", s.exp_ulp, error));
    return {Upper::no_statement(), Upper::no_statement(), Upper::no_statement()};
  }
  const Upper log = d.step("L", s.natural_exp ? "2U u/(1 - 2U u)" : "2U u/(1 - 2U u) + gamma_2 max|a|",
                           fmt::format("U = {:g}, u = {:.4g}, max|a| = {:.4g}", s.exp_ulp, s.acc.u, a),
                           Accumulation::logarithm_of(error) + (s.natural_exp ? Upper{} : d.gamma(2) * a));
  const double count = 2 + 2 * s.div_ulp;
  const Upper rounded = d.step("r", "gamma of addition, quotient, product",
                               fmt::format("{:g} roundings, u = {:.4g}", count, s.acc.u), d.gamma(count));
  if (rounded == Upper::no_statement())
    d.fail(fmt::format("k u < 1: {:.4g}", count * s.acc.u));
  else
    d.checked(fmt::format("k u < 1: {:.4g}", count * s.acc.u));
  const Upper moved = expm1(log);
  Upper relative = moved + rounded + moved * rounded;
  Upper lost = quotient_eta(s) * (Upper(1) + a) + s.acc.eta;  // a quotient, or a reciprocal times a
  const double least = s.acc.smallest_normal();
  if (least > 0 && a > -halfulp::log(least) * (1 - 0x1p-40))
    relative += (Upper(1) + relative) * (Upper(std::fmax(1, 2 * s.exp_ulp)) * s.acc.eta * 2);
  if (!s.acc.rule.format.is_unbounded() && a > halfulp::log(s.acc.largest) * (1 - 0x1p-10) - 1) {
    const Upper beyond = Upper(2 * halfulp::log(s.acc.largest)) / s.acc.largest;
    lost += beyond;
    d.step("beyond", "2 ln(M)/M",
           fmt::format("e^-a overflows beyond a = {:.4g}", -halfulp::log(s.acc.largest)), beyond);
    if (s.acc.rule.format.specials != Specials::ieee || s.acc.rule.saturate ||
        s.acc.rule.mode != Rounding::nearest_even)
      d.fits("exponentials", "e^max|a|", exp(Upper(a)), s.acc);
  }
  if (s.stores_inner) {
    const KernelError kept = stored({lost, relative, {}}, s.inner, s.acc);
    lost = kept.absolute, relative = kept.relative;
    d.step("silu", "(1 + e^L - 1)(1 + r)(1 + u_inner) - 1", fmt::format("u_inner = {:.4g}", s.inner.u),
           relative);
  }
  const Upper u = s.acc.u;
  const Upper total = d.step("R", "(1 + silu)(1 + u) - 1, the gate", "", relative + u + relative * u);
  const Upper absolute = d.step("A", "max|b| (what underflows) (1 + u) + eta",
                                fmt::format("max|b| = {:.4g}", b), (Upper(1) + u) * lost * b + s.acc.eta);
  const Upper largest = Upper(a) * b * (Upper(1) + total) + absolute;
  d.fits("the products", "max|a| max|b| (1 + R)", largest, s.acc);
  if (s.stores_inner) d.fits("silu", "max|a| (1 + R)", Upper(a) * (Upper(1) + total), s.inner, "inner");
  d.assume(fmt::format("exponentials within {:g} ulps (--exp-ulp){}", s.exp_ulp,
                       s.natural_exp ? "" : ", or exp2 of arguments multiplied by log2(e)"));
  d.assume(fmt::format("quotients (or reciprocals) within {:g} ulps (--div-ulp)", s.div_ulp));
  d.assume(s.stores_inner ? "silu(a) is stored in " + name_of(s.inner.rule) + " before it is multiplied"
                          : "silu(a) is not stored before it is multiplied (--inner)");
  d.rests_on("gates and SiLU (gate_radius); Higham, Accuracy and Stability, Lemma 3.1");
  return {absolute, total, largest};
}

}  // namespace halfulp
