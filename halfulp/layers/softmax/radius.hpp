// Entrywise error bounds of the softmax of one query, from absolute errors of its scores.
//
// Let shat, phat be computed, |shat - s| <= e.  Exponentials round in their logarithm: the shift's
// subtraction by u (m - shat_i), exponential and quotient by c = -log(1 - u) each; the roundings of the
// normaliser are one factor for all i.  With  pi_i = phat_i / sum_j phat_j  therefore
//
//   p_i = pi_i e^{delta_i} / sum_j pi_j e^{delta_j},   |delta_i| <= L_i = e_i + u (m - shat_i) + 2 c
//
// with nothing dropped; no score stands in a denominator (docs/theory.md, 1).  The sum of phat is known, so
// what it lacks to 1 is computed and not bounded.  Shapes: s, e, p [t], the seen keys.  A phat_i = 0 has
// underflowed: "no statement".
#pragma once

#include "halfulp/layers/radius.hpp"
#include "halfulp/layers/softmax/softmax.hpp"

namespace halfulp {

/// All that is known of a query's exact weights.
struct WeightBox {
  std::vector<Ball> share;        // pi
  std::vector<Upper> log_radius;  // L
  Ball total;                     // sum phat
  double least = 0;               // below sum pi e^{-L} <= sum pi e^{delta}

  /// pi_i (e^{L_i} - 1); "no statement" for a weight lost to underflow.
  Upper moved(std::size_t i) const {
    return log_radius[i] == Upper::no_statement() ? log_radius[i]
                                                  : Upper(magnitude(share[i])) * expm1(log_radius[i]);
  }
  /// p_i from above:  pi_i e^{L_i} / least, at most 1.
  Upper highest(std::size_t i) const {
    if (log_radius[i] == Upper::no_statement()) return 1;
    return min(Upper(1), Upper(magnitude(share[i])) * exp(log_radius[i]) / least);
  }
};

inline WeightBox softmax_box(const RoundingModel& model, Row<const double> s, Row<const Upper> e, Shift shift,
                             Row<const double> p) {
  double m = s[0];
  for (std::size_t i = 1; i < s.size(); ++i) m = m < s[i] ? s[i] : m;
  // -log(1 - u) <= u / (1 - u)
  const Upper twice = Upper(2) * (Upper(model.u) / next_below(1 - model.u));
  WeightBox box;
  for (std::size_t i = 0; i < p.size(); ++i) box.total += Ball(p[i]);
  for (std::size_t i = 0; i < p.size(); ++i) {
    const Upper shifted = shift == Shift::by_maximum ? Upper(model.u) * distance(m, s[i]) : Upper{};
    box.log_radius.push_back(p[i] > 0 ? e[i] + shifted + twice : Upper::no_statement());
    box.share.push_back(Ball(p[i]) / box.total);
    const double smallest = lower_end(box.share[i]) / exp(box.log_radius[i]).value();
    box.least = next_below(box.least + (smallest > 0 ? next_below(smallest) : 0.0));
  }
  return box;
}

/// |phat - p| <= |phat - pi| + pi_i [ (1 - pi_i) (e^{L_i} - 1) + sum_{j != i} pi_j (e^{L_j} - 1) ] / least,
/// the second at most max(pi_i, 1 - pi_i).  First order: pi_i [(1 - pi_i) L_i + sum_{j != i} pi_j L_j].
/// Proof: p_i - pi_i = pi_i sum_{j != i} pi_j (e^{delta_i} - e^{delta_j}) / sum_j pi_j e^{delta_j}.
inline std::vector<Upper> softmax_radius(const RoundingModel& model, Row<const double> s, Row<const Upper> e,
                                         Shift shift, Row<const double> p) {
  const WeightBox box = softmax_box(model, s, e, shift, p);
  const std::size_t n = p.size();
  std::vector<Upper> before(n + 1), after(n + 1);  // sums of pi (e^L - 1) without entry i
  for (std::size_t i = 0; i < n; ++i) before[i + 1] = before[i] + box.moved(i);
  for (std::size_t i = n; i-- > 0;) after[i] = after[i + 1] + box.moved(i);
  std::vector<Upper> radius;
  for (std::size_t i = 0; i < n; ++i) {
    const Upper share = magnitude(box.share[i]), rest = magnitude(Ball(1.0) - box.share[i]);
    const Upper moved = (rest * box.moved(i) + share * (before[i] + after[i + 1])) / box.least;
    radius.push_back(Upper(magnitude(Ball(p[i]) - box.share[i])) + min(moved, max(share, rest)));
  }
  return radius;
}

}  // namespace halfulp
