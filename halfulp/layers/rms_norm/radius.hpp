// Entrywise error bounds of RMS normalisation  y_i = g_i x_i / r(x),  r(x)^2 = (||x||^2 + d eps) / d.
//
// The inherited part is the exact range over the box |x - xhat| <= e.  For fixed rest  s = sum_{j != i} x_j^2
// + d eps,  f(x_i, s) = sqrt(d) x_i / sqrt(x_i^2 + s)  increases in x_i, and decreases in s where x_i > 0:
// its supremum is attained at xhat_i + e_i with the least s (the largest, where xhat_i + e_i < 0), and its
// infimum by symmetry.  This is below the closed form
//
//   |g| (e + |xhat| w / r) / (r - w),  w >= |r(x) - r|,  r = r(xhat)          (docs/theory.md, 6)
//
// and never above |g| sqrt(d) + |g xhat| / r, since |f| <= sqrt(d).  "No statement" only where the box
// contains the zero token and eps = 0.
// Shapes: x, e, g, y are [d].
#pragma once

#include "halfulp/arith/balls.hpp"
#include "halfulp/layers/radius.hpp"
#include "halfulp/layers/rms_norm/rms_norm.hpp"

namespace halfulp {

/// f at the centre of a box, and the largest distance from it over the box.
struct NormedBox {
  std::vector<Ball> y;
  std::vector<Upper> radius;
};

namespace detail {

inline Ball square(const Ball& x) { return x * x; }

/// sup of f over x_i <= end, rest in [least, most].
inline Ball highest_normed(const Ball& root, const Ball& end, const Ball& least, const Ball& most) {
  // An end around zero: f at a point above it, which is not smaller.
  if (lower_end(end) < 0 && upper_end(end) >= 0) {
    const Ball above(upper_end(end));
    return certain_sign(above) == 0 ? Ball(0.0) : highest_normed(root, above, least, most);
  }
  if (certain_sign(end) == 0) return 0.0;
  Ball rest = lower_end(end) > 0 ? least : most;
  if (lower_end(rest) < 0 && lower_end(end) > 0) rest = 0.0;
  return root * end / sqrt(square(end) + rest);
}

}  // namespace detail

/// The box around x (known as balls) with radii e.  added: d eps.
inline NormedBox rms_normed_box(Row<const Ball> x, Row<const Upper> e, const Ball& added) {
  const std::size_t d = x.size();
  const Ball root = sqrt(Ball(static_cast<double>(d)));
  std::vector<Ball> least(d), most(d);
  Ball sum = added, sum_least = added, sum_most = added;
  bool moves = false, may_vanish = certain_sign(added) == 0;
  for (std::size_t j = 0; j < d; ++j) {
    moves = moves || e[j].value() > 0;
    const Ball size = abs(x[j]);
    const Ball inner = size - Ball(e[j].value());
    if (lower_end(inner) > 0) {
      least[j] = detail::square(inner);
      may_vanish = false;
    }
    most[j] = detail::square(size + Ball(e[j].value()));
    sum += detail::square(x[j]);
    sum_least += least[j];
    sum_most += most[j];
  }
  NormedBox box;
  for (std::size_t i = 0; i < d; ++i) {
    const Ball y = certain_sign(x[i]) == 0 && mignitude(sum) > 0 ? Ball(0.0) : root * x[i] / sqrt(sum);
    box.y.push_back(y);
    if (may_vanish) {
      box.radius.push_back(Upper::no_statement());
    } else if (!moves) {
      box.radius.push_back(Upper{});
    } else {
      const Ball rest_least = sum_least - least[i], rest_most = sum_most - most[i], end(e[i].value());
      const Ball high = detail::highest_normed(root, x[i] + end, rest_least, rest_most);
      const Ball low = -detail::highest_normed(root, end - x[i], rest_least, rest_most);
      const auto gap = [](const Ball& a) { return Upper(std::fmax(0.0, upper_end(a))); };
      const Upper range = max(gap(high - y), gap(y - low));
      box.radius.push_back(min(range, Upper(upper_end(root)) + magnitude(y)));
    }
  }
  return box;
}

/// The paper's order (rms_norm_of_paper): the range, and gamma(k) |y(xhat)| of its own, k = dot(d)/2 + 3 [+ 1
/// if sqrt(d) is rounded; + 1/2 for d eps > 0, whose addition the root halves].
inline std::vector<Upper> rms_norm_of_paper_radius(const RoundingModel& model, Row<const double> x,
                                                   Row<const Upper> e, double epsilon,
                                                   RootOfD root = RootOfD::exact) {
  const auto d = static_cast<double>(x.size());
  NormedBox box = rms_normed_box(in_balls(x), e, Ball(d * epsilon));
  const double k = model.dot(x.size()) / 2 + 3 + (root == RootOfD::rounded) + 0.5 * (epsilon > 0);
  for (std::size_t i = 0; i < x.size(); ++i) box.radius[i] += model.gamma(k) * magnitude(box.y[i]);
  return box.radius;
}

/// Roundings of the framework's order up to x r:  mean square and the addition of (rounded) eps, dot(d) + 2,
/// halved by the root; root, reciprocal, product.
inline double normalising_roundings(const RoundingModel& model, std::size_t d) {
  return (model.dot(d) + 2) / 2 + 3;
}

/// The framework's order (rms_norm); gain may be empty (its product rounds once).
inline std::vector<Upper> rms_norm_radius(const RoundingModel& model, Row<const double> x, Row<const Upper> e,
                                          Row<const double> gain, double epsilon) {
  const auto d = static_cast<double>(x.size());
  NormedBox box = rms_normed_box(in_balls(x), e, Ball(d) * Ball(epsilon));
  const Upper rounded = model.gamma(normalising_roundings(model, x.size()) + !gain.empty());
  for (std::size_t i = 0; i < x.size(); ++i) {
    box.radius[i] += rounded * magnitude(box.y[i]);
    if (!gain.empty() && box.radius[i] < Upper::no_statement()) box.radius[i] *= std::fabs(gain[i]);
  }
  return box.radius;
}

}  // namespace halfulp
