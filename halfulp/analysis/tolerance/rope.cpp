// Rotary embedding:  y_i = x_i cos - x_j sin,  y_j = x_j cos + x_i sin.  With |cos| + |sin| <= sqrt 2,
//
//   |y_hat - y| <= sqrt(2) max|x| rho,  rho: products and sum gamma_2 (rope/radius.hpp: rope_radius),
//   products
//                  stored u_inner, and where the kernel makes its table: cos and sin within U ulps, stored,
//                  and the angle p omega rounded once: gamma_1 p (omega <= 1 given), absolute.
// Source: docs/theory.md, 2.
#include <fmt/format.h>

#include <cmath>

#include "halfulp/analysis/tolerance/derivation.hpp"

namespace halfulp {

KernelError rope_error(const Setting& s, Derivation& d) {
  const Upper size = sqrt(Upper(2)) * s.absmax[0], one = 1;
  const bool stores = s.stores_inner && !s.inner.rule.format.holds(s.acc.rule.format);
  const Upper u_inner = stores ? s.inner.u : 0, kept = one + u_inner;
  const double eta = stores ? s.inner.eta : 0;
  Upper rho = d.gamma(2) + u_inner + d.gamma(2) * u_inner;
  d.step("rho", stores ? "(1 + gamma_2)(1 + u_inner) - 1" : "gamma_2",
         fmt::format("u = {:.4g}, u_inner = {:.4g}", s.acc.u, u_inner.value()), rho);
  Upper angle, lost = Upper(3) * s.acc.eta + Upper(2) * eta;
  if (s.position > 0) {
    angle = d.step("dtheta", "gamma_1 p", fmt::format("p = {:.6g}", s.position), d.gamma(1) * s.position);
    const Upper table = Upper(2 * s.sincos_ulp) * s.acc.u;
    const Upper entry = table + u_inner + table * u_inner;
    rho = d.step("rho'", "(1 + rho)(1 + 2U u)(1 + u_inner) - 1", fmt::format("U = {:g}", s.sincos_ulp),
                 rho + entry + rho * entry);
    lost += Upper(2) * s.absmax[0] * (Upper(eta) + Upper(2 * s.sincos_ulp) * s.acc.eta + s.acc.eta) * kept;
    d.assume(
        fmt::format("frequencies (at most 1) are given; the angle is rounded once; cos and sin are within "
                    "{:g} ulps (--sincos-ulp)",
                    s.sincos_ulp));
  } else {
    d.assume("cos and sin are given: the reference has the same table (else --position)");
  }
  d.assume(stores ? "products (and the table, if made) are stored in " + name_of(s.inner.rule)
                  : "products are not stored before they are added (--inner)");
  if (rho == Upper::no_statement() || angle == Upper::no_statement())
    d.fail("2 u < 1");
  else
    d.checked(fmt::format("2 u < 1: {:.4g}", 2 * s.acc.u));
  const Upper absolute = d.step(
      "A", s.position > 0 ? "sqrt(2) max|x| (rho' + (1 + rho') dtheta) + eta" : "sqrt(2) max|x| rho + eta",
      fmt::format("{} x {}", in_digits(size), in_digits(rho)), size * (rho + angle + rho * angle) + lost);
  const Upper largest = size + absolute;
  d.fits("the sums", "sqrt(2) max|x| + A", largest, s.acc);
  if (stores) d.fits("the products", "sqrt(2) max|x| + A", largest, s.inner, "inner");
  d.rests_on("a rotation of pairs (rope_radius)");
  return {absolute, {}, largest};
}

}  // namespace halfulp
