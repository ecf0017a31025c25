#include "halfulp/analysis/reference_check.hpp"

#include <algorithm>
#include <cmath>

#include "halfulp/analysis/cost.hpp"

namespace halfulp {
namespace {

double value(double x) { return x; }
double value(DoubleDouble x) { return x.hi; }

/// What the check says of one entry of the reference.
double error_of(double reference, Bounded check) { return check.e + std::fabs(reference - check.x); }
double error_of(double reference, DoubleDouble check) { return (DoubleDouble{reference} - check).hi; }
double error_of(DoubleDouble reference, double check) {
  return 0x1p-46 * (reference - DoubleDouble{check}).hi;
}

/// A run of arithmetic C beside a reference with values V.
template <class C, class V>
class Beside final : public ReferenceCheck<V> {
 public:
  Beside(const ModelRun& run, bool as_stored, std::size_t tokens, std::string name, double relative_cost)
      : run_(run), as_stored_(as_stored), name_(std::move(name)), relative_cost_(relative_cost) {
    run_.tokens = run.tokens.first(tokens);
  }

  double site(std::size_t layer, Site site, const Tensors<V>& reference) override {
    const Place place = run_.place(layer, site, as_stored_);
    const std::size_t n = run_.tokens.size(), whole = reference_tokens(site, reference);
    tensors_.prepare(site, run_.architecture, place.flash(), n);
    C ar;
    evaluate_site(site, ar, place, tensors_, tensors_);
    double squares = 0, error_squares = 0;
    for (const Tensor t : tensors_of(site, run_.architecture, place.flash()).writes) {
      const auto& mine = tensors_[t];
      const auto& theirs = reference[t];
      each_entry(t, mine.rows(), mine.columns(), n, [&](std::size_t i, std::size_t j) {
        const bool by_heads = t == Tensor::score || t == Tensor::weight;
        const std::size_t row = by_heads ? i / n * whole + i % n : i;
        const double e = error_of(theirs(row, j), mine(i, j)), y = value(theirs(row, j));
        error_squares += e * e;
        squares += y * y;
      });
    }
    return error_squares == 0 ? 0 : std::sqrt(error_squares / squares);
  }
  void advance() override { tensors_.advance(); }
  std::string name() const override { return name_; }
  std::size_t tokens() const override { return run_.tokens.size(); }
  double cost(Site site) const override {
    return relative_cost_ * site_cost(site, run_.architecture, run_.tokens.size());
  }

 private:
  std::size_t reference_tokens(Site site, const Tensors<V>& reference) const {
    return reference[tensors_of(site, run_.architecture, run_.recipe.flash_block() > 0).writes.front()]
        .columns();
  }

  ModelRun run_;
  bool as_stored_;
  std::string name_;
  double relative_cost_;
  Tensors<Value<C>> tensors_;
};

// Budgets in multiplications: a few seconds each on two cores.
constexpr double running_error_budget = 4e8, double_double_budget = 1e10;
constexpr double running_error_cost = 40, double_double_cost = 20;

}  // namespace

std::vector<std::unique_ptr<ReferenceCheck<double>>> checks_of_binary64(const ModelRun& run, bool as_stored) {
  std::vector<std::unique_ptr<ReferenceCheck<double>>> checks;
  const std::size_t n = run.tokens.size();
  const double cost = pass_cost(run.architecture, n);
  if (cost <= running_error_budget)
    checks.push_back(std::make_unique<Beside<RunningError, double>>(run, as_stored, n, "running_error",
                                                                    running_error_cost));
  const double share = std::min(1.0, double_double_budget / cost);
  const auto prefix = std::max<std::size_t>(1, static_cast<std::size_t>(share * static_cast<double>(n)));
  checks.push_back(std::make_unique<Beside<DoubleDoubleArithmetic, double>>(
      run, as_stored, prefix, "double_double", double_double_cost));
  return checks;
}

std::vector<std::unique_ptr<ReferenceCheck<DoubleDouble>>> checks_of_double_double(const ModelRun& run,
                                                                                   bool as_stored) {
  std::vector<std::unique_ptr<ReferenceCheck<DoubleDouble>>> checks;
  checks.push_back(
      std::make_unique<Beside<Native, DoubleDouble>>(run, as_stored, run.tokens.size(), "fp64", 1));
  return checks;
}

}  // namespace halfulp
