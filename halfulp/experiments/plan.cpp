#include "halfulp/experiments/plan.hpp"

#include <fmt/format.h>

#include <cmath>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"

namespace halfulp {
namespace {

std::string text_of(const Setup& s) {
  return fmt::format(
      "{} d={} n={} D={} layers={} heads={} norm={} blocks={} deviations={:a},{:a} diagonal={:a},{:a} "
      "lambda={:a} input={:a},{:a},{:a} granularity={} weights={}",
      s.attention_only ? "attention" : "transformer", s.d, s.n, s.inner, s.layers, s.heads, name_of(s.norm),
      name_of(s.blocks), s.attention_deviation, s.perceptron_deviation, s.diagonal_low, s.diagonal_high,
      s.lambda, s.input_mean, s.input_deviation, s.input_scale, name_of(s.granularity),
      s.rounded_weights ? "rounded" : "exact");
}

std::string text_of(const Arithmetics& a) {
  std::string text = a.name;
  for (const Site s : a.promoted) text += fmt::format("+{}", name_of(s));
  if (!a.promoted.empty()) text += "=" + name_of(a.promotion);
  return text;
}

void size(const char* option, std::size_t value) {
  if (value < 1 || value > 4096)
    throw usage_error(fmt::format("{} {}: a whole number from 1 to 4096", option, value));
}
void positive(const char* option, double value) {
  if (!(value > 0 && value <= 1e6))
    throw usage_error(fmt::format("{} {}: a number above 0, up to 1e6", option, value));
}

}  // namespace

std::size_t Plan::cells() const { return cell_of(setups.size(), 0, 0, Measure::componentwise); }

std::size_t Plan::cell_of(std::size_t setup, std::size_t arithmetic, std::size_t layer,
                          Measure measure) const {
  std::size_t before = 0;
  for (std::size_t s = 0; s < setup; ++s) before += arithmetics.size() * setups[s].layers * measure_count;
  return before + (setup == setups.size() ? 0 : cell(setups[setup].layers, arithmetic, layer, measure));
}

std::string text_of(const Plan& plan) {
  std::string text = fmt::format("seed {}", plan.seed);
  for (const Arithmetics& a : plan.arithmetics) text += "; " + text_of(a);
  for (const Setup& s : plan.setups) text += "; " + text_of(s);
  return text;
}

void check(const Plan& plan, double bytes) {
  double largest = 0;
  for (const Setup& s : plan.setups) {
    size("--d", s.d);
    size("--n", s.n);
    size("--D", s.inner);
    size("--layers", s.layers);
    size("--heads", s.heads);
    if (s.d % s.heads != 0)
      throw usage_error(fmt::format("--heads {}: does not divide d = {}", s.heads, s.d));
    positive("--lambda", s.lambda);
    positive("--diag", s.diagonal_low);
    positive("--diag", s.diagonal_high);
    positive("the weights' deviation", s.attention_deviation);
    positive("the weights' deviation", s.perceptron_deviation);
    positive("--input-deviation", s.input_deviation);
    positive("the input's scale", s.input_scale);
    if (s.diagonal_low > s.diagonal_high)
      throw usage_error(
          fmt::format("--diag {},{}: the smaller factor first", s.diagonal_low, s.diagonal_high));
    const auto d = static_cast<double>(s.d), n = static_cast<double>(s.n), D = static_cast<double>(s.inner);
    const double weights = 3 * d * d + 2 * d * D, activations = 12 * d * n + 2 * n * n + D * n;
    const double runs = static_cast<double>(plan.arithmetics.size()) + 1;
    largest = std::max(largest, 8.0 * trials_at_once * (2 * weights + runs * activations));
  }
  const double needed = largest * static_cast<double>(threads()) + 2e4 * static_cast<double>(plan.cells());
  if (needed > bytes)
    throw resource_error(
        fmt::format("these trials need about {:.1f} GB, there are {:.1f} GB: smaller sizes, "
                    "fewer layers or fewer threads (-t)",
                    needed / 1e9, bytes / 1e9));
}

}  // namespace halfulp
