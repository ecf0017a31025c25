#include "halfulp/layers/transformer/jacobian.hpp"

#include <algorithm>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/linalg/dual_product.hpp"

namespace halfulp {
namespace {

/// The forward pass in numbers with k >= P derivatives, those from P on zero.
template <std::size_t k>
class Pass {
 public:
  using A = DualAlong<k>;

  Pass(const Architecture& architecture, const PlaceOf& place_of, std::size_t directions)
      : architecture_(architecture), place_of_(place_of), directions_(directions) {}

  void run(const Directions& directions, const VisitDerivatives& visit, std::size_t numbers) {
    site(0, Site::embed);
    move(directions, tensors_[Tensor::stream]);
    for (std::size_t layer = 0; layer < architecture_.layers; ++layer) {
      for (const Site each : layer_sites(architecture_, false)) site(layer, each);
      tensors_.advance();
    }
    site(architecture_.layers, Site::final_norm);
    const Matrix<Value<A>> normed = std::move(tensors_[Tensor::final_normed]);
    tensors_ = {};
    head(normed, visit, numbers);
  }

 private:
  Place place(std::size_t layer, Site site) const { return unfused(place_of_(layer, site)); }

  void site(std::size_t layer, Site which) {
    throw_if_interrupted();
    const Place at = place(layer, which);
    A ar;
    tensors_.prepare(which, architecture_, false, at.tokens.size());
    evaluate_site(which, ar, at, tensors_, tensors_);
  }
  void move(const Directions& directions, Matrix<Value<A>>& stream) const {
    Matrix<double> x(stream.rows(), stream.columns()), v(stream.rows(), stream.columns() * directions_);
    for (std::size_t i = 0; i < x.rows(); ++i)
      for (std::size_t t = 0; t < x.columns(); ++t) x(i, t) = stream(i, t).x;
    directions.fill(x, v);
    for (std::size_t i = 0; i < x.rows(); ++i)
      for (std::size_t t = 0; t < x.columns(); ++t)
        for (std::size_t p = 0; p < directions_; ++p) stream(i, t).dx.along[p] = v(i, t * directions_ + p);
  }
  /// Some tokens at a time, as in the reverse sweep.
  void head(const Matrix<Value<A>>& normed, const VisitDerivatives& visit, std::size_t numbers) const {
    const Place at = place(architecture_.layers, Site::head);
    const std::size_t vocabulary = architecture_.vocabulary, n = normed.columns();
    const std::size_t most = std::max<std::size_t>(1, numbers / (vocabulary * directions_));
    for (std::size_t first = 0; first < n; first += most) {
      const std::size_t count = std::min(most, n - first);
      A ar;
      Matrix<Value<A>> y(vocabulary, count);
      matmul(ar, at.operand(at.weights.head.weight), at.operand(at.weights.head.bias),
             normed.view().columns_part(first, count), y.view());
      Matrix<double> z(vocabulary, count), dz(vocabulary, count * directions_);
      for (std::size_t i = 0; i < vocabulary; ++i)
        for (std::size_t t = 0; t < count; ++t) {
          z(i, t) = y(i, t).x;
          for (std::size_t p = 0; p < directions_; ++p) dz(i, t * directions_ + p) = y(i, t).dx.along[p];
        }
      visit(first, z.view(), dz.view());
    }
  }

  const Architecture& architecture_;
  const PlaceOf& place_of_;
  std::size_t directions_;
  Tensors<Value<A>> tensors_;
};

}  // namespace

void jacobian_times(const Architecture& architecture, const PlaceOf& place_of, const Directions& directions,
                    const VisitDerivatives& visit, const JacobianOptions& options) {
  const std::size_t count = directions.count;
  if (count == 0 || count > most_directions) throw shape_error("jacobian_times: 1 to 4 directions");
  if (count <= 2)
    Pass<2>(architecture, place_of, count).run(directions, visit, options.derivative_numbers);
  else
    Pass<4>(architecture, place_of, count).run(directions, visit, options.derivative_numbers);
}

StreamAdjoint jacobian_transposed_times(const Architecture& architecture, const PlaceOf& place_of,
                                        const Functionals& functionals, const ReverseOptions& options) {
  StreamAdjoint result;
  const auto copy = [](MatrixView<const double> from) {
    Matrix<double> to(from.rows(), from.columns());
    for (std::size_t i = 0; i < to.rows(); ++i)
      for (std::size_t j = 0; j < to.columns(); ++j) to(i, j) = from(i, j);
    return to;
  };
  reverse(
      architecture, place_of, functionals,
      [&](const SiteAdjoint& piece) {
        if (piece.site == Site::embed) result = {copy(piece.value), copy(piece.adjoint)};
      },
      options);
  return result;
}

}  // namespace halfulp
