#include "halfulp/analysis/certificate/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "halfulp/analysis/attribution/flips.hpp"
#include "halfulp/analysis/certificate/margin_radii.hpp"
#include "halfulp/analysis/certificate/rigorous_margins.hpp"
#include "halfulp/analysis/logits.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// The tokens with the largest logits but a, largest first.
std::vector<Competitor> closest(Row<const double> z, std::size_t a, std::size_t count) {
  std::vector<std::size_t> others;
  for (std::size_t v = 0; v < z.size(); ++v)
    if (v != a) others.push_back(v);
  const auto end = others.begin() + static_cast<std::ptrdiff_t>(std::min(count, others.size()));
  std::partial_sort(others.begin(), end, others.end(),
                    [&](std::size_t v, std::size_t w) { return z[v] > z[w] || (z[v] == z[w] && v < w); });
  std::vector<Competitor> competitors;
  for (auto v = others.begin(); v != end; ++v) {
    competitors.emplace_back();
    competitors.back().token = *v;
    competitors.back().margin = z[a] - z[*v];
  }
  return competitors;
}

Verdict verdict_of(const TokenCertificate& t) {
  if (t.margin > t.rigorous) return Verdict::certain;
  if (t.margin > t.first_order) return Verdict::first_order;
  return t.margin > t.probabilistic ? Verdict::probable : Verdict::at_risk;
}

void predict_flips(const ModelRun& run, bool at_random, Row<const double> z, TokenCertificate& t) {
  const Format& stored =
      run.recipe.stored_as(run.architecture, run.architecture.layers, Tensor::logits).format;
  const double spacing = at_random ? 0 : spacing_at(stored, z[t.token]);
  for (Competitor& c : t.competitors) {
    c.flip_probability = flip_probability(c.margin, c.sigma, spacing, c.token < t.token);
    t.flip_probability += c.flip_probability;
  }
  t.flip_probability = std::min(1.0, t.flip_probability);
}

void count_flips(const Matrix<double>& logits, std::vector<TokenCertificate>& tokens) {
  for (TokenCertificate& t : tokens) t.flips += greedy_token(logits.column(t.position)) != t.token;
}

void summarise(Certificate& result) {
  for (const double low : {0.0, 1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.2, 0.5}) {
    if (!result.calibration.empty()) result.calibration.back().high = low;
    result.calibration.push_back({low, 1.0000001, 0, 0, 0});
  }
  result.calibration.back().high = 1;
  for (const TokenCertificate& t : result.tokens) {
    VerdictCount& count = result.verdicts[static_cast<std::size_t>(t.verdict)];
    ++count.tokens;
    count.decisions += result.runs;
    count.flips += t.flips;
    result.expected_flips += t.flip_probability;
    result.observed_flips += t.flips;
    for (auto bin = result.calibration.rbegin(); bin != result.calibration.rend(); ++bin) {
      if (!(t.flip_probability >= bin->low)) continue;
      bin->decisions += result.runs;
      bin->flips += t.flips;
      bin->predicted += t.flip_probability * static_cast<double>(result.runs);
      break;
    }
  }
  for (CalibrationBin& bin : result.calibration)
    if (bin.decisions > 0) bin.predicted /= static_cast<double>(bin.decisions);
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view names[] = {"certain", "certain to first order", "certain with probability",
                                        "at risk"};
  return names[static_cast<std::size_t>(verdict)];
}

void check(const CertificateOptions& options) {
  if (!(options.delta > 0 && options.delta < 1))
    throw usage_error(fmt::format("--delta {:g}: a probability between 0 and 1", options.delta));
  if (options.candidates == 0) throw usage_error("--candidates 0: at least one competitor");
  if (options.runs == 0) throw usage_error("--runs 0: at least one run");
}

Certificate certify(const ModelRun& run, const CertificateOptions& options, const Progress& progress) {
  check(options);
  run.recipe.check(run.architecture);
  if (options.candidates >= run.architecture.vocabulary)
    throw usage_error(fmt::format("--candidates {}: the vocabulary has {} other tokens", options.candidates,
                                  run.architecture.vocabulary - 1));
  Certificate result;
  result.options = options;
  result.at_random = rounds_at_random(run);
  result.runs = result.at_random ? options.runs : 1;
  result.all_candidates = options.candidates + 1 >= run.architecture.vocabulary;

  const Matrix<double> z = accurate_logits(run);
  for (std::size_t t = 0; t < run.tokens.size(); ++t) {
    TokenCertificate& token = result.tokens.emplace_back();
    token.position = t;
    token.token = greedy_token(z.column(t));
    token.competitors = closest(z.column(t), token.token, options.candidates);
    token.margin = token.competitors.empty() ? infinite : token.competitors.front().margin;
  }
  const RigorousRun rigorous = rigorous_run(run);
  count_flips(rigorous.logits, result.tokens);
  for (std::size_t i = 1; i < result.runs; ++i) {
    ModelRun again = run;
    again.seed = run.seed + i;
    count_flips(recipe_logits(again), result.tokens);
  }
  fill_radii(run, options, result.at_random, result.tokens, progress);
  const Matrix<double> distances =
      result.all_candidates ? Matrix<double>() : head_distances(run, result.tokens);
  for (TokenCertificate& t : result.tokens) {
    const std::size_t own = greedy_token(rigorous.logits.column(t.position));
    const Shares shares = shares_of(t, z.column(t.position), distances, t.position);
    const auto radius = [&](double share) {
      return share == 0 ? 0 : t.margin > 0 ? t.margin * share : share;
    };
    t.rigorous = own == t.token ? radius(rigorous.share[t.position]) : infinite;
    t.first_order = radius(shares.first_order);
    t.probabilistic = radius(shares.probabilistic);
    if (!std::isfinite(t.margin) && !t.competitors.empty())  // nothing is known of logits that are no numbers
      t.rigorous = t.first_order = t.probabilistic = infinite;
    t.verdict = verdict_of(t);
    predict_flips(run, result.at_random, z.column(t.position), t);
  }
  summarise(result);
  return result;
}

}  // namespace halfulp
