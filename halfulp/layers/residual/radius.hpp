// Entrywise error bound of  Z = X + F:  E_x + E_f + u |Zhat|.  No denominator: where x + f cancels, the
// absolute error stays small although the relative one does not (xi(f) of Lemmas 4.25 to 4.28 is not needed).
// Shapes: all [d, n].  Source: docs/theory.md, 6.
#pragma once

#include "halfulp/layers/radius.hpp"

namespace halfulp {

inline Radii residual_radius(const RoundingModel& model, const Radii& e_x, const Radii& e_f,
                             MatrixView<const double> z) {
  return e_x + e_f + scaled_sizes(model.u, z);
}

}  // namespace halfulp
