// A request made ready for the formulas: formats as the numbers that bound a rounding, the order as counts.
#pragma once

#include "halfulp/analysis/tolerance/tolerance.hpp"
#include "halfulp/arith/format.hpp"
#include "halfulp/arith/rounding_model.hpp"

namespace halfulp {

/// One rounding to a format:  |fl(z) - z| <= u |z| + eta,  eta where the result of a product, a quotient or a
/// function underflows (sums do not: they are exact below the normal range).  At most `largest`.
struct Precision {
  explicit Precision(const RoundingRule& rule);

  RoundingRule rule;
  double u = 0, eta = 0;
  double largest = 0;

  /// Rounding can be random with mean 0: to nearest (a model) or stochastic (a theorem).
  bool is_unbiased() const;
  double smallest_normal() const { return rule.format.smallest_normal(); }
};

/// What becomes of a product of numbers of a and b in the accumulator's format.
struct Products {
  Products(const Format& a, const Format& b, const Format& acc);
  bool are_rounded = true;  // else their significands fit
  bool underflow = true;    // the smallest may
  /// Roundings of a product before it is added.
  double roundings() const { return are_rounded ? 1 : 0; }
};

enum class Accumulate { any, recursive, pairwise, blocked, aligned, flash };

struct Setting {
  explicit Setting(const ToleranceRequest& request);
  /// The same operation as a binary64 reference evaluates it.
  Setting in_binary64() const;

  Operation op;
  std::size_t k = 1, m = 1, n = 1, d = 1;
  Precision in, acc, out;
  bool stores_inner = false;  // an inner format was named
  Precision inner;
  Accumulate order = Accumulate::any;
  std::size_t block = 1;
  double absmax[3];
  double probability;
  bool finite;
  Reference against;
  double exp_ulp, rsqrt_ulp, div_ulp, sincos_ulp, eps, deviation, position;
  bool natural_exp;

  /// Blocks of an online softmax of n keys: each after the first may rescale; 1 for two passes.
  double online_blocks() const;
  /// Entries compared, and roundings' paths among them that must all stay within lambda sqrt(k) u.
  double entries() const;
  double paths() const;
};

/// The request with its defaults filled in; throws usage_error (request.cpp).
ToleranceRequest checked(const ToleranceRequest& request);

}  // namespace halfulp
