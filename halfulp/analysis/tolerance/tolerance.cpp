// From the kernel's error and the reference's to atol and rtol:  |y - x| <= A + R |x|, |b - x| <= A_b + R_b
// |x| for the exact x, so |x| <= (|b| + A_b) / (1 - R_b) and
//
//   |y - b| <= A + A_b (1 + R) / (1 - R_b)  +  (R + R_b) / (1 - R_b) |b|
#include "halfulp/analysis/tolerance/tolerance.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "halfulp/analysis/tolerance/derivation.hpp"

namespace halfulp {

namespace detail {
const char* const no_statement = "no statement: the hypotheses of the tolerance fail";

std::string complaint_about(std::size_t entry, double y, double b, double allowed, std::size_t failures,
                            std::size_t count) {
  return fmt::format(
      "entry {} is {:.9g}, the reference {:.9g}: off by {:.3g}, allowed {:.3g} ({} of {} fail)", entry, y, b,
      std::fabs(y - b), allowed, failures, count);
}
}  // namespace detail

bool ToleranceValue::is_statement() const { return std::isfinite(atol) && std::isfinite(rtol); }

bool ToleranceValue::holds(double y, double b) const {
  return is_statement() && std::fabs(y - b) <= atol + rtol * std::fabs(b);
}

namespace {

/// What the reference errs by; nothing where it is exact.
KernelError error_of_reference(const Setting& s, const KernelError& kernel) {
  if (s.against == Reference::exact) return {};
  if (s.against == Reference::kernel) return kernel;
  const Setting wide = s.in_binary64();
  Derivation unseen(wide, Certainty::worst);
  const KernelError error = error_of_kernel(wide, unseen);
  return s.against == Reference::rounded ? stored(error, s.out, wide.acc) : error;
}

ToleranceValue no_value(const Derivation& d) {
  constexpr double none = std::numeric_limits<double>::infinity();
  return {none, none, d.steps(), false};
}

ToleranceValue value_of(const Setting& s, Derivation& d, const KernelError& before) {
  if (d.has_failed()) return no_value(d);
  d.fits("the result", "|y| + A", before.largest, s.out, "result");
  const KernelError kernel = stored(before, s.out, s.acc);
  const KernelError reference = error_of_reference(s, kernel);
  if (!(reference.relative.value() < 1))
    d.fail(fmt::format("the reference keeps a digit: R_b = {} < 1", in_digits(reference.relative)));
  if (d.has_failed()) return no_value(d);
  const bool is_exact = s.against == Reference::exact;
  const double rest = is_exact ? 1 : next_below(1 - reference.relative.value());
  const bool is_stored = !s.out.rule.format.holds(s.acc.rule.format);
  std::string atol = is_stored ? "(1 + u_out) A + eta_out" : "A",
              rtol = is_stored ? "(1 + u_out)(1 + R) - 1" : "R";
  std::string numbers = is_stored ? fmt::format("u_out = {:.4g}, eta_out = {:.4g}", s.out.u, s.out.eta) : "";
  if (!is_exact) {
    atol += is_stored ? " + A_b (1 + u_out)(1 + R) / (1 - R_b)" : " + A_b (1 + R) / (1 - R_b)";
    rtol = "(" + rtol + " + R_b) / (1 - R_b)";
    numbers += fmt::format("{}A_b = {}, R_b = {}", numbers.empty() ? "" : ", ", in_digits(reference.absolute),
                           in_digits(reference.relative));
  }
  const Upper absolute = d.step("atol", atol, numbers,
                                kernel.absolute + reference.absolute * (Upper(1) + kernel.relative) / rest);
  const Upper relative =
      d.step("rtol", rtol, "", is_exact ? kernel.relative : (kernel.relative + reference.relative) / rest);
  if (!(absolute < Upper::no_statement()) || !(relative < Upper::no_statement())) return no_value(d);
  // largest = |y| (1 + R) + A bounds |y| from above.
  const double exact = (before.largest.value() - before.absolute.value()) / (1 + before.relative.value());
  return {absolute.value(), relative.value(), d.steps(), absolute.value() >= exact};
}

}  // namespace

Tolerance tolerance_of(const ToleranceRequest& wanted) {
  Tolerance result{checked(wanted), 1, {}, {}, {}, {}, {}};
  const Setting s(result.request);
  result.entries = s.entries();

  Derivation worst(s, Certainty::worst);
  result.worst = value_of(s, worst, error_of_kernel(s, worst));
  worst.assume("every input is a number of " + name_of(s.in.rule) + " and at most as large as --absmax says");
  worst.assume(
      fmt::format("every operation not named above is the exact one rounded once to {}, with gradual "
                  "underflow",
                  name_of(s.acc.rule)));
  if (s.against == Reference::binary64 || s.against == Reference::rounded)
    worst.assume("the reference is computed in binary64 from the same inputs");
  result.hypotheses = worst.hypotheses();
  result.statements = worst.statements();

  Derivation random(s, Certainty::probabilistic);
  result.probabilistic = value_of(s, random, error_of_kernel(s, random));
  using Standing = ToleranceHypothesis::Standing;
  if (!s.acc.is_unbiased() || s.order == Accumulate::aligned) {
    result.model.push_back(
        {Standing::failed, "roundings of sums have mean 0: those of " + name_of(s.acc.rule) +
                               (s.order == Accumulate::aligned ? ", truncated," : "") + " are biased"});
    result.probabilistic = no_value(random);
  } else {
    const bool is_theorem = s.acc.rule.mode == Rounding::stochastic;
    result.model.push_back(
        {is_theorem ? Standing::checked : Standing::assumed,
         std::string("roundings of sums are mean-independent with mean 0 (stochastic rounding has this; of "
                     "rounding to nearest it is a model)")});
  }
  if (result.probabilistic.is_statement() && result.worst.is_statement()) {
    result.probabilistic.atol = std::fmin(result.probabilistic.atol, result.worst.atol);
    result.probabilistic.rtol = std::fmin(result.probabilistic.rtol, result.worst.rtol);
  }
  result.statements.push_back(
      "probabilistic gamma: Higham and Mary 2019, Theorem 2.4; Connolly, Higham and Mary 2021");
  return result;
}

}  // namespace halfulp
