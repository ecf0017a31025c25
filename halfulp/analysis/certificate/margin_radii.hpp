// First-order and probabilistic radii of margins, by batches of reverse sweeps (certificate.hpp).
#pragma once

#include "halfulp/analysis/certificate/certificate.hpp"

namespace halfulp {

/// Sigma and radii of all competitors, some margins at a time; each time only the tokens up to the last
/// position that is asked about.  at_random: the logits' own rounding counts as variance.
void fill_radii(const ModelRun& run, const CertificateOptions& options, bool at_random,
                std::vector<TokenCertificate>& tokens, const Progress& progress);

/// Distances |w_v - w_a| of all rows of the head from those of the tokens [vocabulary, n].
Matrix<double> head_distances(const ModelRun& run, const std::vector<TokenCertificate>& tokens);

/// The largest share of a margin that a radius takes, above 1 where it exceeds the margin.
struct Shares {
  double first_order = 0, probabilistic = 0;
};

/// Over all tokens: of the candidates, and, unless there are no distances, of the others by extrapolation.
/// z: the accurate logits at the position; column: of the distances.
Shares shares_of(const TokenCertificate& t, Row<const double> z, const Matrix<double>& distances,
                 std::size_t column);

}  // namespace halfulp
