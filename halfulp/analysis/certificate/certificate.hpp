// How sure a greedy token can be: does rounding by a recipe change it?
//
// For a position let a be the token of the largest accurate logit (the lowest index of equals), v another,
// m_v = z_a - z_v > 0 their accurate margin.  Three radii that m_v may exceed, each for every v:
//
//   C1  rigorous       proved in the recipe's own run, with running errors (rigorous_margins.hpp)
//   C2  first order    sum |lambda_v|^T rho, the worst case of all roundings to first order
//   C3  probabilistic  sqrt(2 ln(2 |V| / delta)) sigma_v, sigma_v^2 = sum over what shares a rounding of
//                      (|lambda_v| rho)^2: with probability 1 - delta, to first order, for roundings that are
//                      random with mean 0 (Azuma); a model for rounding to nearest; never more than C2's
//
// lambda_v: the adjoint of z_a - z_v (contributions.hpp), computed for the candidates, the closest
// competitors. For all others the candidates' largest radius in units of the distance of the head's rows,
// |w_a - w_v|, is carried over and doubled: an extrapolation, not a bound, of C2 and C3; C1 is for all v.
// With as many candidates as there are other tokens nothing is extrapolated.  Source: docs/theory.md, 8
// and 10.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "halfulp/analysis/model_run.hpp"
#include "halfulp/base/progress.hpp"

namespace halfulp {

struct CertificateOptions {
  double delta = 1e-3;
  std::size_t candidates = 8;
  std::size_t runs = 8;  // of a recipe that rounds at random; others are run once
};

enum class Verdict { certain, first_order, probable, at_risk };
inline constexpr std::size_t verdict_count = 4;
/// "certain", "certain to first order", "certain with probability", "at risk".
std::string_view name_of(Verdict verdict);

/// One of the closest tokens beside the greedy one.
struct Competitor {
  std::size_t token = 0;
  double margin = 0;
  double sigma = 0;  // estimated standard deviation of the margin's error, but for the logits' own rounding
  double first_order = 0, probabilistic = 0;
  double flip_probability = 0;  // that it wins, of two
};

/// Radii are in units of the margin to the closest token: each verdict's condition is margin > radius, and
/// for every v the share of m_v that its radius takes is at most radius / margin.
struct TokenCertificate {
  std::size_t position = 0, token = 0;
  double margin = 0;
  double rigorous = 0, first_order = 0, probabilistic = 0;
  Verdict verdict = Verdict::at_risk;
  double flip_probability = 0;          // sum over the competitors, at most 1
  std::size_t flips = 0;                // in the simulated runs
  std::vector<Competitor> competitors;  // closest first
};

struct VerdictCount {
  std::size_t tokens = 0, decisions = 0, flips = 0;  // decisions: tokens times runs
};

/// Decisions whose predicted probability of a flip is in [low, high).
struct CalibrationBin {
  double low = 0, high = 0;
  std::size_t decisions = 0, flips = 0;
  double predicted = 0;  // mean probability
};

struct Certificate {
  CertificateOptions options;
  std::size_t runs = 1;
  bool at_random = false;
  std::vector<TokenCertificate> tokens;
  std::array<VerdictCount, verdict_count> verdicts;
  std::vector<CalibrationBin> calibration;
  double expected_flips = 0;       // in one run
  std::size_t observed_flips = 0;  // in all runs
  bool all_candidates = false;     // nothing was extrapolated
};

/// Throws usage_error for a delta outside (0, 1), no candidates or no runs.
void check(const CertificateOptions& options);

/// Throws what check() throws; interrupted.
Certificate certify(const ModelRun& run, const CertificateOptions& options, const Progress& progress = {});

}  // namespace halfulp
