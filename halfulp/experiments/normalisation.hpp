// Norms of tokens that are nearly constant:  x = c (1 + eps z), z normal, c uniform on [1, 2), eps = 1, 1/2,
// ...
//
// RMS norm R and layer norm N of the paper, every operation rounded; rho_c(fl(f(x)), f(x)) beside
//
//   Lemma 4.6   (d/2 + 3) u                              R, whatever x
//   Lemma 4.11  (d/2 + 5 + 2 ||x||_1/||c(x)||_-inf) u    N, where ||c(x)||_-inf > 2 (1 + u) gamma_d ||x||_inf
//
// and their non-asymptotic forms (layers/{rms_norm,layer_norm}/rounding.hpp).  The axis is ||c(x)||_-inf over
// |mean(x)|: the distance from the mean of the entry that is nearest to it.  x is rounded to the format
// first, it is data: for eps below u it is a constant, and N makes no sense of it.
// Source: arXiv:2503.10251, section 4.2.
#pragma once

#include "halfulp/experiments/curves.hpp"

namespace halfulp {

struct NormalisationOptions {
  std::vector<std::string> arithmetics{"bin11", "bin24"};
  std::size_t d = 64;
  int smallest_power = 20;  // eps = 2^0 .. 2^-smallest_power
  std::uint64_t seed = 1;
};

/// For each arithmetic a curve "RMS norm" and a curve "layer norm" over the same x.  Bounds: the lemma
/// (inf where its hypotheses fail), the non-asymptotic form.  Throws usage_error for what makes no sense:
/// arithmetics, d outside 2 .. 4096, powers outside 0 .. 60.
CurveExperiment normalisation(const NormalisationOptions& options);

}  // namespace halfulp
