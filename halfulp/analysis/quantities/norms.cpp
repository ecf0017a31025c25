// Jacobians, condition numbers and rounding bounds of the normalisations: Lemmas 3.6 to 3.8, 4.6 to 4.13.
#include <array>

#include "halfulp/analysis/quantities/head_inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/layer_norm/condition.hpp"
#include "halfulp/layers/layer_norm/rounding.hpp"
#include "halfulp/layers/rms_norm/jacobian.hpp"
#include "halfulp/layers/rms_norm/rounding.hpp"

namespace halfulp {
namespace {

/// f(J) of the Jacobian at x.
template <class J, Ball (*f)(const J&)>
QuantityValue at_token(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  return value_of(f(J(Row<const Ball>(x))));
}
template <class J>
QuantityValue matrix_at_token(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  return value_of(dense_within_limits(J(Row<const Ball>(x))));
}

using Rms = RmsNormJacobian<Ball>;
using Centring = CentringJacobian<Ball>;
using Layer = LayerNormJacobian<Ball>;

/// Lemma 4.6 needs x other than 0: no statement there.
FirstOrder<Ball> rms_first_order(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  if (upper_end(norm(Row<const Ball>(x), Exponent::infinity)) == 0) return {Ball(HUGE_VAL), Ball(HUGE_VAL)};
  return rms_norm_first_order<Ball>(x.size());
}
QuantityValue rms_round_u(const VectorFields& in) { return value_of(rms_first_order(in).u); }
QuantityValue rms_round_perturbed(const VectorFields& in) { return value_of(rms_first_order(in)); }

QuantityValue centring_round_u(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  return value_of(centring_first_order<Ball>(x).u);
}
QuantityValue layer_round_u(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  return value_of(layer_norm_first_order<Ball>(x).u);
}
QuantityValue layer_simplified(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  return value_of(layer_norm_simplified<Ball>(x));
}
bool layer_hypothesis_holds(const VectorFields& in, Row<const Ball> x) {
  return all_hold(
      layer_norm_hypotheses<Ball>(x, number_field(in, "u", 0, 1), number_field(in, "alpha", 1, 1e300)));
}
QuantityValue layer_hypothesis(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  return value_of_flag(layer_hypothesis_holds(in, x));
}
QuantityValue layer_perturbed(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  const FirstOrder<Ball> order = layer_norm_first_order<Ball>(x);
  return group({{"u", value_of(order.u)},
                {"rho", value_of(order.rho)},
                {"kappa", value_of(kappa_cc(Centring(x)))},
                {"rho_max", value_of(layer_norm_largest_rho<Ball>(x, number_field(in, "alpha", 1, 1e300)))},
                {"hypothesis", value_of_flag(layer_hypothesis_holds(in, x))}});
}

constexpr std::array table = {
    Quantity{"rms_norm.jacobian", "3.6.1", "x [d]", "[d, d]", matrix_at_token<Rms>},
    Quantity{"rms_norm.jac_norm_22", "3.6.2, E3", "x [d]", "number", at_token<Rms, norm_22<Ball>>},
    Quantity{"rms_norm.jac_norm_1inf", "3.6.2, exact", "x [d]", "number", at_token<Rms, norm_1inf<Ball>>},
    Quantity{"rms_norm.jac_norm_infinf", "3.6.2, exact", "x [d]", "number", at_token<Rms, norm_infinf<Ball>>},
    Quantity{"rms_norm.jac_norm_1inf.bound", "3.6.2", "x [d]", "number",
             at_token<Rms, norm_1inf_bound<Ball>>},
    Quantity{"rms_norm.jac_norm_infinf.bound", "3.6.2", "x [d]", "number",
             at_token<Rms, norm_infinf_bound<Ball>>},
    Quantity{"rms_norm.kappa_22", "3.6.3, E3", "x [d]", "number", at_token<Rms, kappa_22<Ball>>},
    Quantity{"rms_norm.kappa_cinf", "3.6.3", "x [d]", "number", at_token<Rms, kappa_cinf<Ball>>},
    Quantity{"rms_norm.kappa_cc", "3.6.3", "x [d]", "number", at_token<Rms, kappa_cc<Ball>>},
    Quantity{"rms_norm.round.coef_u", "4.6", "x [d]", "number", rms_round_u},
    Quantity{"rms_norm.round.perturbed", "4.9", "x [d]", "{u, rho}", rms_round_perturbed},
    Quantity{"centring.jacobian", "3.7.1", "x [d]", "[d, d]", matrix_at_token<Centring>},
    Quantity{"centring.jac_norm_22", "3.7.2", "x [d]", "number", at_token<Centring, norm_22<Ball>>},
    Quantity{"centring.jac_norm_1inf", "3.7.2", "x [d]", "number", at_token<Centring, norm_1inf<Ball>>},
    Quantity{"centring.jac_norm_infinf", "3.7.2", "x [d]", "number", at_token<Centring, norm_infinf<Ball>>},
    Quantity{"centring.kappa_22", "3.7.3", "x [d]", "number", at_token<Centring, kappa_22<Ball>>},
    Quantity{"centring.kappa_cinf", "3.7.3", "x [d]", "number", at_token<Centring, kappa_cinf<Ball>>},
    Quantity{"centring.kappa_cc", "3.7.3", "x [d]", "number", at_token<Centring, kappa_cc<Ball>>},
    Quantity{"centring.kappa_cc.bound", "3.7.3", "x [d]", "number", at_token<Centring, kappa_cc_bound<Ball>>},
    Quantity{"centring.round.coef_u", "4.10", "x [d]", "number", centring_round_u},
    Quantity{"layer_norm.jacobian", "3.8.1, E3", "x [d]", "[d, d]", matrix_at_token<Layer>},
    Quantity{"layer_norm.jac_norm_22", "3.8.2, E3", "x [d]", "number", at_token<Layer, norm_22<Ball>>},
    Quantity{"layer_norm.jac_norm_1inf", "3.8.2, exact", "x [d]", "number", at_token<Layer, norm_1inf<Ball>>},
    Quantity{"layer_norm.jac_norm_infinf", "3.8.2, exact", "x [d]", "number",
             at_token<Layer, norm_infinf<Ball>>},
    Quantity{"layer_norm.jac_norm_1inf.bound", "3.8.2", "x [d]", "number",
             at_token<Layer, norm_1inf_bound<Ball>>},
    Quantity{"layer_norm.jac_norm_infinf.bound", "3.8.2", "x [d]", "number",
             at_token<Layer, norm_infinf_bound<Ball>>},
    Quantity{"layer_norm.kappa_22", "3.8.3, E3", "x [d]", "number", at_token<Layer, kappa_22<Ball>>},
    Quantity{"layer_norm.kappa_cinf", "3.8.3, exact", "x [d]", "number", at_token<Layer, kappa_cinf<Ball>>},
    Quantity{"layer_norm.kappa_cinf.bound", "3.8.3, misprint corrected", "x [d]", "number",
             at_token<Layer, kappa_cinf_bound<Ball>>},
    Quantity{"layer_norm.kappa_cc", "3.8.3, exact", "x [d]", "number", at_token<Layer, kappa_cc<Ball>>},
    Quantity{"layer_norm.kappa_cc.bound1", "3.8.3, misprint corrected", "x [d]", "number",
             at_token<Layer, kappa_cc_bound1<Ball>>},
    Quantity{"layer_norm.kappa_cc.bound2", "3.8.3, misprint corrected", "x [d]", "number",
             at_token<Layer, kappa_cc_bound2<Ball>>},
    Quantity{"layer_norm.round.coef_u", "4.11", "x [d]", "number", layer_round_u},
    Quantity{"layer_norm.round.hypothesis", "4.11, 4.12", "x [d], u, alpha", "yes or no", layer_hypothesis},
    Quantity{"layer_norm.round.perturbed", "4.12", "x [d], u, alpha", "{u, rho, kappa, rho_max, hypothesis}",
             layer_perturbed},
    Quantity{"layer_norm.round.simplified", "4.13", "x [d]", "{u, rho}", layer_simplified},
};

}  // namespace

std::span<const Quantity> norm_quantities() { return table; }

}  // namespace halfulp
