// Entrywise error bounds of the rotary embedding of one head, with computed cos and sin.
//
//   inherited  y_i = x_i cos_i - x_{i+r/2} sin_i:  (|cos_i| + E_cos) e_i + |xhat_i| E_cos + the same with sin
//   local      gamma(2) (|xhat_i cos_i| + |xhat_{i+r/2} sin_i|): products and their sum
//
// and so the other half.  The rotation is orthogonal, but entrywise a bound may grow by sqrt(2).  Shapes: x,
// e [d_h], cos, sin and their errors [r/2].  Source: docs/theory.md, 2.
#pragma once

#include "halfulp/layers/radius.hpp"
#include "halfulp/layers/rope/rope.hpp"

namespace halfulp {

/// The computed table of one position and its distance from the exact one, measured in balls.  The errors of
/// the angle are absolute, and grow with the position.
struct RotaryTable {
  std::vector<double> cosine, sine;
  std::vector<Upper> e_cosine, e_sine;
};

template <class A>
RotaryTable rotary_table(A& ar, const Architecture& architecture, double position) {
  const std::size_t half = architecture.rotary_dims / 2;
  RotaryTable table{std::vector<double>(half), std::vector<double>(half), {}, {}};
  rope_table(ar, architecture, position, Row<double>(table.cosine), Row<double>(table.sine));
  BallArithmetic balls;
  std::vector<Ball> cosine(half), sine(half);
  rope_table(balls, architecture, position, Row<Ball>(cosine), Row<Ball>(sine));
  for (std::size_t i = 0; i < half; ++i) {
    table.e_cosine.push_back(magnitude(Ball(table.cosine[i]) - cosine[i]));
    table.e_sine.push_back(magnitude(Ball(table.sine[i]) - sine[i]));
  }
  return table;
}

inline std::vector<Upper> rope_radius(const RoundingModel& model, Row<const double> x, Row<const Upper> e,
                                      const RotaryTable& table) {
  const std::size_t half = table.cosine.size();
  const Upper rounded = model.gamma(2);
  // One product z c: its inherited and its local part.
  const auto part = [&](std::size_t i, double c, Upper e_c) {
    const Upper size = std::fabs(x[i]);
    return (Upper(std::fabs(c)) + e_c) * e[i] + size * e_c + rounded * size * std::fabs(c);
  };
  std::vector<Upper> radius(x.size());
  for (std::size_t i = 0; i < half; ++i) {
    const std::size_t j = i + half;
    radius[i] = part(i, table.cosine[i], table.e_cosine[i]) + part(j, table.sine[i], table.e_sine[i]);
    radius[j] = part(j, table.cosine[i], table.e_cosine[i]) + part(i, table.sine[i], table.e_sine[i]);
  }
  for (std::size_t i = 2 * half; i < x.size(); ++i) radius[i] = e[i];
  return radius;
}

}  // namespace halfulp
