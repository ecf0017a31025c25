// Distances (section 3.1) and the constants of the analysis.
#include <array>

#include "halfulp/analysis/quantities/inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/jacobian.hpp"
#include "halfulp/layers/rounding_bound.hpp"

namespace halfulp {
namespace {

struct Pair {
  std::vector<Ball> difference, x;
};
/// xhat - x and x, entry by entry, of two matrices or two vectors.
Pair pair_of(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  Pair pair;
  if (fields.value("x").is_list() && !fields.value("x").items().empty() &&
      fields.value("x").items().front().is_list()) {
    const Matrix<Ball> x = in.matrix("x");
    pair.x = x.values();
    pair.difference = in.matrix("xhat", x.rows(), x.columns()).values();
  } else {
    pair.x = in.row("x");
    pair.difference = in.row("xhat", pair.x.size());
  }
  for (std::size_t i = 0; i < pair.x.size(); ++i) pair.difference[i] -= pair.x[i];
  return pair;
}

template <auto norm>
QuantityValue normwise(const VectorFields& in) {
  const Pair pair = pair_of(in);
  return value_of(ratio(norm(Row<const Ball>(pair.difference)), norm(Row<const Ball>(pair.x))));
}
QuantityValue componentwise(const VectorFields& in) {
  const Pair pair = pair_of(in);
  return value_of(largest_ratio(Row<const Ball>(pair.difference), Row<const Ball>(pair.x)));
}

/// max over signs for p = inf, q = 1: at most 20 columns.
QuantityValue opnorm_inf1(const VectorFields& in) {
  const Matrix<Ball> a = exact_inputs(in).matrix("A");
  return value_of(operator_norm(a.view(), Exponent::infinity, Exponent::one));
}

/// gamma_n = n u / (1 - n u), inf when n u >= 1.
QuantityValue gamma_n(const VectorFields& in) {
  return value_of(gamma_in(in.integer("n", 0, 1'000'000'000), Ball(number_field(in, "u", 0, 1))));
}

constexpr std::array table = {
    Quantity{"rho_c", "3.1, componentwise", "xhat, x: vectors or matrices", "number", componentwise},
    Quantity{"rho_1", "3.1, entrywise l_1", "xhat, x", "number", normwise<norm_1<Ball>>},
    Quantity{"rho_2", "3.1, entrywise l_2", "xhat, x", "number", normwise<norm_2<Ball>>},
    Quantity{"rho_inf", "3.1, entrywise l_inf", "xhat, x", "number", normwise<norm_inf<Ball>>},
    Quantity{"opnorm_inf1", "2.1, E4", "A [m, n], n <= 20", "number", opnorm_inf1},
    Quantity{"gamma", "4.2", "n, u", "number", gamma_n},
};

}  // namespace

std::span<const Quantity> distance_quantities() { return table; }

}  // namespace halfulp
