#include "halfulp/analysis/profile.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "halfulp/analysis/attribution/contributions.hpp"
#include "halfulp/analysis/attribution/functionals.hpp"
#include "halfulp/analysis/cost.hpp"
#include "halfulp/analysis/reference_check.hpp"

namespace halfulp {
namespace {

double difference(double computed, double reference) { return computed - reference; }
double difference(double computed, DoubleDouble reference) { return (DoubleDouble{computed} - reference).hi; }
double difference(DoubleDouble computed, DoubleDouble reference) { return (computed - reference).hi; }
double nearest(double x) { return x; }
double nearest(DoubleDouble x) { return x.hi; }

/// Done and whole work in multiplications.
class Work {
 public:
  Work(const Progress& progress, double whole) : progress_(progress), whole_(whole) {}
  void done(double cost, std::size_t layer, Site site) {
    done_ += cost;
    if (progress_)
      progress_(done_, whole_, "layer " + std::to_string(layer) + " " + std::string(name_of(site)));
  }

 private:
  const Progress& progress_;
  double whole_, done_ = 0;
};

/// The four evaluations of every site; R is the reference's arithmetic.
template <class R>
class Measurement {
 public:
  using V = Value<R>;

  Measurement(const ModelRun& run, const ProfileOptions& options,
              std::vector<std::unique_ptr<ReferenceCheck<V>>> checks, const Progress& progress)
      : run_(run), options_(options), checks_(std::move(checks)), work_(progress, whole_cost()) {}

  Profile run() {
    site(0, Site::embed);
    for (std::size_t layer = 0; layer < run_.architecture.layers; ++layer) {
      for (const Site s : run_.sites_of_layer()) site(layer, s);
      reference_.advance();
      recipe_.advance();
      for (auto& check : checks_) check->advance();
    }
    site(run_.architecture.layers, Site::final_norm);
    site(run_.architecture.layers, Site::head);
    finish();
    return std::move(profile_);
  }
  const Matrix<double>& reference_logits() { return as_binary64(Tensor::logits); }

 private:
  bool measured(std::size_t layer, Site site) const {
    return options_.layers.empty() || !is_in_layer(site) || options_.layers[layer];
  }
  double evaluations(std::size_t layer, Site site) const { return measured(layer, site) ? 4 : 2; }
  double cost(std::size_t layer, Site site) const {
    double cost = evaluations(layer, site) * site_cost(site, run_.architecture, run_.tokens.size());
    for (const auto& check : checks_) cost += check->cost(site);
    return cost;
  }
  double whole_cost() const {
    double whole = cost(0, Site::embed) + cost(0, Site::final_norm) + cost(0, Site::head);
    for (std::size_t layer = 0; layer < run_.architecture.layers; ++layer)
      for (const Site s : run_.sites_of_layer()) whole += cost(layer, s);
    if (options_.effects)
      whole += static_cast<double>(run_.sites_of_layer().size() + 3) *
               pass_cost(run_.architecture, run_.tokens.size());
    return whole;
  }

  void site(std::size_t layer, Site s) {
    const Place exact = run_.place(layer, s, !options_.include_weights), stored = run_.place(layer, s);
    const std::size_t n = run_.tokens.size();
    R reference_arithmetic;
    Staged recipe_arithmetic = run_.arithmetic(layer, s);
    reference_.prepare(s, run_.architecture, exact.flash(), n);
    recipe_.prepare(s, run_.architecture, exact.flash(), n);
    evaluate_site(s, reference_arithmetic, exact, reference_, reference_);
    evaluate_site(s, recipe_arithmetic, stored, recipe_, recipe_);
    if (measured(layer, s)) measure(layer, s, exact, stored, recipe_arithmetic.events());
    std::vector<double> errors;
    for (auto& check : checks_) errors.push_back(check->site(layer, s, reference_));
    if (measured(layer, s)) reference_errors_.push_back(errors);
    work_.done(cost(layer, s), layer, s);
  }

  void measure(std::size_t layer, Site s, const Place& exact, const Place& stored, const Events& events) {
    SiteProfile result;
    if (is_in_layer(s)) result.layer = layer;
    result.site = s;
    result.events = events;
    const SiteTensors tensors = tensors_of(s, run_.architecture, exact.flash());
    const std::size_t n = run_.tokens.size();

    Staged fresh = run_.arithmetic_on_reference(layer, s);
    for (const Tensor t : tensors.reads) as_binary64(t);
    local_.prepare(s, run_.architecture, exact.flash(), n);
    evaluate_site(s, fresh, stored, binary64_reference(), local_);

    R ar;
    inherited_.prepare(s, run_.architecture, exact.flash(), n);
    evaluate_site(s, ar, exact, raised(recipe_, tensors.reads), inherited_);
    const Tensors<V>* baseline = &reference_;
    if constexpr (!std::is_same_v<V, double>) {  // the local run reads the reference rounded to binary64
      baseline_.prepare(s, run_.architecture, exact.flash(), n);
      evaluate_site(s, ar, exact, raised(lowered_, tensors.reads), baseline_);
      baseline = &baseline_;
    }
    parallel_for(3, 1, [&](std::size_t which, std::size_t) {
      if (which == 0) result.local = errors(tensors.writes, local_, *baseline);
      if (which == 1) result.inherited = errors(tensors.writes, inherited_, reference_);
      if (which == 2) result.total = errors(tensors.writes, recipe_, reference_);
    });
    if (options_.include_weights && has_weights(s, exact)) {
      evaluate_site(s, ar, stored, reference_, inherited_);
      result.weight = errors(tensors.writes, inherited_, reference_);
    }
    const double incoming = tensors.reads.empty() ? 0 : errors(tensors.reads, recipe_, reference_).normwise;
    if (incoming > 0) result.amplification = result.inherited.normwise / incoming;
    profile_.sites.push_back(std::move(result));
  }

  static bool has_weights(Site s, const Place& place) {
    const auto steps = steps_of(s, place.flash());
    return std::find(steps.begin(), steps.end(), Step::weight) != steps.end();
  }

  template <class W>
  ErrorStatistics errors(const std::vector<Tensor>& which, const Tensors<W>& computed,
                         const Tensors<V>& reference) {
    ErrorCollector collector;
    for (const Tensor t : which)
      each_entry(t, computed[t].rows(), computed[t].columns(), run_.tokens.size(),
                 [&](std::size_t i, std::size_t j) {
                   collector.add(nearest(reference[t](i, j)),
                                 difference(computed[t](i, j), reference[t](i, j)));
                 });
    return collector.finish();
  }

  /// The reference's tensor in binary64: itself, or rounded.
  const Matrix<double>& as_binary64(Tensor t) {
    if constexpr (std::is_same_v<V, double>) {
      return reference_[t];
    } else {
      const auto& from = reference_[t];
      lowered_[t] = Matrix<double>(from.rows(), from.columns());
      std::transform(from.values().begin(), from.values().end(), lowered_[t].values().begin(),
                     [](V x) { return nearest(x); });
      return lowered_[t];
    }
  }
  const Tensors<double>& binary64_reference() {
    if constexpr (std::is_same_v<V, double>)
      return reference_;
    else
      return lowered_;
  }
  /// Binary64 tensors as values of the reference.
  const Tensors<V>& raised(const Tensors<double>& from, const std::vector<Tensor>& which) {
    if constexpr (std::is_same_v<V, double>) {
      return from;
    } else {
      for (const Tensor t : which) {
        raised_[t] = Matrix<V>(from[t].rows(), from[t].columns());
        std::transform(from[t].values().begin(), from[t].values().end(), raised_[t].values().begin(),
                       [](double x) { return V{x}; });
      }
      return raised_;
    }
  }

  /// Chooses the check to believe: the rigorous one if it suffices at every site, else the last.
  void finish() {
    profile_.tokens = run_.tokens.size();
    profile_.output =
        output_metrics(as_binary64(Tensor::logits).view(), recipe_[Tensor::logits].view(), run_.tokens);
    profile_.reference.kind = std::is_same_v<V, double> ? "fp64" : "double_double";
    profile_.reference.check = "none";
    if (checks_.empty()) return;
    std::size_t chosen = checks_.size() - 1;
    for (std::size_t c = 0; c + 1 < checks_.size() && chosen + 1 == checks_.size(); ++c) {
      const auto suffices = [&](std::size_t i) {
        return trusted(profile_.sites[i].total.normwise, reference_errors_[i][c]);
      };
      bool all = true;
      for (std::size_t i = 0; i < profile_.sites.size(); ++i) all = all && suffices(i);
      if (all) chosen = c;
    }
    profile_.reference.check = checks_[chosen]->name();
    profile_.reference.checked_tokens = checks_[chosen]->tokens();
    for (std::size_t i = 0; i < profile_.sites.size(); ++i) {
      SiteProfile& s = profile_.sites[i];
      s.reference_error = reference_errors_[i][chosen];
      s.trusted = trusted(s.total.normwise, *s.reference_error);
      if (s.site == Site::head) profile_.reference.radius = s.reference_error;
    }
  }
  /// NaN totals (overflow) are errors that no reference doubts; two exact zeros are no error at all.
  static bool trusted(double total, double reference_error) {
    return !(total < 100 * reference_error) && !std::isnan(reference_error);
  }

  const ModelRun& run_;
  const ProfileOptions& options_;
  std::vector<std::unique_ptr<ReferenceCheck<V>>> checks_;
  Work work_;
  Tensors<V> reference_, inherited_, raised_, baseline_;
  Tensors<double> recipe_, local_, lowered_;
  std::vector<std::vector<double>> reference_errors_;
  Profile profile_;
};

/// The model run once for each site, that site alone rounded (in all layers), the others in binary64.
std::vector<SiteEffect> effects_of(const ModelRun& run, const Matrix<double>& reference_logits,
                                   bool as_stored) {
  std::vector<Site> sites = {Site::embed};
  const auto inner = run.sites_of_layer();
  sites.insert(sites.end(), inner.begin(), inner.end());
  sites.insert(sites.end(), {Site::final_norm, Site::head});
  std::vector<SiteEffect> effects;
  for (const Site alone : sites) {
    const auto tensors = forward(
        run.architecture,
        [&](std::size_t layer, Site s) { return run.place(layer, s, as_stored || s == alone); },
        [&](std::size_t layer, Site s) {
          return s == alone ? run.arithmetic_on_reference(layer, s) : Staged();
        },
        [](std::size_t, Site, const Tensors<double>&) {});
    const OutputMetrics metrics =
        output_metrics(reference_logits.view(), tensors[Tensor::logits].view(), run.tokens);
    effects.push_back({alone, metrics.kld.mean, metrics.logit_difference.rms, metrics.top1_flips});
  }
  std::stable_sort(effects.begin(), effects.end(),
                   [](const SiteEffect& a, const SiteEffect& b) { return a.kld_mean > b.kld_mean; });
  return effects;
}

/// Of the predicted divergence, from one reverse sweep: the variance of each site's roundings among all.
void put_shares(const ModelRun& run, std::vector<SiteProfile>& sites) {
  constexpr std::size_t probes = 16;
  const Contributions contributions = contributions_of(run, {}, divergence_probes(probes, run.seed)).front();
  double whole = 0;
  std::map<std::pair<std::optional<std::size_t>, Site>, double> of_site;
  for (const StepContribution& c : contributions.steps)
    for (const double variance : c.variance) {
      of_site[{c.layer, c.site}] += variance;
      whole += variance;
    }
  for (SiteProfile& s : sites) {
    const auto found = of_site.find({s.layer, s.site});
    if (whole > 0) s.share = found == of_site.end() ? 0 : found->second / whole;
  }
}

template <class R>
Profile measure(const ModelRun& run, const ProfileOptions& options,
                std::vector<std::unique_ptr<ReferenceCheck<Value<R>>>> checks, const Progress& progress) {
  Measurement<R> measurement(run, options, std::move(checks), progress);
  Profile result = measurement.run();
  if (options.effects)
    result.effects = effects_of(run, measurement.reference_logits(), !options.include_weights);
  if (options.shares) put_shares(run, result.sites);
  return result;
}

}  // namespace

Profile profile(const Architecture& architecture, const TransformerWeights& weights,
                std::span<const std::uint32_t> tokens, const Recipe& recipe, const ProfileOptions& options,
                const Progress& progress) {
  recipe.check(architecture);
  const ModelRun run{architecture, weights, tokens, recipe, options.seed};
  const bool as_stored = !options.include_weights;
  if (options.reference == ReferenceKind::dd)
    return measure<DoubleDoubleArithmetic>(run, options, checks_of_double_double(run, as_stored), progress);
  std::vector<std::unique_ptr<ReferenceCheck<double>>> checks;
  if (options.reference == ReferenceKind::certified) checks = checks_of_binary64(run, as_stored);
  return measure<Native>(run, options, std::move(checks), progress);
}

}  // namespace halfulp
