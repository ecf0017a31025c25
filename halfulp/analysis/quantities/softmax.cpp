// Softmax: Lemmas 3.13 and 4.19, Corollary 4.20, erratum E7.
#include <array>

#include "halfulp/analysis/quantities/head_inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/softmax/jacobian.hpp"
#include "halfulp/layers/softmax/rounding.hpp"

namespace halfulp {
namespace {

using Jacobian = SoftmaxJacobian<Ball>;

template <Ball (*f)(const Jacobian&)>
QuantityValue of_map(const VectorFields& in) {
  const std::vector<Ball> s = exact_inputs(in).row("s");
  return value_of(f(Jacobian(Row<const Ball>(s))));
}
QuantityValue matrix(const VectorFields& in) {
  const std::vector<Ball> s = exact_inputs(in).row("s");
  return value_of(dense_within_limits(Jacobian(Row<const Ball>(s))));
}
/// f(s)
template <auto f>
QuantityValue of_scores(const VectorFields& in) {
  const std::vector<Ball> s = exact_inputs(in).row("s");
  return value_of(f(Row<const Ball>(s)));
}
Ball round_u(Row<const Ball> s) { return softmax_first_order<Ball>(s).u; }

constexpr std::array table = {
    Quantity{"softmax.jacobian", "3.13.1", "s [n]", "[n, n]", matrix},
    Quantity{"softmax.jac_norm_22", "3.13.2, exact", "s [n]", "number", of_map<norm_22<Ball>>},
    Quantity{"softmax.jac_norm_22.bound", "3.13.2", "s [n]", "number", of_map<norm_22_bound<Ball>>},
    Quantity{"softmax.jac_norm_1inf", "3.13.2", "s [n]", "number", of_map<norm_1inf<Ball>>},
    Quantity{"softmax.jac_norm_infinf", "3.13.2", "s [n]", "number", of_map<norm_infinf<Ball>>},
    Quantity{"softmax.kappa_cinf", "3.13.3", "s [n]", "number", of_map<kappa_cinf<Ball>>},
    Quantity{"softmax.kappa_cc", "3.13.3", "s [n]", "number", of_map<kappa_cc<Ball>>},
    Quantity{"softmax.kappa_cc.bound", "3.13.3", "s [n]", "number", of_map<kappa_cc_bound<Ball>>},
    Quantity{"softmax.round.coef_u", "4.19, unshifted (E7)", "s [n]", "number", of_scores<round_u>},
    Quantity{"softmax.round.perturbed", "4.20, unshifted", "s [n]", "{u, rho}",
             of_scores<softmax_first_order<Ball>>},
    Quantity{"softmax.round.shifted_coef_u", "E7", "s [n]", "number",
             of_scores<softmax_shifted_coefficient<Ball>>},
};

}  // namespace

std::span<const Quantity> softmax_quantities() { return table; }

}  // namespace halfulp
