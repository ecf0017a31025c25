// How an operation's tolerance comes about: steps with their numbers, hypotheses, and the sums' factors.
#pragma once

#include <string>
#include <utility>

#include "halfulp/analysis/tolerance/setting.hpp"

namespace halfulp {

/// |s_hat - y| <= absolute + relative |y| for the result s_hat before it is stored, s_hat <= largest.
struct KernelError {
  Upper absolute, relative, largest;
};

class Derivation {
 public:
  Derivation(const Setting& setting, Certainty certainty);

  /// A factor within so many roundings of 1: gamma_count.
  Upper gamma(double count) const { return gamma_above(count, u_); }
  /// The same for a sum's additions (random in the probabilistic value) and `single` roundings beside them:
  /// gamma_{additions + single}; or (1 + gammatilde)(1 + gamma_single) - 1 if that is less.
  Upper gamma_of_sum(double additions, double single) const;
  /// |sqrt(1 + theta) ... - 1| where the additions stand under a root.
  Upper gamma_of_root_of_sum(double additions, double single) const;
  /// Roundings of additions that a term passes; aligned:B counts (B + 1) for each block, in units of 2^(1-t).
  double additions(std::size_t n) const;
  /// gamma of a sum of products, each `product` times rounded before.
  Upper gamma_of_dot(std::size_t n, double product, double single = 0) const;
  /// "gamma_k", or "gammatilde_k" in the probabilistic value.
  std::string gamma_name() const;
  double lambda() const { return lambda_; }

  Upper step(std::string name, std::string formula, std::string numbers, Upper value);
  void checked(std::string text);
  void assume(std::string text);
  void fail(std::string text);
  /// No overflow:  value <= the format's largest number; else fails, unless the request excludes it.
  void fits(const std::string& what, const std::string& formula, Upper value, const Precision& format,
            const char* role = "accumulator");
  void rests_on(std::string statement) { statements_.push_back(std::move(statement)); }

  const std::vector<ToleranceStep>& steps() const { return steps_; }
  const std::vector<ToleranceHypothesis>& hypotheses() const { return hypotheses_; }
  const std::vector<std::string>& statements() const { return statements_; }
  bool has_failed() const { return failed_; }

 private:
  const Setting& setting_;
  bool random_;
  double u_, lambda_ = 0;
  RoundingModel model_;
  std::vector<ToleranceStep> steps_;
  std::vector<ToleranceHypothesis> hypotheses_;
  std::vector<std::string> statements_;
  bool failed_ = false;
};

/// The kernel's error, operation by operation; each says its hypotheses.
KernelError dot_error(const Setting& s, Derivation& d);
KernelError softmax_error_of_kernel(const Setting& s, Derivation& d);
KernelError rms_norm_error_of_kernel(const Setting& s, Derivation& d);
KernelError layer_norm_error_of_kernel(const Setting& s, Derivation& d);
KernelError attention_error_of_kernel(const Setting& s, Derivation& d);
KernelError swiglu_error(const Setting& s, Derivation& d);
KernelError rope_error(const Setting& s, Derivation& d);
KernelError error_of_kernel(const Setting& s, Derivation& d);

/// After storing in a format:  (1 + u) e + u |y| + eta; nothing where it holds all numbers of the other.
KernelError stored(const KernelError& error, const Precision& format, const Precision& from);

/// What a quotient within U ulps loses where it underflows: U subnormal steps, 2 U eta.
inline Upper quotient_eta(const Setting& s) {
  return Upper(s.acc.eta) * (2 * s.div_ulp > 1 ? 2 * s.div_ulp : 1);
}

/// Four significant digits; whole numbers in full.
std::string in_digits(double x);
inline std::string in_digits(Upper x) { return in_digits(x.value()); }

}  // namespace halfulp
