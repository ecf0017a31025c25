#include "halfulp/analysis/plan/simulation.hpp"

#include "halfulp/analysis/plan/recipe_overrides.hpp"

namespace halfulp {
namespace {

/// Logits with weights as run.recipe stores them.
template <class ArithmeticOf>
Matrix<double> logits_of(const ModelRun& run, ArithmeticOf arithmetic_of) {
  Tensors<double> ends = forward(
      run.architecture, [&](std::size_t layer, Site site) { return run.place(layer, site); }, arithmetic_of,
      [](std::size_t, Site, const Tensors<double>&) {});
  return std::move(ends[Tensor::logits]);
}

}  // namespace

Simulation::Simulation(const ModelRun& run)
    : run_(run), logits_(logits_of(run, [](std::size_t, Site) { return Native(); })) {}

OutputMetrics Simulation::metrics(const Recipe& recipe) const {
  const ModelRun run{run_.architecture, run_.weights, run_.tokens, recipe, run_.seed};
  const Matrix<double> computed =
      logits_of(run, [&](std::size_t layer, Site site) { return run.arithmetic(layer, site); });
  return output_metrics(logits_.view(), computed.view(), run.tokens);
}

OutputMetrics Simulation::alone(std::size_t layer, Site site) const {
  const Recipe table_alone(one_line(run_.recipe.text()) + ",rope.rotate=fp64");
  const Matrix<double> computed = logits_of(run_, [&](std::size_t l, Site s) {
    if (l == layer && s == site) return run_.arithmetic_on_reference(l, s);
    if (site == Site::rope && s == site)
      return table_alone.arithmetic_on_reference(run_.architecture, l, s, run_.seed);
    return Staged();
  });
  return output_metrics(logits_.view(), computed.view(), run_.tokens);
}

}  // namespace halfulp
