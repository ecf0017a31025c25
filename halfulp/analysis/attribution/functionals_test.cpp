#include "halfulp/analysis/attribution/functionals.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/analysis/output_metrics.hpp"
#include "halfulp/layers/room_laws_testing.hpp"

namespace halfulp {
namespace {

using testing::Draws;

constexpr std::size_t vocabulary = 11, n = 5;

/// All gradients, asked for some tokens at a time: [vocabulary, n P].
Matrix<double> gradients(const Functionals& f, const Matrix<double>& z) {
  Matrix<double> all(vocabulary, n * f.count);
  for (const auto& [first, count] : {std::pair<std::size_t, std::size_t>{0, 2}, {2, 3}})
    f.gradient(first, z.view().columns_part(first, count),
               all.view().columns_part(first * f.count, count * f.count));
  return all;
}

double product(const Matrix<double>& gradient, const Matrix<double>& dz, std::size_t p, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < vocabulary; ++i)
    for (std::size_t t = 0; t < n; ++t) sum += gradient(i, t * count + p) * dz(i, t);
  return sum;
}

/// The mean over `count` probes of (c . dz)^2.
double mean_square(const Functionals& f, const Matrix<double>& z, const Matrix<double>& dz) {
  const Matrix<double> c = gradients(f, z);
  double sum = 0;
  for (std::size_t p = 0; p < f.count; ++p) sum += product(c, dz, p, f.count) * product(c, dz, p, f.count);
  return sum / static_cast<double>(f.count);
}

struct Example {
  Draws draws{21};
  Matrix<double> z = draws.matrix(vocabulary, n, 2), dz = draws.matrix(vocabulary, n, 1e-4);
  std::vector<std::uint32_t> tokens = {3, 1, 10, 0, 7};
  Matrix<double> moved() const {
    Matrix<double> sum = z;
    for (std::size_t i = 0; i < sum.values().size(); ++i) sum.values()[i] += dz.values()[i];
    return sum;
  }
};

TEST(Functionals, ProbesOfLogitsHaveTheirSquareAsMean) {
  const Example e;
  double squares = 0;
  for (const double x : e.dz.values()) squares += x * x;
  // standard deviation of the mean of 4096: sqrt(2/4096) at most
  EXPECT_NEAR(mean_square(logit_probes(4096, 1), e.z, e.dz) / squares, 1, 0.11);
}

TEST(Functionals, ProbesOfTheDivergenceHaveTwiceItsSumAsMean) {
  const Example e;
  const OutputMetrics metrics = output_metrics(e.z, e.moved(), e.tokens);
  const double twice = 2 * n * metrics.kld.mean;
  EXPECT_NEAR(mean_square(divergence_probes(4096, 1), e.z, e.dz) / twice, 1, 0.11);
}

TEST(Functionals, TheLossHasItsGradient) {
  const Example e;
  const OutputMetrics metrics = output_metrics(e.z, e.moved(), e.tokens);
  const double change = *metrics.cross_entropy.recipe - *metrics.cross_entropy.reference;
  EXPECT_NEAR(product(gradients(loss_functional(e.tokens), e.z), e.dz, 0, 1), change,
              1e-4 * std::fabs(change));
}

TEST(Functionals, MarginsAreOfTheLargestLogitsAndTheLowestIndexAmongEquals) {
  Example e;
  e.z(4, 2) = e.z(9, 2) = 50;
  const std::vector<Margin> margins = top_margins(e.z);
  EXPECT_EQ(margins[2].first, 4u);
  EXPECT_EQ(margins[2].second, 9u);
  EXPECT_EQ(margins[2].value, 0);
  const Functionals each = margin_functionals(margins), mixed = margin_probes(margins, 4096, 2);
  const Matrix<double> c = gradients(each, e.z);
  double squares = 0;
  for (std::size_t t = 0; t < n; ++t) {
    const double change = product(c, e.dz, t, n);
    EXPECT_EQ(change, e.dz(margins[t].first, t) - e.dz(margins[t].second, t));
    squares += change * change;
  }
  EXPECT_NEAR(mean_square(mixed, e.z, e.dz) / squares, 1, 0.11);
}

TEST(Functionals, JoinedStandSideBySide) {
  const Example e;
  const Functionals a = logit_probes(3, 1), b = loss_functional(e.tokens);
  const Matrix<double> both = gradients(joined({a, b}), e.z), first = gradients(a, e.z),
                       second = gradients(b, e.z);
  for (std::size_t i = 0; i < vocabulary; ++i)
    for (std::size_t t = 0; t < n; ++t) {
      for (std::size_t p = 0; p < 3; ++p) EXPECT_EQ(both(i, t * 4 + p), first(i, t * 3 + p));
      EXPECT_EQ(both(i, t * 4 + 3), second(i, t));
    }
}

}  // namespace
}  // namespace halfulp
