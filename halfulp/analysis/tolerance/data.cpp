// Tolerances by entry, from the data: the sums of magnitudes as they are, not as the largest inputs allow.
#include <cmath>

#include "halfulp/analysis/tolerance/dot.hpp"
#include "halfulp/analysis/tolerance/entries.hpp"
#include "halfulp/analysis/tolerance/norms.hpp"

namespace halfulp {

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
      const Upper shift = mean_factor(of, derivation) * magnitudes / d + quotient_eta(of);
      return off_centre(theta, shift / (sigma * (1 - 0x1p-40)));
    };
    const KernelError kernel = error(s, entries.kernel());
    const KernelError reference = error(entries.binary64(), entries.reference());
    for (std::size_t i = 0; i < width; ++i) {
      const double g = gain.empty() ? 1 : std::fabs(gain[i]), b = bias.empty() ? 0 : std::fabs(bias[i]);
      const Upper scaled =
          Upper(g) * (Upper(std::fabs(x(i, t) - mean)) * (1 + 0x1p-50) + off) / (sigma * (1 - 0x1p-40));
      const auto at = [&](const Setting& of, const KernelError& e) {
        KernelError y = with_gain_and_bias(of, e, g, {}, false);
        if (b > 0) {
          // The bias may cancel g n: R is of |g n|, which is known here.
          const Upper u = of.acc.u;
          y = {(Upper(1) + u) * (y.absolute + y.relative * scaled), u, {}};
        }
        const Upper centred = Upper(d) * 4 * largest * largest * (Upper(1) + e.relative);
        y.largest = max(centred, scaled + b + y.absolute + y.relative * scaled);
        return y;
      };
      entries.put(i, t, at(s, kernel), at(entries.binary64(), reference));
    }
  }
  return entries.take();
}

}  // namespace halfulp
