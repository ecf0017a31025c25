// Jacobians, condition numbers and rounding bounds of the normalisations: Lemmas 3.6 to 3.8, 4.6 to 4.13.
#include <array>

#include "halfulp/analysis/quantities/inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/rms_norm/jacobian.hpp"
#include "halfulp/layers/rms_norm/rounding.hpp"

namespace halfulp {
namespace {

/// f(J) of the Jacobian at x.
template <class J, auto f>
QuantityValue at_token(const VectorFields& in) {
  const std::vector<Ball> x = exact_inputs(in).row("x");
  return value_of(f(J(Row<const Ball>(x))));
}

using Rms = RmsNormJacobian<Ball>;

QuantityValue rms_round_u(const VectorFields& in) {
  return value_of(rms_norm_first_order<Ball>(exact_inputs(in).row("x").size()).u);
}
QuantityValue rms_round_perturbed(const VectorFields& in) {
  return value_of(rms_norm_first_order<Ball>(exact_inputs(in).row("x").size()));
}

constexpr std::array table = {
    Quantity{"rms_norm.jacobian", "3.6.1", "x [d]", "[d, d]", at_token<Rms, dense<Rms>>},
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
};

}  // namespace

std::span<const Quantity> norm_quantities() { return table; }

}  // namespace halfulp
