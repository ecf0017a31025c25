// Attention's tolerance by entry, from the data.  L is that of the query's own largest |q|^T|k_i| / sqrt(d);
// with p_i the exact weights, p'_i <= p_i e^(2L) and |p'_i - p_i| centred:
//
//   moved <= min( e^L (e^L - 1) sum_i p_i |v_i - o|,  L max|v| ),   size = min( e^(2L) sum_i p_i |v_i|,
//   max|v| )
//
// p and o are computed in binary64, inside 2^-30 of themselves for scores up to 2^20 (beyond: max|v|).
// Source: docs/theory.md, 1, 6 (the centred term).
#include <algorithm>
#include <cmath>

#include "halfulp/analysis/tolerance/attention.hpp"
#include "halfulp/analysis/tolerance/entries.hpp"
#include "halfulp/arith/native.hpp"
#include "halfulp/layers/softmax/softmax.hpp"

namespace halfulp {
namespace {

/// One query's exact weights and its largest sum of magnitudes.
struct Weights {
  std::vector<double> p;
  Upper score;
};

Weights weights_of(MatrixView<const double> queries, std::size_t t, MatrixView<const double> keys) {
  const std::size_t width = keys.rows(), n = keys.columns();
  const double root = std::sqrt(static_cast<double>(width));
  std::vector<double> s(n), size(n), e(n);
  for (std::size_t a = 0; a < width; ++a) {
    for (std::size_t i = 0; i < n; ++i) {
      const double product = keys(a, i) * queries(a, t);
      s[i] += product;
      size[i] += std::fabs(product);
    }
  }
  for (double& score : s) score /= root;
  Weights w{std::vector<double>(n), 0};
  Native ar;
  softmax(ar, Row<const double>(s), Shift::by_maximum, Row<double>(e), Row<double>(w.p));
  const double largest = *std::max_element(size.begin(), size.end()) / root;
  w.score = Upper(largest) * (Upper(1) + static_cast<double>(width + 4) * 0x1p-51);
  return w;
}

}  // namespace

DataTolerance attention_tolerance(ToleranceRequest request, MatrixView<const double> queries,
                                  MatrixView<const double> keys, MatrixView<const double> values,
                                  Certainty certainty) {
  const std::size_t width = keys.rows(), n = keys.columns();
  check_shape(
      width > 0 && n > 0 && queries.rows() == width && values.rows() == width && values.columns() == n,
      "attention_tolerance: Q [d, m], K, V [d, n], d, n > 0");
  request.op = Operation::sdpa;
  request.m = queries.columns(), request.n = n, request.d = width;
  const Setting s(checked(request));
  Entries entries(s, certainty, width, queries.columns());
  Upper largest_value;
  for (std::size_t a = 0; a < width; ++a)
    for (std::size_t i = 0; i < n; ++i) largest_value = max(largest_value, Upper(std::fabs(values(a, i))));
  for (std::size_t t = 0; t < queries.columns(); ++t) {
    const Weights w = weights_of(queries, t, keys);
    Derivation kernel(s, certainty), reference(entries.binary64(), Certainty::worst);
    const AttentionFactors f = attention_factors(s, kernel, w.score, largest_value);
    const AttentionFactors of_reference =
        attention_factors(entries.binary64(), reference, w.score, largest_value);
    const bool is_accurate = w.score.value() <= 0x1p20;
    for (std::size_t a = 0; a < width; ++a) {
      double mean = 0, size = 0, spread = 0;
      for (std::size_t i = 0; i < n; ++i) {
        mean += w.p[i] * values(a, i);
        size += w.p[i] * std::fabs(values(a, i));
      }
      for (std::size_t i = 0; i < n; ++i) spread += w.p[i] * std::fabs(values(a, i) - mean);
      // The mean itself is known to 2^-30 of the magnitudes.
      const Upper sizes = Upper(size) * (1 + 0x1p-30),
                  spreads = Upper(spread) * (1 + 0x1p-30) + sizes * 0x1p-30;
      const auto error = [&](const AttentionFactors& of) {
        const Upper widest = largest_value * min(of.log, Upper(2));
        if (!is_accurate) return mean_error(of, widest, largest_value, largest_value);
        const Upper raised = exp(of.log);
        return mean_error(of, min(raised * expm1(of.log) * spreads, widest),
                          min(raised * raised * sizes, largest_value), largest_value);
      };
      entries.put(a, t, error(f), error(of_reference), !kernel.has_failed());
    }
  }
  return entries.take();
}

}  // namespace halfulp
