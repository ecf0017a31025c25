// The tolerance of a kernel's test, from the theorems:  |y - b| <= atol + rtol |b|  for every entry, where y
// is what the kernel stored and b the reference.  A correct kernel never exceeds the worst-case value, and
// the probabilistic one with the stated probability only; a wrong kernel should.
//
//   halfulp::ToleranceRequest request{.op = halfulp::Operation::gemm, .k = 4096, .absmax = {4, 0.1}};
//   const auto tolerance = halfulp::tolerance_of(request).worst;
//   EXPECT_EQ(halfulp::complaint(tolerance, y.data(), reference.data(), y.size()), "");
//
// Compare in binary64: a difference taken in bfloat16 is rounded.  This header needs the standard library and
// base/view.hpp only; it may be included in device code's host part (C++20).  docs/tolerance.md explains.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/base/view.hpp"

namespace halfulp {

/// dot         y = sum_k a_k b_k
/// gemm        Y = A B,  A [m, k], B [k, n]
/// softmax     rows [m] of n scores:  exp(s_i - max s) / sum
/// rmsnorm     tokens [n] of d numbers:  g_i x_i / sqrt(mean x^2 + eps)
/// layernorm   the same of x - mean(x), plus a bias
/// sdpa        softmax(q^T K / sqrt(d)) V for m queries, n keys, heads of width d
/// swiglu      [n, d] entries  silu(a) b = a b / (1 + exp(-a))
/// rope        [n, d] entries  x_i cos - x_j sin,  x_j cos + x_i sin
enum class Operation { dot, gemm, softmax, rmsnorm, layernorm, sdpa, swiglu, rope };

/// What y is compared with.
enum class Reference {
  exact,     // the real number
  binary64,  // evaluated in binary64 of the same inputs, in any order
  rounded,   // that, rounded once to the format of the result
  kernel,    // another correct kernel of the same formats
};

/// What is to be compared.  Formats are those of rounding_rule(): "bf16", "fp32:toward-zero", "e4m3fn".  What
/// an operation does not use must stay empty.
struct ToleranceRequest {
  Operation op = Operation::gemm;
  std::optional<std::size_t> k{}, m{}, n{}, d{};  // as Operation says; m, n (d of swiglu, rope): 1
  std::string in = "bf16", acc = "fp32", out = "bf16";
  /// Where results between are stored: scores and weights of sdpa (else the accumulator's format, and `in`
  /// for the weights), the normalised token before its gain, silu(a), products of rope.
  std::string inner{};
  /// any | recursive | pairwise | blocked:B; dot, gemm: aligned:B (tensor cores that align and truncate B
  /// products and the sum); softmax, sdpa: flash:B (online, blocks of B keys; any: B = 1).
  std::string order{};
  /// Largest magnitudes of the inputs, in the order of the operation: (a, b), (x, gain, bias), (q, K, V), (a,
  /// b).  The last one stands for those that are missing.
  std::vector<double> absmax{1};
  double probability = 1e-6;  // that a correct kernel exceeds the probabilistic value, in one comparison
  Reference against = Reference::binary64;
  /// Overflow is no case: the test knows that all results are finite and none was saturated.
  bool finite = false;
  /// Errors of exp, 1/sqrt, division, sin and cos in ulps; at least 1/2, default 2.
  std::optional<double> exp_ulp{}, rsqrt_ulp{}, div_ulp{}, sincos_ulp{};
  std::optional<bool> natural_exp{};  // exp itself; default: exp2 of arguments multiplied by log2(e)
  std::optional<double> eps{};        // of the norms; 1e-6, 1e-5
  std::optional<double> deviation{};  // no token's standard deviation is smaller; 0
  std::optional<double> position{};   // largest one, where the kernel computes cos and sin
};

/// name = formula = numbers = value.
struct ToleranceStep {
  std::string name, formula, numbers;
  double value = 0;
};

/// What the values rest on.  checked: true for the request; assumed: the user must know; failed: the request
/// violates it, and there is no statement.
struct ToleranceHypothesis {
  enum class Standing { checked, assumed, failed } standing;
  std::string text;
};

/// inf: no statement.
struct ToleranceValue {
  double atol = 0, rtol = 0;
  std::vector<ToleranceStep> steps{};
  bool vacuous = false;  // atol is no less than any result's magnitude: zeros in place of results would pass

  bool is_statement() const;
  /// |y - b| <= atol + rtol |b|; false for NaN and where there is no statement.
  bool holds(double y, double b) const;
};

struct Tolerance {
  ToleranceRequest request;  // with all defaults filled in
  double entries = 1;        // compared at once: the probability covers all of them
  ToleranceValue worst, probabilistic;
  std::vector<ToleranceHypothesis> hypotheses, model;  // of both; of the probabilistic value alone
  std::vector<std::string> statements;
};

/// Throws usage_error (a std::runtime_error) for what the operation does not use, lacks or cannot mean.
Tolerance tolerance_of(const ToleranceRequest& request);

/// atol by entry, from the data: far sharper than what the largest magnitudes allow.
struct DataTolerance {
  Matrix<double> atol;
  double rtol = 0;
};
enum class Certainty { worst, probabilistic };

/// gemm or dot of A [m, k] and B [k, n]:  atol_ij = gamma_c (|A| |B|)_ij + ...; request.absmax is not used,
/// k, m and n come from the data.
DataTolerance gemm_tolerance(ToleranceRequest request, MatrixView<const double> a, MatrixView<const double> b,
                             Certainty certainty = Certainty::worst);

/// layernorm of the columns of X [d, n], with their own means and deviations; gain, bias [d] or empty.
DataTolerance layer_norm_tolerance(ToleranceRequest request, MatrixView<const double> x,
                                   Row<const double> gain, Row<const double> bias,
                                   Certainty certainty = Certainty::worst);

/// sdpa of the queries Q [d, m] and all n keys K, values V [d, n]; result [d, m]. Costs m n d
/// operations.
DataTolerance attention_tolerance(ToleranceRequest request, MatrixView<const double> queries,
                                  MatrixView<const double> keys, MatrixView<const double> values,
                                  Certainty certainty = Certainty::worst);

std::string_view name_of(Operation op);
std::string_view name_of(Reference against);
/// Throw usage_error with the nearest legal names.
Operation operation_named(std::string_view name);
Reference reference_named(std::string_view name);

namespace detail {
std::string complaint_about(std::size_t entry, double y, double b, double allowed, std::size_t failures,
                            std::size_t count);
extern const char* const no_statement;

/// Device types of 16 and 8 bits convert to float only.
template <class T>
double in_binary64(const T& x) {
  if constexpr (std::convertible_to<T, double>)
    return static_cast<double>(x);
  else
    return static_cast<double>(static_cast<float>(x));
}
}  // namespace detail

/// Empty where all entries hold, else one line on the worst.  T, U: what converts to double or float.
template <class T, class U>
std::string complaint(const ToleranceValue& tolerance, const T* y, const U* b, std::size_t count) {
  if (!tolerance.is_statement()) return detail::no_statement;
  std::size_t failures = 0, worst = 0;
  double excess = -1;
  for (std::size_t i = 0; i < count; ++i) {
    const double yi = detail::in_binary64(y[i]), bi = detail::in_binary64(b[i]);
    if (tolerance.holds(yi, bi)) continue;
    const double size = bi < 0 ? -bi : bi, off = yi < bi ? bi - yi : yi - bi;
    const double over = off / (tolerance.atol + tolerance.rtol * size);
    if (failures++ == 0 || !(over <= excess)) excess = over, worst = i;
  }
  if (failures == 0) return {};
  const double b_worst = detail::in_binary64(b[worst]);
  const double allowed = tolerance.atol + tolerance.rtol * (b_worst < 0 ? -b_worst : b_worst);
  return detail::complaint_about(worst, detail::in_binary64(y[worst]), b_worst, allowed, failures, count);
}

/// The same with atol by entry; y and b [m, n] by rows.
template <class T, class U>
std::string complaint(const DataTolerance& tolerance, const T* y, const U* b) {
  const std::vector<double>& atol = tolerance.atol.values();
  for (std::size_t i = 0; i < atol.size(); ++i) {
    const double yi = detail::in_binary64(y[i]), bi = detail::in_binary64(b[i]);
    const ToleranceValue entry{atol[i], tolerance.rtol};
    if (!entry.is_statement()) return detail::no_statement;
    if (!entry.holds(yi, bi))
      return detail::complaint_about(i, yi, bi, atol[i] + tolerance.rtol * (bi < 0 ? -bi : bi), 1,
                                     atol.size());
  }
  return {};
}

}  // namespace halfulp
