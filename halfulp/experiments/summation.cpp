#include "halfulp/experiments/summation.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "halfulp/arith/double_double.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/experiments/nearest.hpp"
#include "halfulp/experiments/numbers.hpp"
#include "halfulp/layers/linear/rounding.hpp"
#include "halfulp/linalg/sum.hpp"

namespace halfulp {
namespace {

enum class Way { recursive, pairwise, blocks_of_32, blocks_of_root, compensated };
struct NamedWay {
  Way way;
  const char* name;
};
constexpr NamedWay ways[] = {{Way::recursive, "recursive"},
                             {Way::pairwise, "pairwise"},
                             {Way::blocks_of_32, "blocks of 32"},
                             {Way::blocks_of_root, "blocks of sqrt(n)"},
                             {Way::compensated, "compensated"}};
constexpr const char* inputs[] = {"uniform(0,1)", "normal(0,1)"};

/// n = 2^power; the root of an odd power is rounded up to a power of two.
Summation order_of(Way way, int power) {
  switch (way) {
    case Way::pairwise:
      return {Order::pairwise};
    case Way::blocks_of_32:
      return {Order::blocked, 32};
    case Way::blocks_of_root:
      return {Order::blocked, std::size_t{1} << (power + 1) / 2};
    default:
      return {};
  }
}

struct Bounds {
  double deterministic, probabilistic;
};

Bounds bounds_of(Way way, int power, double u) {
  const std::size_t n = std::size_t{1} << power;
  if (way == Way::compensated)
    return {compensated_constant(n, u).value(), std::numeric_limits<double>::quiet_NaN()};
  const RoundingModel model{u, order_of(way, power)};
  const double k = model.additions(n), lambda = std::sqrt(2 * log(200.0 * static_cast<double>(n))) / (1 - u);
  return {model.gamma(k).value(), gamma_probabilistic(k, u, lambda).value()};
}

double computed(const RoundingRule& rule, Way way, int power, Row<const double> x) {
  Simulated ar({rule, rule, rule}, order_of(way, power));
  const double s = way == Way::compensated ? compensated_sum(ar, x) : sum(ar, x);
  return ar.events().overflow + ar.events().nan == 0 ? s : std::numeric_limits<double>::quiet_NaN();
}

/// All sums of one sequence, the first 2, 4, ... numbers of it.
void read_sums(const RoundingRule& rule, int powers, std::vector<double> x, std::span<Reading> readings) {
  Simulated data(rule);
  for (double& entry : x) entry = data.load(entry);
  std::vector<DoubleDouble> exact;
  std::vector<double> sizes;
  DoubleDouble sum_so_far, size;  // of 2^22 numbers: relative to the size, good to 2^-80
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum_so_far = sum_so_far + DoubleDouble{x[i]};
    size = size + DoubleDouble{std::fabs(x[i])};
    if (i > 0 && std::has_single_bit(i + 1)) {
      exact.push_back(sum_so_far);
      sizes.push_back(size.hi);
    }
  }
  const double u = model_roundoff(rule);
  std::size_t place = 0;
  for (const NamedWay& way : ways) {
    for (int power = 1; power <= powers; ++power) {
      const std::size_t p = static_cast<std::size_t>(power) - 1, n = std::size_t{1} << power;
      const double s = computed(rule, way.way, power, Row<const double>(x).part(0, n));
      const double error = std::fabs((DoubleDouble{s} - exact[p]).hi);
      const Bounds bounds = s == s ? bounds_of(way.way, power, u) : Bounds{HUGE_VAL, HUGE_VAL};
      readings[place++] = {static_cast<double>(n),
                           error == 0 ? 0.0 : error / sizes[p],
                           {bounds.deterministic, bounds.probabilistic}};
    }
  }
}

}  // namespace

CurveExperiment summation(const SummationOptions& options) {
  const int powers = options.largest_power;
  if (powers < 1 || powers > 22)
    throw usage_error(fmt::format("--n 2^{}: sums of 2 to 4194304 = 2^22 numbers", powers));
  const std::vector<RoundingRule> rules = rules_to_nearest(options.arithmetics);
  CurveExperiment experiment;
  BoundedCurves& blank = experiment.blank;
  blank.name = "summation";
  blank.title = "Error of sums against their length";
  blank.x_label = "n";
  blank.y_label = "error relative to the sum of magnitudes";
  blank.seed = options.seed;
  blank.bounds = {{"deterministic", true}, {"probabilistic, 99 %", false}};
  for (std::size_t r = 0; r < rules.size(); ++r) {
    for (const char* input : inputs) {
      for (const NamedWay& way : ways) {
        BoundedCurve curve{options.arithmetics[r], way.name, input, rules[r].format.unit_roundoff(), {}, {}};
        for (int power = 1; power <= powers; ++power) curve.labels.push_back(fmt::format("2^{}", power));
        curve.points.resize(static_cast<std::size_t>(powers));
        blank.curves.push_back(std::move(curve));
      }
    }
  }
  experiment.trial = [rules, powers, seed = options.seed](std::uint64_t trial, std::span<Reading> readings) {
    const std::size_t n = std::size_t{1} << powers;
    const std::vector<double> numbers[] = {uniform_numbers({seed, 2 * trial}, n),
                                           normal_numbers({seed, 2 * trial + 1}, n)};
    const std::size_t each = std::size(ways) * static_cast<std::size_t>(powers);
    for (const RoundingRule& rule : rules) {
      for (const std::vector<double>& x : numbers) {
        read_sums(rule, powers, x, readings.first(each));
        readings = readings.subspan(each);
      }
    }
  };
  return experiment;
}

}  // namespace halfulp
