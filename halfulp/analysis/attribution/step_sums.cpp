#include "halfulp/analysis/attribution/step_sums.hpp"

#include <cmath>
#include <limits>

#include "halfulp/base/parallel.hpp"

namespace halfulp {
namespace {

using Among = Sharing::Among;

/// What one token of a piece adds, [P] each: groups' sums, or sums of squares where entries are groups.
struct TokenSums {
  double* effect;         // lambda eps, or its squares
  double* deterministic;  // |lambda| rho
  double* martingale;     // |lambda| rho, or (lambda spread)^2
};

/// The effect of an error that is not finite.
double without_bound(double lambda) { return lambda == 0 ? 0 : std::numeric_limits<double>::infinity(); }

void add_entry(const double* lambda, std::size_t functionals, double error, bool alone, double* effect) {
  if (error == 0) return;
  if (!std::isfinite(error)) {
    for (std::size_t p = 0; p < functionals; ++p) effect[p] += without_bound(lambda[p]);
  } else if (alone) {
    for (std::size_t p = 0; p < functionals; ++p) effect[p] += (lambda[p] * error) * (lambda[p] * error);
  } else {
    for (std::size_t p = 0; p < functionals; ++p) effect[p] += lambda[p] * error;
  }
}

void add_absolute(const double* lambda, std::size_t functionals, double radius, bool alone, double* sum) {
  radius = std::fabs(radius);
  if (radius == 0) return;
  if (!std::isfinite(radius)) {
    for (std::size_t p = 0; p < functionals; ++p) sum[p] += without_bound(lambda[p]);
  } else if (alone) {
    for (std::size_t p = 0; p < functionals; ++p) sum[p] += (lambda[p] * radius) * (lambda[p] * radius);
  } else {
    for (std::size_t p = 0; p < functionals; ++p) sum[p] += std::fabs(lambda[p]) * radius;
  }
}

/// Tokens first .. last - 1 of a piece; row by row, as the adjoints lie.
template <class SumsOf>
void add_tokens(const ErrorPiece& piece, std::size_t first, std::size_t last, std::size_t functionals,
                bool alone, SumsOf sums_of) {
  const bool with_radii = piece.radius.rows() > 0;
  for (std::size_t i = 0; i < piece.error.rows(); ++i)
    for (std::size_t t = first; t < last; ++t) {
      const double* lambda = &piece.adjoint(i, t * functionals);
      const TokenSums sums = sums_of(t);
      add_entry(lambda, functionals, piece.error(i, t), alone, sums.effect);
      if (!with_radii) continue;
      add_absolute(lambda, functionals, piece.radius(i, t), false, sums.deterministic);
      add_absolute(lambda, functionals, (alone ? piece.spread : piece.radius)(i, t), alone, sums.martingale);
    }
}

void add_to(std::vector<double>& sum, const double* terms) {
  for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += terms[p];
}

bool all_finite(MatrixView<const double> errors) {
  for (std::size_t i = 0; i < errors.rows(); ++i)
    for (std::size_t t = 0; t < errors.columns(); ++t)
      if (!std::isfinite(errors(i, t))) return false;
  return true;
}

std::size_t open_groups(Among among, std::size_t tokens) {
  return among == Among::token ? tokens : among == Among::everything ? 1 : 0;
}

/// closed + sum over groups of own times together.
std::vector<double> with_groups(std::vector<double> closed, const Matrix<double>& own,
                                const Matrix<double>& together) {
  for (std::size_t g = 0; g < own.rows(); ++g)
    for (std::size_t p = 0; p < closed.size(); ++p)
      if (own(g, p) != 0) closed[p] += own(g, p) * together(g, p);
  return closed;
}

}  // namespace

StepSums::StepSums(Sharing sharing, std::size_t tokens, std::size_t functionals)
    : sharing_(sharing),
      functionals_(functionals),
      variance_(functionals),
      deterministic_(functionals),
      martingale_(functionals),
      open_{Matrix<double>(open_groups(sharing.among, tokens), functionals),
            Matrix<double>(open_groups(sharing.among, tokens), functionals)} {}

void StepSums::add(const ErrorPiece& piece) {
  finite_ = finite_ && all_finite(piece.error);
  const std::size_t n = piece.error.columns(), of_token = 3 * functionals_;
  const bool alone = sharing_.among == Among::nobody;
  std::vector<double> parts(n * of_token);
  const auto sums_of = [&](std::size_t t) {
    double* sums = &parts[t * of_token];
    return TokenSums{sums, sums + functionals_, sums + 2 * functionals_};
  };
  parallel_for(n, 4, [&](std::size_t first, std::size_t last) {
    add_tokens(piece, first, last, functionals_, alone, sums_of);
  });
  for (std::size_t t = 0; t < n; ++t) {
    const TokenSums sums = sums_of(t);
    add_to(deterministic_, sums.deterministic);
    if (open_.signed_sums.rows() > 0) {
      const std::size_t group = sharing_.among == Among::token ? piece.first_token + t : 0;
      for (std::size_t p = 0; p < functionals_; ++p) {
        open_.signed_sums(group, p) += sums.effect[p];
        open_.absolute_sums(group, p) += sums.martingale[p];
      }
      continue;
    }
    if (!alone)  // the column is a group, and it ends here
      for (std::size_t p = 0; p < functionals_; ++p) {
        sums.effect[p] *= sums.effect[p];
        sums.martingale[p] *= sums.martingale[p];
      }
    add_to(variance_, sums.effect);
    add_to(martingale_, sums.martingale);
  }
}

void StepSums::Groups::add(const Groups& other) {
  if (signed_sums.rows() == 0) {
    *this = other;
    return;
  }
  add_to(signed_sums.values(), other.signed_sums.values().data());
  add_to(absolute_sums.values(), other.absolute_sums.values().data());
}

std::vector<double> StepSums::variance(const Groups& together) const {
  return with_groups(variance_, open_.signed_sums, together.signed_sums);
}

std::vector<double> StepSums::martingale(const Groups& together) const {
  return with_groups(martingale_, open_.absolute_sums, together.absolute_sums);
}

}  // namespace halfulp
