#include "halfulp/analysis/attribution/recipe_run.hpp"

#include <algorithm>

namespace halfulp {

namespace {

/// keep(stream) of every depth; the ends are returned.
template <class ArithmeticOf, class Keep>
auto run_of(const ModelRun& run, ArithmeticOf arithmetic_of, Keep keep) {
  return forward(
      run.architecture, [&](std::size_t layer, Site site) { return run.place(layer, site); }, arithmetic_of,
      [&](std::size_t, Site site, const auto& tensors) {
        if (site == Site::embed) keep(tensors[Tensor::stream]);
        if (site == Site::mlp_residual) keep(tensors[Tensor::next_stream]);
      });
}

template <class Part>
Matrix<double> part_of(const Matrix<Bounded>& from, Part part) {
  Matrix<double> to(from.rows(), from.columns());
  std::transform(from.values().begin(), from.values().end(), to.values().begin(), part);
  return to;
}

}  // namespace

RecipeRun::RecipeRun(const ModelRun& run, bool with_bounds) : run_(run), layer_(run.architecture.layers) {
  if (with_bounds)
    run_with_bounds();
  else
    run_plainly();
}

void RecipeRun::run_plainly() {
  ends_ = run_of(
      run_, [&](std::size_t layer, Site site) { return run_.arithmetic(layer, site); },
      [&](const Matrix<double>& stream) { streams_.push_back(stream); });
}

void RecipeRun::run_with_bounds() {
  const auto value = [](const Bounded& b) { return b.x; };
  const auto error = [](const Bounded& b) { return b.e; };
  const Tensors<Bounded> ends = run_of(
      run_, [&](std::size_t layer, Site site) { return with_running_errors(run_.arithmetic(layer, site)); },
      [&](const Matrix<Bounded>& stream) {
        streams_.push_back(part_of(stream, value));
        stream_errors_.push_back(part_of(stream, error));
      });
  for (const Tensor t : {Tensor::stream, Tensor::final_normed, Tensor::logits})
    ends_[t] = part_of(ends[t], value);
  logit_error_ = part_of(ends[Tensor::logits], error);
}

std::vector<StepErrors> RecipeRun::errors(std::size_t layer, Site site) {
  if (!is_in_layer(site)) return step_errors(run_, layer, site, ends_);
  if (layer != layer_) visit(layer);
  return step_errors(run_, layer, site, layer_values_);
}

void RecipeRun::visit(std::size_t layer) {
  layer_ = layer;
  layer_values_[Tensor::stream] = streams_[layer];
  for (const Site site : run_.sites_of_layer()) {
    const Place place = run_.place(layer, site);
    Staged ar = run_.arithmetic(layer, site);
    layer_values_.prepare(site, run_.architecture, place.flash(), run_.tokens.size());
    evaluate_site(site, ar, place, layer_values_, layer_values_);
  }
}

}  // namespace halfulp
