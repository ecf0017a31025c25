#include "halfulp/analysis/tolerance/derivation.hpp"

#include <fmt/format.h>

#include <cmath>

namespace halfulp {
namespace {

/// Every order but pairwise and blocked has a term pass n - 1 additions at most, as recursive summation does.
Summation summation_of(const Setting& s) {
  if (s.order == Accumulate::pairwise) return {Order::pairwise, 0, false};
  if (s.order == Accumulate::blocked) return {Order::blocked, s.block, false};
  return {Order::recursive, 0, false};
}

}  // namespace

Derivation::Derivation(const Setting& setting, Certainty certainty)
    : setting_(setting),
      random_(certainty == Certainty::probabilistic),
      u_(setting.acc.u),
      model_{setting.acc.u, summation_of(setting)} {
  if (!setting.acc.rule.format.holds(setting.in.rule.format))
    fail("every number of " + name_of(setting.in.rule) + " (inputs) is one of " + name_of(setting.acc.rule) +
         " (accumulator)");
  if (!random_) return;
  const double kernels = setting.against == Reference::kernel ? 2 : 1;
  const double paths = setting.paths() * kernels;
  lambda_ = std::sqrt(2 * log(2 * paths / setting.probability)) / (1 - u_) * (1 + 0x1p-40);
  step("lambda", "sqrt(2 ln(2 T / p)) / (1 - u), T terms of sums in one comparison",
       fmt::format("sqrt(2 ln(2 x {} / {:g})) / (1 - u)", in_digits(paths), setting.probability), lambda_);
}

Upper Derivation::gamma_of_sum(double additions, double single) const {
  const Upper worst = gamma_above(additions + single, u_);
  if (!random_) return worst;
  const Upper sum = gamma_probabilistic(additions, u_, lambda_), other = gamma_above(single, u_);
  return min(worst, sum + other + sum * other);
}

Upper Derivation::gamma_of_root_of_sum(double additions, double single) const {
  const Upper worst = gamma_above(additions / 2 + single, u_);
  if (!random_) return worst;
  // |sqrt(1 + theta)^+-1 - 1| <= (g/2) / (1 - g) for |theta| <= g.
  const Upper sum = gamma_probabilistic(additions, u_, lambda_), other = gamma_above(single, u_);
  if (!(sum.value() < 1)) return worst;
  const Upper root = sum / 2 / next_below(1 - sum.value());
  return min(worst, root + other + root * other);
}

double Derivation::additions(std::size_t n) const { return model_.additions(n); }

Upper Derivation::gamma_of_dot(std::size_t n, double product, double single) const {
  if (setting_.order != Accumulate::aligned) return gamma_of_sum(additions(n) + product, single);
  // One block: b addends cut by 2^(1-t) times the largest, and the sum by as much: (1 + b u')(1 + u') <= (1 +
  // u')^(b+1).
  const auto b = static_cast<double>(setting_.block);
  const double count = std::ceil(static_cast<double>(n) / b) * (b + 1) + product;
  const Upper sum = gamma_above(count, 2 * setting_.acc.rule.format.unit_roundoff());
  const Upper other = gamma_above(single, u_);
  return sum + other + sum * other;
}

std::string Derivation::gamma_name() const { return random_ ? "gammatilde" : "gamma"; }

Upper Derivation::step(std::string name, std::string formula, std::string numbers, Upper value) {
  steps_.push_back({std::move(name), std::move(formula), std::move(numbers), value.value()});
  return value;
}

void Derivation::checked(std::string text) {
  hypotheses_.push_back({ToleranceHypothesis::Standing::checked, std::move(text)});
}
void Derivation::assume(std::string text) {
  hypotheses_.push_back({ToleranceHypothesis::Standing::assumed, std::move(text)});
}
void Derivation::fail(std::string text) {
  hypotheses_.push_back({ToleranceHypothesis::Standing::failed, std::move(text)});
  failed_ = true;
}

void Derivation::fits(const std::string& what, const std::string& formula, Upper value,
                      const Precision& format, const char* role) {
  if (format.rule.format.is_unbounded()) return;
  const bool fits = value.value() <= format.largest;
  const std::string text =
      fmt::format("no overflow of {}: {} = {} {} {} ({}, {})", what, formula, in_digits(value),
                  fits ? "<=" : ">", in_digits(format.largest), name_of(format.rule), role);
  if (fits)
    checked(text);
  else if (setting_.finite)
    assume(text + "; excluded by --finite");
  else
    fail(text + "; --finite, if the test knows that there is none");
}

KernelError stored(const KernelError& error, const Precision& format, const Precision& from) {
  if (format.rule.format.holds(from.rule.format)) return error;
  const Upper u = format.u, one = Upper(1) + u;
  return {one * error.absolute + format.eta, error.relative + u + u * error.relative, one * error.largest};
}

KernelError error_of_kernel(const Setting& s, Derivation& d) {
  switch (s.op) {
    case Operation::dot:
    case Operation::gemm:
      return dot_error(s, d);
    case Operation::softmax:
      return softmax_error_of_kernel(s, d);
    case Operation::rmsnorm:
      return rms_norm_error_of_kernel(s, d);
    case Operation::layernorm:
      return layer_norm_error_of_kernel(s, d);
    case Operation::sdpa:
      return attention_error_of_kernel(s, d);
    case Operation::swiglu:
      return swiglu_error(s, d);
    case Operation::rope:
      break;
  }
  return rope_error(s, d);
}

std::string in_digits(double x) {
  if (std::isinf(x)) return "inf";
  if (x == std::floor(x) && std::fabs(x) < 1e15) return fmt::format("{:.0f}", x);
  return fmt::format("{:.4g}", x);
}

}  // namespace halfulp
