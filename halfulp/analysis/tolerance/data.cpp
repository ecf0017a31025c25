// Tolerances by entry, from the data: the sums of magnitudes as they are, not as the largest inputs allow.
#include <cmath>

#include "halfulp/analysis/tolerance/derivation.hpp"
#include "halfulp/analysis/tolerance/dot.hpp"
#include "halfulp/analysis/tolerance/norms.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

/// rtol is one for all entries; atol of each by the same rule.
class Entries {
 public:
  Entries(const Setting& s, Certainty certainty, std::size_t rows, std::size_t columns)
      : s_(s), d_(s, certainty), wide_(s.in_binary64()), reference_(wide_, Certainty::worst) {
    result_.atol = Matrix<double>(rows, columns);
    if (certainty == Certainty::probabilistic && (!s.acc.is_unbiased() || s.order == Accumulate::aligned))
      d_.fail("roundings of sums have mean 0");
  }
  Derivation& kernel() { return d_; }
  Derivation& reference() { return reference_; }
  const Setting& binary64() const { return wide_; }

  void put(std::size_t i, std::size_t j, const KernelError& before, const KernelError& of_reference) {
    const KernelError y = stored(before, s_.out, s_.acc);
    KernelError b;
    if (s_.against == Reference::kernel) b = y;
    if (s_.against == Reference::binary64) b = of_reference;
    if (s_.against == Reference::rounded) b = stored(of_reference, s_.out, wide_.acc);
    const bool fits = before.largest <= s_.acc.largest && y.largest <= s_.out.largest;
    const double rest = next_below(1 - b.relative.value());
    const Upper atol = y.absolute + b.absolute * (Upper(1) + y.relative) / rest;
    const Upper rtol = (y.relative + b.relative) / rest;
    const bool is_statement = !d_.has_failed() && (fits || s_.finite) && b.relative.value() < 1;
    result_.atol(i, j) = is_statement ? atol.value() : Upper::no_statement().value();
    result_.rtol = std::fmax(result_.rtol, is_statement ? rtol.value() : 0);
  }
  DataTolerance take() { return std::move(result_); }

 private:
  const Setting& s_;
  Derivation d_;
  Setting wide_;
  Derivation reference_;
  DataTolerance result_;
};

void check_shape(bool fits, const char* what) {
  if (!fits) throw shape_error(what);
}

}  // namespace

DataTolerance gemm_tolerance(ToleranceRequest request, MatrixView<const double> a, MatrixView<const double> b,
                             Certainty certainty) {
  check_shape(a.columns() == b.rows() && a.columns() > 0, "gemm_tolerance: A [m, k], B [k, n], k > 0");
  request.op = Operation::gemm;
  request.m = a.rows(), request.k = a.columns(), request.n = b.columns();
  const Setting s(checked(request));
  Entries entries(s, certainty, a.rows(), b.columns());
  const DotError kernel = dot_factor(s, entries.kernel());
  const DotError reference = dot_factor(entries.binary64(), entries.reference());
  // Products and n - 1 additions of non-negative numbers: at most n roundings up, and n underflows.
  const auto k = static_cast<double>(s.k);
  std::vector<double> sizes(b.columns());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (double& size : sizes) size = 0;
    for (std::size_t l = 0; l < s.k; ++l) {
      const double factor = std::fabs(a(i, l));
      for (std::size_t j = 0; j < sizes.size(); ++j) sizes[j] += factor * std::fabs(b(l, j));
    }
    for (std::size_t j = 0; j < sizes.size(); ++j) {
      const Upper size = Upper(sizes[j]) * (Upper(1) + k * 0x1p-51) + k * 0x1p-1074;
      const auto error = [&](const DotError& of) {
        const Upper absolute = of.gamma * size + of.lost;
        return KernelError{absolute, {}, size + absolute};
      };
      entries.put(i, j, error(kernel), error(reference));
    }
  }
  return entries.take();
}

DataTolerance layer_norm_tolerance(ToleranceRequest request, MatrixView<const double> x,
                                   Row<const double> gain, Row<const double> bias, Certainty certainty) {
  const std::size_t width = x.rows();
  check_shape(width > 0 && (gain.empty() || gain.size() == width) && (bias.empty() || bias.size() == width),
              "layer_norm_tolerance: X [d, n], gain and bias [d] or empty, d > 0");
  request.op = Operation::layernorm;
  request.d = width, request.n = x.columns();
  const Setting s(checked(request));
  Entries entries(s, certainty, width, x.columns());
  for (std::size_t t = 0; t < x.columns(); ++t) {
    double sum = 0, largest = 0;
    Upper magnitudes;
    for (std::size_t i = 0; i < width; ++i) {
      sum += x(i, t);
      magnitudes += std::fabs(x(i, t));
      largest = std::fmax(largest, std::fabs(x(i, t)));
    }
    const double mean = sum / static_cast<double>(width);
    double squares = 0;
    for (std::size_t i = 0; i < width; ++i) squares += (x(i, t) - mean) * (x(i, t) - mean);
    // From below: about any other point squares are larger, by (mean - exact mean)^2, and round by d ulps.
    const double d = static_cast<double>(width);
    const double off = d * 0x1p-52 * magnitudes.value() / d;
    const double variance = std::fmax(0, squares / d * (1 - (d + 4) * 0x1p-52) - off * off);
    const double sigma = std::sqrt(variance * (1 - 0x1p-40) + s.eps);
    const auto error = [&](const Setting& of, Derivation& derivation) {
      const Upper theta = normalised(of, derivation, 2, of.acc.rule.format, sigma * sigma);
      const Upper shift = mean_factor(of, derivation) * magnitudes / d + of.acc.eta;
      return off_centre(theta, shift / (sigma * (1 - 0x1p-40)));
    };
    const KernelError kernel = error(s, entries.kernel());
    const KernelError reference = error(entries.binary64(), entries.reference());
    for (std::size_t i = 0; i < width; ++i) {
      const double g = gain.empty() ? 1 : std::fabs(gain[i]), b = bias.empty() ? 0 : std::fabs(bias[i]);
      const auto at = [&](const Setting& of, const KernelError& e) {
        KernelError y = with_gain_and_bias(of, e, g, b, true);
        const Upper centred = Upper(d) * 4 * largest * largest * (Upper(1) + e.relative);
        y.largest = max(centred, sqrt(Upper(d)) * g * (Upper(1) + y.relative) + b + y.absolute);
        return y;
      };
      entries.put(i, t, at(s, kernel), at(entries.binary64(), reference));
    }
  }
  return entries.take();
}

}  // namespace halfulp
