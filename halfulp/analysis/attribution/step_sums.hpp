// Sums of lambda eps over what a step stores, kept apart by what shares a rounding.
#pragma once

#include <vector>

#include "halfulp/analysis/attribution/sharing.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp {

/// Some entries of a tensor: adjoint [rows, n P] as reverse() shows it, errors of the same entries [rows, n].
struct ErrorPiece {
  MatrixView<const double> adjoint, error;
  MatrixView<const double> radius, spread;  // no rows: not asked for
  std::size_t first_token = 0;
};

/// Of one step, of one head of one layer.  Functionals p = 0 .. P - 1.
class StepSums {
 public:
  StepSums(Sharing sharing, std::size_t tokens, std::size_t functionals);

  void add(const ErrorPiece& piece);

  /// Groups that stay open until the site, or the sweep, has ended: lambda eps and |lambda| rho summed.
  struct Groups {
    Matrix<double> signed_sums, absolute_sums;  // [groups, P]
    void add(const Groups& other);
  };
  const Groups& open() const { return open_; }
  /// Whether every error was a number: none is where the recipe overflows.
  bool finite() const { return finite_; }
  const Sharing& sharing() const { return sharing_; }

  /// By functional.  together: the open groups of all layers that share them; this layer's own if none do.
  std::vector<double> variance(const Groups& together) const;
  std::vector<double> deterministic() const { return deterministic_; }
  std::vector<double> martingale(const Groups& together) const;

 private:
  Sharing sharing_;
  std::size_t functionals_;
  bool finite_ = true;
  std::vector<double> variance_, deterministic_, martingale_;  // the first and last of closed groups
  Groups open_;
};

}  // namespace halfulp
