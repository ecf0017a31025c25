#include "halfulp/analysis/certificate/margin_radii.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/analysis/attribution/contributions.hpp"
#include "halfulp/analysis/attribution/functionals.hpp"
#include "halfulp/analysis/cost.hpp"
#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double extrapolation = 2;  // safety of radii that are carried over to other tokens

std::size_t competitors_in(const std::vector<TokenCertificate>& tokens) {
  std::size_t count = 0;
  for (const TokenCertificate& t : tokens) count += t.competitors.size();
  return count;
}

/// Functionals whose adjoints fit side by side.
std::size_t at_once(const ModelRun& run) {
  const double each = activation_count(run.architecture, run.tokens.size());
  return static_cast<std::size_t>(std::clamp(0x1p26 / std::max(1.0, each), 1.0, 64.0));
}

/// Sigma and radii of all competitors, some margins at a time; each time only the tokens up to the last
/// position that is asked about.
class Radii {
 public:
  Radii(const ModelRun& run, const CertificateOptions& options, bool at_random)
      : run_(run), at_random_(at_random) {
    const auto v = static_cast<double>(run.architecture.vocabulary);
    chances_ = std::sqrt(2 * log(2 * v / options.delta));
  }

  void fill(std::vector<TokenCertificate>& tokens, const Progress& progress) const {
    std::vector<Margin> margins;
    std::vector<Competitor*> of_margin;
    const std::size_t most = at_once(run_), whole = competitors_in(tokens);
    std::size_t done = 0;
    const auto flush = [&] {
      if (margins.empty()) return;
      compute(margins, of_margin);
      done += margins.size();
      if (progress) progress(static_cast<double>(done), static_cast<double>(whole), "margins");
      margins.clear();
      of_margin.clear();
    };
    for (TokenCertificate& t : tokens)
      for (Competitor& c : t.competitors) {
        margins.push_back({t.position, t.token, c.token, c.margin});
        of_margin.push_back(&c);
        if (margins.size() == most) flush();
      }
    flush();
  }

 private:
  void compute(const std::vector<Margin>& margins, const std::vector<Competitor*>& of_margin) const {
    ModelRun prefix = run_;
    prefix.tokens = run_.tokens.first(margins.back().position + 1);
    const Contributions all =
        contributions_of(prefix, {}, margin_functionals(margins), {true, nullptr}).front();
    for (std::size_t p = 0; p < margins.size(); ++p) {
      double variance = 0, deterministic = 0, martingale = 0;
      for (const StepContribution& c : all.steps) {
        // Roundings of the logits to nearest come in as a grid (flip_probability).
        if (c.site != Site::head || at_random_) variance += c.variance[p];
        deterministic += c.deterministic[p];
        martingale += c.martingale[p];
      }
      of_margin[p]->sigma = root_of_variance(variance);
      of_margin[p]->first_order = deterministic;
      // What holds always holds with probability; rounded weights, shared by all, make Azuma's the larger.
      of_margin[p]->probabilistic = std::min(deterministic, chances_ * root_of_variance(martingale));
    }
  }

  const ModelRun& run_;
  bool at_random_;
  double chances_ = 0;
};

/// part / whole with 0/0 = infinite: a tie is nobody's.
double share_of(double part, double whole) { return whole > 0 && part >= 0 ? part / whole : infinite; }

}  // namespace

void fill_radii(const ModelRun& run, const CertificateOptions& options, bool at_random,
                std::vector<TokenCertificate>& tokens, const Progress& progress) {
  Radii(run, options, at_random).fill(tokens, progress);
}

Matrix<double> head_distances(const ModelRun& run, const std::vector<TokenCertificate>& tokens) {
  const Operand head = run.place(run.architecture.layers, Site::head).operand(run.weights.head.weight);
  const std::size_t d = head.columns(), v = head.rows(), n = tokens.size();
  Matrix<double> rows(d, n), distances(v, n);
  for (std::size_t t = 0; t < n; ++t)
    for (std::size_t i = 0; i < d; ++i) rows(i, t) = head.at(tokens[t].token, i);
  Native ar;
  matmul(ar, head, {}, rows.view(), distances.view());
  std::vector<double> squares(v);
  for (std::size_t i = 0; i < v; ++i)
    for (std::size_t k = 0; k < d; ++k) squares[i] += head.at(i, k) * head.at(i, k);
  for (std::size_t i = 0; i < v; ++i)
    for (std::size_t t = 0; t < n; ++t) {
      const double both = squares[i] + squares[tokens[t].token];
      distances(i, t) = std::sqrt(std::max(both - 2 * distances(i, t), 0x1p-40 * both));
    }
  return distances;
}

Shares shares_of(const TokenCertificate& t, Row<const double> z, const Matrix<double>& distances,
                 std::size_t column) {
  Shares shares;
  double first_order = 0, probabilistic = 0;  // radius per distance
  std::vector<bool> is_candidate(z.size());
  is_candidate[t.token] = true;
  for (const Competitor& c : t.competitors) {
    is_candidate[c.token] = true;
    shares.first_order = std::max(shares.first_order, share_of(c.first_order, c.margin));
    shares.probabilistic = std::max(shares.probabilistic, share_of(c.probabilistic, c.margin));
    if (distances.rows() == 0) continue;
    const double distance = distances(c.token, column);
    first_order = std::max(first_order, share_of(c.first_order, distance));
    probabilistic = std::max(probabilistic, share_of(c.probabilistic, distance));
  }
  if (distances.rows() == 0) return shares;
  for (std::size_t v = 0; v < z.size(); ++v) {
    if (is_candidate[v]) continue;
    const double reach = extrapolation * distances(v, column), margin = z[t.token] - z[v];
    shares.first_order = std::max(shares.first_order, share_of(reach * first_order, margin));
    shares.probabilistic = std::max(shares.probabilistic, share_of(reach * probabilistic, margin));
  }
  return shares;
}

}  // namespace halfulp
