// Figures whose errors are known, for the tests of what is told of them.
#pragma once

#include <cmath>
#include <vector>

#include "halfulp/report/figure_document.hpp"

namespace halfulp {

using Json = nlohmann::ordered_json;

/// The errors of 64 trials by hand: at the point with abscissa x of arithmetic a, trial t has
/// (a + 1) e(x) (1 + t mod 4), twice that normwise.
template <class E>
Outcome outcome_of(const Figure& figure, E e) {
  constexpr std::size_t trials = 64;
  const std::size_t cells = figure.plan.cells();
  std::vector<double> errors(trials * cells);
  for (std::size_t t = 0; t < trials; ++t)
    for (const Series& series : figure.series)
      for (const Point& point : series.points)
        for (std::size_t a = 0; a < figure.plan.arithmetics.size(); ++a) {
          const double error = static_cast<double>((a + 1) * (1 + t % 4)) * e(point.x);
          errors[t * cells + figure.plan.cell_of(point.setup, a, point.layer, Measure::componentwise)] =
              error;
          errors[t * cells + figure.plan.cell_of(point.setup, a, point.layer, Measure::normwise)] = 2 * error;
        }
  Outcome outcome(figure.plan);
  outcome.add({0, trials}, errors.data());
  return outcome;
}

inline FigureOptions small() {
  FigureOptions options;
  options.d = options.n = options.inner = 4;
  options.layers = {6};
  options.arithmetics = {"bin11", "bin8"};
  return options;
}

inline Json figure_1() {
  const Figure f = figure(1, small());
  return figure_document(f, small(),
                         outcome_of(f, [](double x) { return std::ldexp(1e-3, static_cast<int>(x)); }), 1.5,
                         "halfulp figure 1");
}

/// Errors lambda^2.
inline Json figure_2() {
  FigureOptions options = small();
  options.layers = {2, 3};
  options.lambda = {4, 1, 2};
  const Figure f = figure(2, options);
  return figure_document(f, options, outcome_of(f, [](double x) { return 1e-3 * x * x; }), 1, "");
}

/// Figure 1 whose means are all carried by one trial.
inline Json figure_1_of_one_trial() {
  const Figure f = figure(1, small());
  const std::size_t cells = f.plan.cells();
  std::vector<double> errors(64 * cells, 1e-3);
  for (std::size_t c = 0; c < cells; ++c) errors[5 * cells + c] = 1e3;
  Outcome outcome(f.plan);
  outcome.add({0, 64}, errors.data());
  return figure_document(f, small(), outcome, 1, "");
}

}  // namespace halfulp
