// How the rooms state their rounding-error bounds (arXiv:2503.10251, section 4).
//
//   first order      rho_c(fl(f(xhat)), f(x)) <= a u + b rho_c(xhat, x) + O(u^2 + rho^2)
//   non-asymptotic   the same distance, with nothing dropped: true as it stands whenever its hypotheses hold,
//                    inf ("no statement") where they do not.  In gamma form.
//
// Coefficients are numbers of T; non-asymptotic bounds are the upper ends of what T knows.
#pragma once

#include <string>
#include <vector>

#include "halfulp/arith/real.hpp"
#include "halfulp/arith/rounding_model.hpp"

namespace halfulp {

/// gamma_k = k u / (1 - k u) in T; inf when k u >= 1.
template <Real T>
T gamma_in(double k, const T& u) {
  const T ku = T(k) * u;
  if (!(upper_end(ku) < 1)) return infinite<T>();
  return ku / (T(1.0) - ku);
}

/// u: coefficient of the unit roundoff; rho: coefficient of the input's error.
template <Real T>
struct FirstOrder {
  T u{}, rho{};
};

/// What a lemma assumes, as "margin > 0": how far the input is from violating it, in the assumption's own
/// units.
struct Hypothesis {
  std::string name;
  double margin = 0;
  bool holds() const { return margin > 0; }
};

inline bool all_hold(const std::vector<Hypothesis>& hypotheses) {
  for (const Hypothesis& hypothesis : hypotheses)
    if (!hypothesis.holds()) return false;
  return true;
}

/// The paper's statement, or the one that is true with weaker assumptions (no condition number of W_k^T W_q).
enum class Form { as_printed, repaired };

}  // namespace halfulp
