// The two-layer perceptron: Lemmas 3.10, 4.14, Corollary 4.16.
#include <array>

#include "halfulp/analysis/quantities/head_inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/perceptron/jacobian.hpp"
#include "halfulp/layers/perceptron/rounding.hpp"

namespace halfulp {
namespace {

using Jacobian = PerceptronJacobian<Ball>;

struct PerceptronInputs {
  PaperBlock<Ball> weights;
  std::vector<Ball> x;

  explicit PerceptronInputs(const VectorFields& fields) {
    const RoomInputs<Ball> in = exact_inputs(fields);
    x = in.row("x");
    in.read_perceptron(weights, x.size());
  }
  /// f(A1, b1, A2, b2, x, more...)
  template <class F, class... More>
  auto apply(F f, const More&... more) const {
    return f(weights.a1.view(), Row<const Ball>(weights.b1), weights.a2.view(), Row<const Ball>(weights.b2),
             Row<const Ball>(x), more...);
  }
  Jacobian jacobian() const {
    return apply([](auto... all) { return Jacobian(all...); });
  }
};

template <Ball (*f)(const Jacobian&)>
QuantityValue of_map(const VectorFields& fields) {
  const PerceptronInputs in(fields);
  return value_of(f(in.jacobian()));
}
QuantityValue matrix(const VectorFields& fields) {
  const PerceptronInputs in(fields);
  return value_of(dense_within_limits(in.jacobian()));
}
QuantityValue omega(const VectorFields& fields) {
  const PerceptronInputs in(fields);
  return value_of_indices(in.jacobian().support());
}
QuantityValue xi(const VectorFields& fields) {
  const PerceptronInputs in(fields);
  return value_of(in.apply(perceptron_xi<Ball>));
}
QuantityValue round_u(const VectorFields& fields) {
  const PerceptronInputs in(fields);
  return value_of(in.apply(perceptron_first_order<Ball>).u);
}

bool holds(const PerceptronInputs& in, const VectorFields& fields) {
  const RoundingModel model{number_field(fields, "u", 0, 1), {}};
  const double alpha = number_field(fields, "alpha", 1, 1e300);
  for (const Hypothesis& hypothesis : in.apply(perceptron_hypotheses<Ball>, model, alpha))
    if (hypothesis.name == "L1_suff_generic") return hypothesis.holds();
  return false;
}
QuantityValue hypothesis(const VectorFields& fields) {
  return value_of_flag(holds(PerceptronInputs(fields), fields));
}
QuantityValue perturbed(const VectorFields& fields) {
  const PerceptronInputs in(fields);
  const FirstOrder<Ball> order = in.apply(perceptron_first_order<Ball>);
  const double alpha = number_field(fields, "alpha", 1, 1e300);
  const AffineJacobian<Ball> first(in.weights.a1.view(), Row<const Ball>(in.weights.b1),
                                   Row<const Ball>(in.x));
  return group({{"u", value_of(order.u)},
                {"rho", value_of(order.rho)},
                {"kappa_L1", value_of(kappa_cc(first))},
                {"kappa_M", value_of(kappa_cc(in.jacobian()))},
                {"hypothesis", value_of_flag(holds(in, fields))},
                {"rho_max_first", value_of(in.apply(perceptron_largest_rho<Ball>, alpha).signs)}});
}

constexpr const char* map = "A1 [D, d], b1 [D], A2 [d, D], b2 [d], x [d]";
constexpr const char* at_u = "A1 [D, d], b1 [D], A2 [d, D], b2 [d], x [d], u, alpha";

constexpr std::array table = {
    Quantity{"mlp.omega", "3.10, indices from 0", map, "[|Omega|]", omega},
    Quantity{"mlp.jacobian", "3.10", map, "[d, d]", matrix},
    Quantity{"mlp.kappa_22", "3.3", map, "number", of_map<kappa_22<Ball>>},
    Quantity{"mlp.kappa_cinf", "3.3", map, "number", of_map<kappa_cinf<Ball>>},
    Quantity{"mlp.kappa_cc", "3.3", map, "number", of_map<kappa_cc<Ball>>},
    Quantity{"mlp.xi", "4.14", map, "number", xi},
    Quantity{"mlp.round.coef_u", "4.14", map, "number", round_u},
    Quantity{"mlp.round.hypothesis", "4.14, 4.16", at_u, "yes or no", hypothesis},
    Quantity{"mlp.round.perturbed", "4.16", at_u, "{u, rho, kappa_L1, kappa_M, hypothesis, rho_max_first}",
             perturbed},
};

}  // namespace

std::span<const Quantity> perceptron_quantities() { return table; }

}  // namespace halfulp
