// What rounding does to the model's output: distributions, greedy tokens, loss.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "halfulp/base/view.hpp"

namespace halfulp {

struct OutputMetrics {
  /// Kullback-Leibler divergence of the recipe's next-token distribution from the reference's, nats, over
  /// tokens.
  struct {
    double mean = 0, se = 0, p90 = 0, p99 = 0, max = 0;
  } kld;
  std::uint64_t top1_flips = 0;  // tokens whose most probable successor changed
  struct {
    double rms = 0, max = 0;
  } logit_difference;
  double reference_logit_rms = 0;
  /// Mean negative log-likelihood of the next token, nats; none for a single token.
  struct {
    std::optional<double> reference, recipe;
  } cross_entropy;
};

/// Shapes: logits [vocabulary, n]; tokens [n].  Not-a-number logits make the numbers they touch NaN.
OutputMetrics output_metrics(MatrixView<const double> reference, MatrixView<const double> recipe,
                             std::span<const std::uint32_t> tokens);

}  // namespace halfulp
