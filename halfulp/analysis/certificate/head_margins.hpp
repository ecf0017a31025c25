// Margins of logits as products of differences of the head's rows with a vector that is known up to errors:
//
//   (w_a - w_v)^T G x + b_a - b_v,   |x - xhat| <= e
//
// Shapes: W [vocabulary, d], gain and bias [1, d] and [1, vocabulary] or empty, x [d].
#pragma once

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {

class HeadMargins {
 public:
  HeadMargins(const Operand& head, const Operand& gain, const Operand& bias)
      : head_(head), gain_(gain), bias_(bias) {}

  /// Of token a over v, with the bound  |(w_a - w_v)^T G| e  and what the evaluation in binary64 may err by.
  Bounded operator()(std::size_t a, std::size_t v, Row<const Bounded> x) const {
    double margin = 0, bound = 0, size = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double g = gain_.empty() ? 1 : gain_.at(0, i), wa = head_.at(a, i), wv = head_.at(v, i);
      margin += (wa - wv) * g * x[i].x;
      bound += std::fabs((wa - wv) * g) * x[i].e;
      size += (std::fabs(wa) + std::fabs(wv)) * std::fabs(g * x[i].x);
    }
    if (!bias_.empty()) {
      margin += bias_.at(0, a) - bias_.at(0, v);
      size += std::fabs(bias_.at(0, a)) + std::fabs(bias_.at(0, v));
    }
    // Five roundings a term beside the sum's; the factor covers those of the two non-negative sums.
    const auto n = static_cast<double>(x.size());
    const double own = gamma_above(n + 6, 0x1p-53).value() * size;
    return {margin, (bound + own) * (1 + (n + 16) * 0x1p-51) + (n + 1) * 0x1p-1060};
  }

 private:
  Operand head_, gain_, bias_;
};

}  // namespace halfulp
