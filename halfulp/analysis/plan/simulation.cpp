#include "halfulp/analysis/plan/simulation.hpp"

#include "halfulp/analysis/logits.hpp"
#include "halfulp/analysis/plan/recipe_overrides.hpp"

namespace halfulp {
Simulation::Simulation(const ModelRun& run) : run_(run), logits_(accurate_logits(run)) {}

OutputMetrics Simulation::metrics(const Recipe& recipe) const {
  const ModelRun run{run_.architecture, run_.weights, run_.tokens, recipe, run_.seed};
  const Matrix<double> computed = recipe_logits(run);
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
