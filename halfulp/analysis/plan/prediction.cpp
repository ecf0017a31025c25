#include "halfulp/analysis/plan/prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "halfulp/analysis/attribution/contributions.hpp"
#include "halfulp/analysis/attribution/expected_flips.hpp"
#include "halfulp/analysis/cost.hpp"
#include "halfulp/arith/native.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

constexpr std::size_t most_margins = 64;  // that have functionals of their own

using Key = std::tuple<std::size_t, Site, Step>;

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Sums over heads, and over the entries of one step; infinite where it overflows, so that nobody chooses it.
std::map<Key, std::vector<double>> by_step(const Contributions& contributions, std::size_t layers) {
  std::map<Key, std::vector<double>> sums;
  for (const StepContribution& c : contributions.steps) {
    const std::size_t layer = c.layer.value_or(c.site == Site::embed ? 0 : layers);
    auto& sum = sums[{layer, c.site, c.step}];
    sum.resize(contributions.functionals);
    for (std::size_t f = 0; f < sum.size(); ++f) sum[f] += c.finite ? c.variance[f] : infinite;
  }
  return sums;
}

/// Throws usage_error where the base overflows: of what comes after nothing is predicted.
void refuse_overflow(const Contributions& base, const ModelRun& run, const RoundingRule& format) {
  std::string first, cure = run.recipe.text();
  std::vector<Site> named;
  for (const StepContribution& c : base.steps) {
    if (c.finite) continue;
    if (first.empty())
      first = fmt::format("{}{}.{}", c.layer ? fmt::format("layer {} ", *c.layer) : "", name_of(c.site),
                          name_of(c.step));
    if (std::find(named.begin(), named.end(), c.site) != named.end()) continue;
    named.push_back(c.site);
    cure += fmt::format(",{}={}", name_of(c.site), name_of(format));
  }
  if (!first.empty())
    throw usage_error(fmt::format(
        "--base {} overflows, first at {}: no prediction, no plan; give these sites more range: {}",
        run.recipe.text(), first, cure));
}

/// Selections of charges: one for each promotion's bytes, one for each site that multiplies in the format.
struct Charges {
  std::vector<double> bytes, multiplications;     // by charge
  std::vector<std::vector<std::size_t>> of_item;  // charges of each promotion

  Charges(const std::vector<Promotion>& promotions, const Architecture& architecture, std::size_t tokens) {
    std::map<std::pair<std::size_t, Site>, std::size_t> of_site;
    const auto add = [&](double moved, double multiplied) {
      bytes.push_back(moved);
      multiplications.push_back(multiplied);
      return bytes.size() - 1;
    };
    for (const Promotion& p : promotions) {
      auto& mine = of_item.emplace_back();
      mine.push_back(add(p.bytes, 0));
      const auto multiplies = [&](std::size_t layer, Site site) {
        const auto [at, is_new] = of_site.try_emplace({layer, site}, bytes.size());
        if (is_new) add(0, site_cost(site, architecture, tokens));
        if (std::find(mine.begin(), mine.end(), at->second) == mine.end()) mine.push_back(at->second);
      };
      if (p.multiplies) multiplies(p.layer, p.site);
      for (const WidenedRead& read : p.reads) multiplies(read.layer, read.site);
    }
  }
  double sum(const std::vector<double>& of, const Selection& selection) const {
    std::vector<bool> needed(of.size());
    for (std::size_t i = 0; i < selection.size(); ++i)
      if (selection[i])
        for (const std::size_t charge : of_item[i]) needed[charge] = true;
    double sum = 0;
    for (std::size_t c = 0; c < of.size(); ++c) sum += needed[c] ? of[c] : 0;
    return sum;
  }
};

}  // namespace

PromotionPredictions::PromotionPredictions(const ModelRun& run, const RoundingRule& format,
                                           std::size_t probes, const Progress& progress)
    : run_(run),
      promoted_(all_promoted(run.architecture, run.recipe, format)),
      probes_(probes),
      promotions_(promotions_of(run.architecture, run.recipe, format, run.tokens.size())) {
  const auto functionals_of = [&](const Matrix<double>& logits) {
    logits_ = logits;
    margins_ = top_margins(logits);
    closest_ = closest_margins(margins_, most_margins);
    return joined(
        {divergence_probes(probes, run.seed), logit_probes(probes, run.seed), margin_functionals(closest_)});
  };
  const std::vector<Contributions> all = contributions_of(
      run, {all_widened(run.architecture, run.recipe, format), promoted_}, functionals_of, {}, progress);
  for (const double z : logits_.values())
    if (!std::isfinite(z))
      throw input_error("the model's own logits are not numbers: there is nothing to plan for");
  refuse_overflow(all.front(), run, format);
  std::vector<std::map<Key, std::vector<double>>> levels;
  for (const Contributions& one : all) levels.push_back(by_step(one, run.architecture.layers));
  for (const auto& [key, base] : levels[0]) {
    Part part{std::get<0>(key), std::get<1>(key), std::get<2>(key), {base, levels[1][key], levels[2][key]}};
    for (auto& variance : part.variance) variance.resize(all.front().functionals);
    parts_.push_back(std::move(part));
  }
  const std::vector<double> whole = variances(Selection(promotions_.size()), false);
  const double centre = mean(whole, 0);
  double spread = 0;
  for (std::size_t p = 0; p < probes; ++p) spread += (whole[p] - centre) * (whole[p] - centre);
  if (probes > 1 && centre > 0)
    relative_error_ =
        std::sqrt(spread / static_cast<double>(probes - 1) / static_cast<double>(probes)) / centre;
}

double PromotionPredictions::mean(const std::vector<double>& variance, std::size_t first) const {
  double sum = 0;
  for (std::size_t p = 0; p < probes_; ++p) sum += variance[first + p];
  return sum / static_cast<double>(probes_);
}

std::vector<std::vector<SelectionProblem::Move>> PromotionPredictions::moves() const {
  std::vector<std::vector<SelectionProblem::Move>> moves;
  for (const Promotion& p : promotions_) {
    auto& mine = moves.emplace_back();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const Part& part = parts_[i];
      const bool shared = p.site == Site::rope && part.site == Site::rope && part.step == Step::table;
      if (shared || (part.layer == p.layer && part.site == p.site)) mine.push_back({i, 2});
      if (std::find(p.reads.begin(), p.reads.end(), WidenedRead{part.layer, part.site, part.step}) !=
          p.reads.end())
        mine.push_back({i, 1});
    }
  }
  return moves;
}

std::vector<double> PromotionPredictions::variances(const Selection& selection, bool without_head) const {
  std::vector<std::size_t> level(parts_.size());
  const auto all_moves = moves();
  for (std::size_t i = 0; i < selection.size(); ++i)
    if (selection[i])
      for (const auto& move : all_moves[i]) level[move.part] = std::max(level[move.part], move.level);
  std::vector<double> sum(2 * probes_ + closest_.size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (without_head && parts_[i].site == Site::head) continue;
    const auto& variance = parts_[i].variance[level[i]];
    for (std::size_t f = 0; f < sum.size(); ++f) sum[f] += variance[f];
  }
  return sum;
}

Predicted PromotionPredictions::predicted(const Selection& selection) const {
  const std::vector<double> all = variances(selection, false), inner = variances(selection, true);
  const auto n = static_cast<double>(run_.tokens.size()), v = static_cast<double>(logits_.rows());
  const auto margins =
      std::vector<double>(inner.begin() + static_cast<std::ptrdiff_t>(2 * probes_), inner.end());
  bool head_promoted = false;
  for (std::size_t i = 0; i < selection.size(); ++i)
    head_promoted |= selection[i] && promotions_[i].site == Site::head;
  const Recipe& recipe = head_promoted ? promoted_ : run_.recipe;
  const Format& stored = recipe.stored_as(run_.architecture, run_.architecture.layers, Tensor::logits).format;
  return {mean(all, 0) / (2 * n), root_of_variance(mean(all, probes_) / (n * v)),
          expected_flips(logits_.view(), margins_, closest_, margins, stored)};
}

double PromotionPredictions::bytes(const Selection& selection) const {
  const Charges charges(promotions_, run_.architecture, run_.tokens.size());
  return charges.sum(charges.bytes, selection);
}

double PromotionPredictions::multiplications(const Selection& selection) const {
  const Charges charges(promotions_, run_.architecture, run_.tokens.size());
  return charges.sum(charges.multiplications, selection);
}

SelectionProblem PromotionPredictions::problem(Value value, const CostWeights& weights) const {
  SelectionProblem problem;
  const auto n = static_cast<double>(run_.tokens.size()), v = static_cast<double>(logits_.rows());
  for (const Part& part : parts_) {
    auto& levels = problem.parts.emplace_back();
    for (std::size_t l = 0; l < 3; ++l)
      levels[l] = value == Value::kld ? mean(part.variance[l], 0) / (2 * n)
                                      : mean(part.variance[l], probes_) / (n * v);
  }
  const Charges charges(promotions_, run_.architecture, run_.tokens.size());
  for (std::size_t c = 0; c < charges.bytes.size(); ++c)
    problem.charges.push_back(weights.byte * charges.bytes[c] +
                              weights.multiplication * charges.multiplications[c]);
  const auto all_moves = moves();
  for (std::size_t i = 0; i < promotions_.size(); ++i)
    problem.items.push_back({all_moves[i], charges.of_item[i]});
  return problem;
}

std::vector<Promotion> PromotionPredictions::chosen(const Selection& selection) const {
  std::vector<Promotion> chosen;
  for (std::size_t i = 0; i < selection.size(); ++i)
    if (selection[i]) chosen.push_back(promotions_[i]);
  return chosen;
}

}  // namespace halfulp
