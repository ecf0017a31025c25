#include "halfulp/analysis/attribution/recipe_run.hpp"

namespace halfulp {

RecipeRun::RecipeRun(const ModelRun& run) : run_(run), layer_(run.architecture.layers) {
  ends_ = forward(
      run.architecture, [&](std::size_t layer, Site site) { return run.place(layer, site); },
      [&](std::size_t layer, Site site) { return run.arithmetic(layer, site); },
      [&](std::size_t, Site site, const Tensors<double>& tensors) {
        if (site == Site::embed) streams_.push_back(tensors[Tensor::stream]);
        if (site == Site::mlp_residual) streams_.push_back(tensors[Tensor::next_stream]);
      });
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
