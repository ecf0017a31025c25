// Entrywise error bounds of layer normalisation  N(x) = R(c(x)),  c(x) = x - mean(x),  R the RMS
// normalisation.
//
//   |c(xhat) - c(x)|_i <= (1 - 2/d) e_i + mean(e)                             (d >= 2; c = 0 for d = 1)
//   |chat - c(xhat)|_i <= u |c_i(xhat)| + (1 + u) gamma(additions(d) + 1) mean|xhat|
//
// so that the exact c(x) and the computed chat lie in two boxes around c(xhat), and R maps these into the
// boxes of rms_norm/radius.hpp: the error is at most the sum of both radii, and R's own roundings of chat.
// No ||c||_-inf: the error stays absolute.  "No statement" where the centred box contains zero and eps = 0.
// Shapes: x, e, g, b, y are [d].  Source: docs/theory.md, 4, 6.
#pragma once

#include "halfulp/layers/layer_norm/layer_norm.hpp"
#include "halfulp/layers/rms_norm/radius.hpp"

namespace halfulp {

/// |c(xhat) - c(x)|.
inline std::vector<Upper> centring_inherited(Row<const Upper> e) {
  const std::size_t d = e.size();
  std::vector<Upper> radius(d);
  if (d < 2) return radius;
  Upper sum;
  for (std::size_t i = 0; i < d; ++i) sum += e[i];
  const auto width = static_cast<double>(d);
  for (std::size_t i = 0; i < d; ++i) radius[i] = (Upper(width - 2) * e[i] + sum) / width;
  return radius;
}

/// |chat - c(xhat)|, c = c(xhat).
inline std::vector<Upper> centring_local(const RoundingModel& model, Row<const double> x, Row<const Ball> c) {
  Upper sum;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::fabs(x[i]);
  const Upper mean = sum / static_cast<double>(x.size());
  const Upper shift = (Upper(1) + model.u) * model.gamma(model.additions(x.size()) + 1) * mean;
  std::vector<Upper> radius;
  for (std::size_t i = 0; i < x.size(); ++i) radius.push_back(Upper(model.u) * magnitude(c[i]) + shift);
  return radius;
}

namespace detail {

/// roundings: of R, relative, beside those of the centring.
inline NormedBox layer_normed(const RoundingModel& model, Row<const double> x, Row<const Upper> e,
                              const Ball& added, double roundings) {
  BallArithmetic balls;
  const std::vector<Ball> at = in_balls(x);
  std::vector<Ball> c(x.size());
  centring(balls, Row<const Ball>(at), Row<Ball>(c));
  const std::vector<Upper> came_in = centring_inherited(e), made = centring_local(model, x, c);
  NormedBox box = rms_normed_box(c, came_in, added);
  const NormedBox computed = rms_normed_box(c, made, added);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Upper size = Upper(magnitude(box.y[i])) + computed.radius[i];
    box.radius[i] = box.radius[i] + computed.radius[i] + model.gamma(roundings) * size;
  }
  return box;
}

}  // namespace detail

/// The paper's order (layer_norm_of_paper).
inline std::vector<Upper> layer_norm_of_paper_radius(const RoundingModel& model, Row<const double> x,
                                                     Row<const Upper> e, RootOfD root = RootOfD::exact) {
  const double k = model.dot(x.size()) / 2 + 3 + (root == RootOfD::rounded);
  return detail::layer_normed(model, x, e, Ball(0.0), k).radius;
}

/// The framework's order (layer_norm); gain, bias may be empty.  Adding the bias rounds once: u times the
/// largest size of the sum.
inline std::vector<Upper> layer_norm_radius(const RoundingModel& model, Row<const double> x,
                                            Row<const Upper> e, Row<const double> gain,
                                            Row<const double> bias, double epsilon) {
  const auto d = static_cast<double>(x.size());
  const double k = normalising_roundings(model, x.size()) + !gain.empty();
  NormedBox box = detail::layer_normed(model, x, e, Ball(d) * Ball(epsilon), k);
  for (std::size_t i = 0; i < x.size() && !gain.empty(); ++i) {
    const double g = std::fabs(gain[i]);
    if (box.radius[i] < Upper::no_statement()) box.radius[i] *= g;  // a gain of 0 makes no number of a NaN
    if (bias.empty()) continue;
    const Upper size = Upper(g) * magnitude(box.y[i]) + box.radius[i] + std::fabs(bias[i]);
    box.radius[i] += Upper(model.u) * size;
  }
  return box.radius;
}

}  // namespace halfulp
