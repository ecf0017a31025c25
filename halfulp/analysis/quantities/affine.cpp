// The affine map and its sums: Lemmas 3.4 and 4.3.
#include <array>

#include "halfulp/analysis/quantities/inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/linear/jacobian.hpp"
#include "halfulp/layers/rounding_bound.hpp"

namespace halfulp {
namespace {

struct AffineInputs {
  Matrix<Ball> a;
  std::vector<Ball> b, x;
};
AffineInputs affine_inputs(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  AffineInputs read{in.matrix("A"), {}, {}};
  read.b = in.row("b", read.a.rows());
  read.x = in.row("x", read.a.columns());
  return read;
}

template <auto f>
QuantityValue of_map(const VectorFields& fields) {
  const AffineInputs in = affine_inputs(fields);
  return value_of(f(AffineJacobian<Ball>(in.a.view(), Row<const Ball>(in.b), Row<const Ball>(in.x))));
}
template <Exponent p, Exponent q>
Ball kappa(const AffineJacobian<Ball>& j) {
  return kappa_pq(j, p, q);
}

QuantityValue sum_bound(const VectorFields& fields) {
  const std::vector<Ball> x = exact_inputs(fields).row("x");
  const Ball u = number_field(fields, "u", 0, 1);
  return value_of(times_bound(gamma_in(static_cast<double>(x.size() - 1), u), norm_1(Row<const Ball>(x))));
}

QuantityValue matvec_bound(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const Matrix<Ball> a = in.matrix("A");
  const std::vector<Ball> x = in.row("x", a.columns());
  const Ball gamma = gamma_in(static_cast<double>(x.size()), Ball(number_field(fields, "u", 0, 1)));
  std::vector<Ball> bound;
  for (std::size_t i = 0; i < a.rows(); ++i)
    bound.push_back(times_bound(gamma, absolute_product(a.view(), i, Row<const Ball>(x))));
  return value_of(bound);
}

QuantityValue affine_bound(const VectorFields& fields) {
  const AffineInputs in = affine_inputs(fields);
  const Ball u = number_field(fields, "u", 0, 1);
  const Ball constant = u + (Ball(1.0) + u) * gamma_in(static_cast<double>(in.x.size()), u);
  std::vector<Ball> bound;
  for (std::size_t i = 0; i < in.b.size(); ++i)
    bound.push_back(times_bound(constant, absolute_product(in.a.view(), i, Row<const Ball>(in.x))) +
                    u * abs(in.b[i]));
  return value_of(bound);
}

constexpr const char* map = "A [D, d], b [D], x [d]";
constexpr auto one = Exponent::one, two = Exponent::two, inf = Exponent::infinity;

constexpr std::array table = {
    Quantity{"affine.kappa_cinf", "3.4", map, "number", of_map<kappa_cinf<Ball>>},
    Quantity{"affine.kappa_cc", "3.4", map, "number", of_map<kappa_cc<Ball>>},
    Quantity{"affine.kappa_11", "3.4", map, "number", of_map<kappa<one, one>>},
    Quantity{"affine.kappa_22", "3.4", map, "number", of_map<kappa<two, two>>},
    Quantity{"affine.kappa_infinf", "3.4", map, "number", of_map<kappa<inf, inf>>},
    Quantity{"affine.kappa_1inf", "3.4", map, "number", of_map<kappa<one, inf>>},
    Quantity{"affine.kappa_inf1", "3.4, d <= 20", map, "number", of_map<kappa<inf, one>>},
    Quantity{"sum.round.abs_bound", "4.3.1", "x [d], u", "number", sum_bound},
    Quantity{"matvec.round.abs_bound", "4.3.2", "A [D, d], x [d], u", "[D]", matvec_bound},
    Quantity{"affine.round.abs_bound", "4.3.3", "A [D, d], b [D], x [d], u", "[D]", affine_bound},
};

}  // namespace

std::span<const Quantity> affine_quantities() { return table; }

}  // namespace halfulp
