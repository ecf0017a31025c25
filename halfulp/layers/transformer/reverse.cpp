#include "halfulp/layers/transformer/reverse.hpp"

#include <algorithm>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/layers/linear/transposed.hpp"
#include "halfulp/layers/transformer/transposed.hpp"

namespace halfulp {
namespace {

class Sweep {
 public:
  Sweep(const Architecture& architecture, const PlaceOf& place_of, const FunctionalsOf& functionals_of,
        const VisitAdjoint& visit)
      : architecture_(architecture),
        place_of_(place_of),
        visit_(visit),
        tokens_(place_of(0, Site::embed).tokens.size()),
        functionals_(functionals_of(forward_keeping_inputs())),
        adjoints_(architecture, tokens_, functionals_.count) {
    if (functionals_.count == 0) throw shape_error("reverse: no functionals");
  }

  void run(std::size_t gradient_numbers) {
    head(gradient_numbers);
    pass(architecture_.layers, Site::final_norm);
    for (std::size_t layer = architecture_.layers; layer-- > 0;) {
      recompute(layer);
      adjoints_.retreat();
      const std::vector<Site> sites = layer_sites(architecture_, false);
      for (auto site = sites.rbegin(); site != sites.rend(); ++site) pass(layer, *site);
    }
    pass(0, Site::embed);
  }

 private:
  Place place(std::size_t layer, Site site) const { return unfused(place_of_(layer, site)); }

  /// The logits.
  const Matrix<double>& forward_keeping_inputs() {
    values_ = forward(
        architecture_, [&](std::size_t layer, Site site) { return place(layer, site); },
        [](std::size_t, Site) { return Native(); },
        [&](std::size_t, Site site, const Tensors<double>& tensors) {
          if (site == Site::embed) inputs_.push_back(tensors[Tensor::stream]);
          if (site == Site::mlp_residual) inputs_.push_back(tensors[Tensor::next_stream]);
        });
    inputs_.pop_back();  // the output of the last layer stands in values_
    return std::as_const(values_)[Tensor::logits];
  }

  /// Some tokens at a time, because the gradients of all would be vocabulary times n times P numbers.
  void head(std::size_t gradient_numbers) {
    const Place at = place(architecture_.layers, Site::head);
    const MatrixView<const double> logits = std::as_const(values_)[Tensor::logits].view();
    const std::size_t of_token = logits.rows() * functionals_.count;
    const std::size_t most = std::max<std::size_t>(1, gradient_numbers / of_token);
    adjoints_.begin(Tensor::final_normed);
    for (std::size_t first = 0; first < tokens_; first += most) {
      const std::size_t count = std::min(most, tokens_ - first);
      const auto z = logits.columns_part(first, count);
      Matrix<double> z_bar(z.rows(), count * functionals_.count);
      functionals_.gradient(first, z, z_bar.view());
      visit_({architecture_.layers, Site::head, Tensor::logits, 0, first, z, z_bar.view(), values_});
      linear_transposed<double>(at.operand(at.weights.head.weight), z_bar,
                                adjoints_.of_tokens(Tensor::final_normed, first, count));
    }
    values_[Tensor::logits] = Matrix<double>();
  }

  /// The values of a layer from its input, by the forward pass's own sites.
  void recompute(std::size_t layer) {
    values_[Tensor::stream] = std::move(inputs_[layer]);
    for (const Site site : layer_sites(architecture_, false)) {
      Native ar;
      values_.prepare(site, architecture_, false, tokens_);
      evaluate_site(site, ar, place(layer, site), values_, values_);
    }
  }

  /// Shows a site what it stored, and goes back through it.
  void pass(std::size_t layer, Site site) {
    if (site == Site::score || site == Site::softmax) return;  // with pv
    const Place at = place(layer, site);
    const std::vector<Tensor> written = tensors_of(site, architecture_, false).writes;
    for (const Tensor tensor : written)
      visit_({layer, site, tensor, 0, 0, std::as_const(values_)[tensor].view(), adjoints_[tensor], values_});
    if (site == Site::pv)
      transposed_attention(at, values_, adjoints_,
                           [&](Tensor tensor, std::size_t row, MatrixView<const double> adjoint) {
                             const auto value = std::as_const(values_)[tensor].view();
                             visit_({layer, site_writing(tensor), tensor, row, 0,
                                     value.rows_part(row, adjoint.rows()), adjoint, values_});
                           });
    else
      transposed_site(site, at, values_, adjoints_);
    for (const Tensor tensor : written) adjoints_.end(tensor);
  }

  const Architecture& architecture_;
  const PlaceOf& place_of_;
  const VisitAdjoint& visit_;
  std::size_t tokens_;
  std::vector<Matrix<double>> inputs_;  // of layers not yet passed
  Tensors<double> values_;
  Functionals functionals_;
  AdjointTensors adjoints_;
};

}  // namespace

Functionals linear_functionals(std::vector<Matrix<double>> gradients) {
  const std::size_t count = gradients.size();
  return {count, [count, all = std::move(gradients)](std::size_t first, MatrixView<const double> z,
                                                     MatrixView<double> z_bar) {
            for (std::size_t i = 0; i < z.rows(); ++i)
              for (std::size_t t = 0; t < z.columns(); ++t)
                for (std::size_t p = 0; p < count; ++p) z_bar(i, t * count + p) = all[p](i, first + t);
          }};
}

void reverse(const Architecture& architecture, const PlaceOf& place_of, const Functionals& functionals,
             const VisitAdjoint& visit, const ReverseOptions& options) {
  reverse(
      architecture, place_of, [&](const Matrix<double>&) { return functionals; }, visit, options);
}

void reverse(const Architecture& architecture, const PlaceOf& place_of, const FunctionalsOf& functionals_of,
             const VisitAdjoint& visit, const ReverseOptions& options) {
  Sweep(architecture, place_of, functionals_of, visit).run(options.gradient_numbers);
}

}  // namespace halfulp
