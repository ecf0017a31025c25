// A tolerance by entry as it is filled in: the rules of tolerance.cpp, one atol for each.
#pragma once

#include <cmath>
#include <utility>

#include "halfulp/analysis/tolerance/derivation.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {

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

  void put(std::size_t i, std::size_t j, const KernelError& before, const KernelError& of_reference,
           bool holds = true) {
    const KernelError y = stored(before, s_.out, s_.acc);
    KernelError b;
    if (s_.against == Reference::kernel) b = y;
    if (s_.against == Reference::binary64) b = of_reference;
    if (s_.against == Reference::rounded) b = stored(of_reference, s_.out, wide_.acc);
    const bool fits = before.largest <= s_.acc.largest && y.largest <= s_.out.largest;
    const double rest = next_below(1 - b.relative.value());
    const Upper atol = y.absolute + b.absolute * (Upper(1) + y.relative) / rest;
    const Upper rtol = s_.against == Reference::exact ? y.relative : (y.relative + b.relative) / rest;
    const bool is_statement = holds && !d_.has_failed() && (fits || s_.finite) && b.relative.value() < 1;
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

inline void check_shape(bool fits, const char* what) {
  if (!fits) throw shape_error(what);
}

}  // namespace halfulp
