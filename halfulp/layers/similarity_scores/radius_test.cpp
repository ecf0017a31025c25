#include "halfulp/layers/similarity_scores/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// in: N, W_q, W_k.  Masked scores are not compared.
template <Composition composition, ScoreScale how>
struct Room {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    using V = Value<A>;
    const std::size_t n = in[0].columns();
    Matrix<V> q(in[1].rows(), n), k(in[2].rows(), n), s(n, n);
    product(ar, in[1].view(), in[0].view(), q.view());
    product(ar, in[2].view(), in[0].view(), k.view());
    similarity_scores(ar, std::as_const(k).view(), std::as_const(q).view(), how, s.view());
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t t = 0; t < i; ++t) s(i, t) = ar.exactly(0.0);
    return vec(s);
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const RoundingModel model = rounding_model_of(ar);
    const std::size_t n = in[0].columns();
    Matrix<double> q(in[1].rows(), n), k(in[2].rows(), n);
    product(ar, in[1].view(), in[0].view(), q.view());
    product(ar, in[2].view(), in[0].view(), k.view());
    const Radii rho_q = linear_local(model, in[1].view(), {}, in[0].view(), q.view());
    const Radii rho_k = linear_local(model, in[2].view(), {}, in[0].view(), k.view());
    const Radii e_q = linear_inherited(in[1].view(), e.view()) + rho_q;
    const Radii e_k = linear_inherited(in[2].view(), e.view()) + rho_k;
    const Radii came_in = composition == Composition::signed_products
                              ? scores_inherited_signed(in[2].view(), in[1].view(), std::as_const(k).view(),
                                                        std::as_const(q).view(), e, rho_k, rho_q, e_k, e_q)
                              : scores_inherited(std::as_const(k).view(), std::as_const(q).view(), e_k, e_q);
    return {unvec(run(ar, in), n),
            came_in + scores_local(model, std::as_const(k).view(), std::as_const(q).view(), how)};
  }
};

Arrays<double> tokens(Draws& draws, double u, int trial) {
  const std::size_t d = 1 + draws.below(6), width = 1 + draws.below(4), n = 1 + draws.below(5);
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  return {argument(draws, d, n, shape, u), draws.matrix(width, d), draws.matrix(width, d)};
}

TEST(SimilarityScoresRadius, ContainsTheExactResult) {
  expect_radii<Room<Composition::signed_products, ScoreScale::by_exact_root>>(
      {.row = "radius of scores, signed", .seed = 1, .trials = 18}, tokens);
  expect_radii<Room<Composition::signed_products, ScoreScale::by_reciprocal>>(
      {.row = "radius of scores, signed, by reciprocal", .seed = 2, .trials = 18}, tokens);
  expect_radii<Room<Composition::absolute_products, ScoreScale::by_rounded_root>>(
      {.row = "radius of scores, absolute", .seed = 3, .trials = 18}, tokens);
}

/// Large errors of keys and queries: only their product is left.
TEST(SimilarityScoresRadius, CountsTheProductOfBothErrors) {
  expect_radii<Room<Composition::signed_products, ScoreScale::by_exact_root>>(
      {.row = "radius of scores, far from exact", .seed = 4, .trials = 18, .movements = {0x1p7, 0x1p20}},
      tokens);
}

}  // namespace
}  // namespace halfulp
