#include "halfulp/analysis/attribution/contributions.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <utility>

#include "halfulp/analysis/attribution/step_sums.hpp"
#include "halfulp/analysis/cost.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

/// The errors of a site's steps, while it is visited, and their sums by step and head.
struct SiteSums {
  std::size_t layer;
  Site site;
  std::vector<StepErrors> errors;
  std::vector<std::vector<StepSums>> steps;  // [step][head], one head where they are not told apart

  void add(const SiteAdjoint& piece, std::size_t functionals, std::size_t head, std::size_t first_row,
           std::size_t rows) {
    for (std::size_t k = 0; k < errors.size(); ++k) {
      const auto part = [&](const Tensors<double>& tensors) -> MatrixView<const double> {
        const MatrixView<const double> whole = tensors[piece.tensor].view();
        if (whole.rows() == 0) return {};
        return whole.rows_part(piece.first_row + first_row, rows)
            .columns_part(piece.first_token, piece.adjoint.columns() / functionals);
      };
      steps[k][head].add({piece.adjoint.rows_part(first_row, rows), part(errors[k].error),
                          part(errors[k].radius), part(errors[k].spread), piece.first_token});
    }
  }
};

/// All sites of one recipe, in the order of the sweep.
class RecipeSums {
 public:
  using ErrorsOf =
      std::function<std::vector<StepErrors>(std::size_t layer, Site site, const Tensors<double>& inputs)>;

  RecipeSums(const ModelRun& run, std::size_t functionals, ErrorsOf errors_of)
      : run_(run), functionals_(functionals), errors_of_(std::move(errors_of)) {}

  void visit(const SiteAdjoint& piece) {
    if (run_.recipe.flash_block() > 0 && by_head(piece.site)) return;
    SiteSums& sums = of(piece);
    const Architecture& a = run_.architecture;
    if (by_head(piece.site)) {
      sums.add(piece, functionals_, piece.first_row / run_.tokens.size(), 0, piece.adjoint.rows());
    } else if (piece.site == Site::pv) {
      for (std::size_t h = 0; h < a.heads; ++h) sums.add(piece, functionals_, h, h * a.head_dim, a.head_dim);
    } else {
      sums.add(piece, functionals_, 0, 0, piece.adjoint.rows());
    }
  }
  const std::deque<SiteSums>& sites() const { return sites_; }
  bool rounds() const {
    return std::any_of(sites_.begin(), sites_.end(), [](const SiteSums& s) { return !s.errors.empty(); });
  }

  /// Visits the sums in the order of the forward pass: visit(site, step, head, sums).
  template <class Visit>
  void each_step(Visit visit) const {
    for (auto site = sites_.rbegin(); site != sites_.rend(); ++site)
      for (std::size_t k = 0; k < site->steps.size(); ++k)
        for (std::size_t h = 0; h < site->steps[k].size(); ++h)
          visit(*site, site->errors[k].step, h, site->steps[k][h]);
  }
  std::size_t heads(Site site) const {
    return by_head(site) || site == Site::pv ? run_.architecture.heads : 1;
  }
  bool resolves_heads(Site site) const { return by_head(site) || site == Site::pv; }

 private:
  static bool by_head(Site site) { return site == Site::score || site == Site::softmax; }

  SiteSums& of(const SiteAdjoint& piece) {
    for (auto site = sites_.rbegin(); site != sites_.rend() && site->layer == piece.layer; ++site)
      if (site->site == piece.site) return *site;
    // Scores and weights are shown in turn, head by head: their errors stay until both have been.
    if (!by_head(piece.site))
      for (SiteSums& passed : sites_)
        for (StepErrors& e : passed.errors) e.error = e.radius = e.spread = Tensors<double>();
    SiteSums& fresh = sites_.emplace_back();
    fresh.layer = piece.layer;
    fresh.site = piece.site;
    fresh.errors = errors_of_(piece.layer, piece.site, piece.tensors);
    for (const StepErrors& e : fresh.errors)
      fresh.steps.emplace_back(heads(piece.site), StepSums(e.sharing, run_.tokens.size(), functionals_));
    return fresh;
  }

  const ModelRun run_;
  std::size_t functionals_;
  ErrorsOf errors_of_;
  std::deque<SiteSums> sites_;
};

/// The open groups of steps that all layers share, summed over layers and heads.
class SharedGroups {
 public:
  explicit SharedGroups(const RecipeSums& sums) {
    sums.each_step([&](const SiteSums& site, Step step, std::size_t, const StepSums& of_step) {
      if (of_step.sharing().all_layers)
        groups_[{site.site, step, of_step.sharing().among}].add(of_step.open());
    });
  }
  const StepSums::Groups& of(Site site, Step step, const StepSums& sums) const {
    const Sharing& sharing = sums.sharing();
    return sharing.all_layers ? groups_.at({site, step, sharing.among}) : sums.open();
  }

 private:
  std::map<std::tuple<Site, Step, Sharing::Among>, StepSums::Groups> groups_;
};

Contributions result_of(const RecipeSums& sums, std::size_t functionals, bool with_radii) {
  Contributions result;
  result.functionals = functionals;
  const SharedGroups shared(sums);
  sums.each_step([&](const SiteSums& site, Step step, std::size_t head, const StepSums& of_step) {
    StepContribution c;
    if (is_in_layer(site.site)) c.layer = site.layer;
    c.site = site.site;
    c.step = step;
    if (sums.resolves_heads(site.site)) c.head = head;
    const StepSums::Groups& together = shared.of(site.site, step, of_step);
    c.variance = of_step.variance(together);
    c.finite = of_step.finite();
    if (with_radii) {
      c.deterministic = of_step.deterministic();
      c.martingale = of_step.martingale(together);
    }
    result.steps.push_back(std::move(c));
  });
  return result;
}

/// lambda . (xhat - x) of the streams and of the logits, and |lambda| . E.
class DepthSums {
 public:
  DepthSums(const RecipeRun& run, std::size_t layers, std::size_t functionals)
      : run_(run),
        functionals_(functionals),
        sums_(layers + 2, std::vector<double>(functionals)),
        bounds_(run.has_bounds() ? layers + 2 : 0, std::vector<double>(functionals)) {}

  void visit(const SiteAdjoint& piece) {
    if (piece.tensor == Tensor::stream) add_stream(piece, 0);
    if (piece.tensor == Tensor::next_stream) add_stream(piece, piece.layer + 1);
    if (piece.tensor == Tensor::logits) add(piece, sums_.size() - 1, run_.logits(), run_.logit_error());
  }
  void put_in(Contributions& result) {
    result.in_run_at_depth = std::move(sums_);
    result.entrywise_at_depth = std::move(bounds_);
  }

 private:
  void add_stream(const SiteAdjoint& piece, std::size_t depth) {
    static const Matrix<double> none;
    add(piece, depth, run_.stream(depth), run_.has_bounds() ? run_.stream_error(depth) : none);
  }
  void add(const SiteAdjoint& piece, std::size_t depth, const Matrix<double>& computed,
           const Matrix<double>& bound) {
    for (std::size_t i = 0; i < piece.value.rows(); ++i)
      for (std::size_t t = 0; t < piece.value.columns(); ++t) {
        const double error = computed(i, piece.first_token + t) - piece.value(i, t);
        const double* lambda = &piece.adjoint(i, t * functionals_);
        for (std::size_t p = 0; p < functionals_; ++p) sums_[depth][p] += error * lambda[p];
        if (bounds_.empty()) continue;
        const double e = bound(i, piece.first_token + t);
        for (std::size_t p = 0; p < functionals_; ++p)
          if (lambda[p] != 0) bounds_[depth][p] += e * std::fabs(lambda[p]);
      }
  }

  const RecipeRun& run_;
  std::size_t functionals_;
  std::vector<std::vector<double>> sums_, bounds_;
};

/// Puts what the recipe's run lost beside the estimates: a step has one such sum, a rounded constant's share
/// in it.
void put_in_run(const RecipeSums& in_run, Contributions& result) {
  std::size_t at = 0;
  in_run.each_step([&](const SiteSums& site, Step step, std::size_t head, const StepSums& sums) {
    const auto same = [&](const StepContribution& c) {
      return c.layer.value_or(site.layer) == site.layer && c.site == site.site && c.step == step &&
             c.head.value_or(head) == head;
    };
    while (at < result.steps.size() && !same(result.steps[at])) ++at;
    if (at == result.steps.size()) throw std::logic_error("put_in_run: a step without an estimate");
    result.steps[at++].in_run = sums.open().signed_sums.values();
  });
}

}  // namespace

std::vector<Contributions> contributions_of(const ModelRun& run, const std::vector<Recipe>& others,
                                            const Functionals& functionals,
                                            const ContributionOptions& options, const Progress& progress) {
  return contributions_of(
      run, others, [&](const Matrix<double>&) { return functionals; }, options, progress);
}

std::vector<Contributions> contributions_of(const ModelRun& run, const std::vector<Recipe>& others,
                                            const FunctionalsOf& functionals_of,
                                            const ContributionOptions& options, const Progress& progress) {
  std::deque<ModelRun> runs;
  for (const Recipe& other : others) {
    if ((other.flash_block() > 0) != (run.recipe.flash_block() > 0))
      throw input_error("recipes with and without fused attention cannot share a sweep");
    runs.emplace_back(ModelRun{run.architecture, run.weights, run.tokens, other, run.seed});
  }
  std::size_t count = 0;
  std::vector<RecipeSums> recipes;
  std::optional<RecipeSums> in_run;
  std::optional<DepthSums> depths;
  const auto begin_sums = [&] {
    recipes.emplace_back(run, count, [&](std::size_t layer, Site site, const Tensors<double>& inputs) {
      return local_errors(run, layer, site, inputs, options.radii);
    });
    for (const ModelRun& own : runs)
      recipes.emplace_back(own, count, [&own](std::size_t layer, Site site, const Tensors<double>& inputs) {
        return local_errors(own, layer, site, inputs);
      });
    if (!options.recipe_run) return;
    in_run.emplace(run, count, [&](std::size_t layer, Site site, const Tensors<double>&) {
      auto errors = options.recipe_run->errors(layer, site);
      for (StepErrors& e : errors) e.sharing = {Sharing::Among::everything, false};
      return errors;
    });
    depths.emplace(*options.recipe_run, run.architecture.layers, count);
  };

  double done = 0;
  const double whole = pass_cost(run.architecture, run.tokens.size());
  std::pair<std::size_t, Site> now{0, Site::embed};
  reverse(
      run.architecture, [&](std::size_t layer, Site site) { return run.place(layer, site); },
      [&](const Matrix<double>& logits) {
        Functionals functionals = functionals_of(logits);
        count = functionals.count;
        begin_sums();
        return functionals;
      },
      [&](const SiteAdjoint& piece) {
        if (progress && now != std::pair{piece.layer, piece.site}) {
          now = {piece.layer, piece.site};
          done = std::min(whole, done + site_cost(piece.site, run.architecture, run.tokens.size()));
          progress(
              done, whole,
              "back through layer " + std::to_string(piece.layer) + " " + std::string(name_of(piece.site)));
        }
        for (RecipeSums& recipe : recipes) recipe.visit(piece);
        if (in_run) in_run->visit(piece);
        if (depths) depths->visit(piece);
      });

  if (!recipes.front().rounds())
    throw usage_error("recipe " + run.recipe.text().substr(0, 64) +
                      " rounds nothing that a binary64 reference could tell: formats of fewer than 53 bits");
  std::vector<Contributions> results;
  for (const RecipeSums& recipe : recipes)
    results.push_back(result_of(recipe, count, options.radii && results.empty()));
  if (in_run) put_in_run(*in_run, results.front());
  if (depths) depths->put_in(results.front());
  return results;
}

}  // namespace halfulp
