// Products with the Jacobian of small random transformers of every kind: with derivatives and by the reverse
// sweep, against dual numbers and differences in double-double.
//
// Tolerance: 2^-40 of the largest entry, or of the sum of moduli; reverse_test.cpp says why.
#include "halfulp/layers/transformer/jacobian.hpp"

#include "halfulp/base/error.hpp"
#include "halfulp/layers/transformer/random_model_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::size_t n = 6;
constexpr double lost = 0x1p-40;

PlaceOf places_of(const RandomModel& model) {
  return [&model](std::size_t layer, Site site) { return model.place(layer, site); };
}

struct Product {
  Matrix<double> logits, derivatives;  // [vocabulary, n], [vocabulary, n P]
  std::size_t pieces = 0;
};

/// J V_p.
Product times(const RandomModel& model, const std::vector<Matrix<double>>& directions,
              const JacobianOptions& options = {}, std::size_t flash_block = 0) {
  const std::size_t count = directions.size(), tokens = model.tokens.size();
  Product all{Matrix<double>(model.architecture.vocabulary, tokens),
              Matrix<double>(model.architecture.vocabulary, tokens * count)};
  const Directions fill{count, [&](MatrixView<const double> x, MatrixView<double> v) {
                          EXPECT_EQ(v.rows(), x.rows());
                          EXPECT_EQ(v.columns(), x.columns() * count);
                          for (std::size_t i = 0; i < v.rows(); ++i)
                            for (std::size_t c = 0; c < v.columns(); ++c) {
                              EXPECT_EQ(v(i, c), 0);
                              v(i, c) = directions[c % count](i, c / count);
                            }
                        }};
  std::size_t next = 0;
  jacobian_times(
      model.architecture,
      [&](std::size_t layer, Site site) {
        Place place = model.place(layer, site);
        place.flash_block = flash_block;
        return place;
      },
      fill,
      [&](std::size_t first, MatrixView<const double> z, MatrixView<const double> dz) {
        ++all.pieces;
        EXPECT_EQ(first, next);
        next += z.columns();
        for (std::size_t i = 0; i < z.rows(); ++i) {
          for (std::size_t t = 0; t < z.columns(); ++t) all.logits(i, first + t) = z(i, t);
          for (std::size_t c = 0; c < dz.columns(); ++c) all.derivatives(i, first * count + c) = dz(i, c);
        }
      },
      options);
  EXPECT_EQ(next, tokens);
  return all;
}

/// The logits from an input of the first block that `change` has changed.
template <class A, class Change>
Matrix<Value<A>> logits_after(const RandomModel& model, Change change) {
  auto end = forward(
      model.architecture, places_of(model), [](std::size_t, Site) { return A(); },
      [&](std::size_t, Site site, Tensors<Value<A>>& tensors) {
        if (site == Site::embed) change(tensors[Tensor::stream]);
      });
  return std::move(end[Tensor::logits]);
}

double largest_of(const Matrix<double>& m) {
  double size = 0;
  for (const double entry : m.values()) size = std::fmax(size, std::fabs(entry));
  return size;
}

std::vector<Matrix<double>> random_matrices(std::size_t count, std::size_t rows, std::size_t columns,
                                            Draws& draws) {
  std::vector<Matrix<double>> all;
  for (std::size_t p = 0; p < count; ++p) all.push_back(draws.matrix(rows, columns));
  return all;
}

TEST(TransformerJacobian, TimesADirectionIsTheForwardPassInDualNumbers) {
  Draws draws(201);
  for (const Architecture& a : every_architecture())
    for (const std::size_t count : {1, 2, 3, 4}) {
      const RandomModel model = random_model(a, n, draws);
      const auto directions = random_matrices(count, a.width, n, draws);
      const Product got = times(model, directions);
      const Matrix<double> logits = logits_after<Native>(model, [](const Matrix<double>&) {});
      EXPECT_EQ(got.logits.values(), logits.values());
      for (std::size_t p = 0; p < count; ++p) {
        const auto moved = logits_after<Dual<>>(model, [&](auto& x) {
          for (std::size_t i = 0; i < x.values().size(); ++i)
            x.values()[i].dx = DoubleDouble{directions[p].values()[i]};
        });
        for (std::size_t i = 0; i < a.vocabulary; ++i)
          for (std::size_t t = 0; t < n; ++t)
            EXPECT_NEAR(got.derivatives(i, t * count + p), moved(i, t).dx.hi,
                        lost * largest_of(got.derivatives))
                << draws.replay();
      }
    }
}

/// (F(x + h v) - F(x - h v)) / 2h, h = 2^-32: what the third derivative adds is h^2 times what the network
/// makes of it, rounding loses 2^-100 / h.
TEST(TransformerJacobian, TimesADirectionIsTheCentralDifference) {
  Draws draws(202);
  constexpr double h = 0x1p-32;
  for (const Architecture& a : every_architecture()) {
    const RandomModel model = random_model(a, n, draws);
    const auto directions = random_matrices(2, a.width, n, draws);
    const Product got = times(model, directions);
    for (std::size_t p = 0; p < 2; ++p) {
      const auto moved = [&](double by) {
        return logits_after<DoubleDoubleArithmetic>(model, [&](Matrix<DoubleDouble>& x) {
          for (std::size_t i = 0; i < x.values().size(); ++i)
            x.values()[i] = x.values()[i] + DoubleDouble{by * directions[p].values()[i]};
        });
      };
      const Matrix<DoubleDouble> plus = moved(h), minus = moved(-h);
      for (std::size_t i = 0; i < a.vocabulary; ++i)
        for (std::size_t t = 0; t < n; ++t)
          EXPECT_NEAR(got.derivatives(i, t * 2 + p), (plus(i, t) - minus(i, t)).hi / (2 * h),
                      lost * largest_of(got.derivatives))
              << draws.replay();
    }
  }
}

TEST(TransformerJacobian, TheTransposedProductIsTheAdjointOfTheProduct) {
  Draws draws(203);
  for (const Architecture& a : every_architecture()) {
    const RandomModel model = random_model(a, n, draws);
    const auto v = random_matrices(3, a.width, n, draws), w = random_matrices(3, a.vocabulary, n, draws);
    const Product jv = times(model, v);
    const StreamAdjoint jw = jacobian_transposed_times(a, places_of(model), linear_functionals(w));
    Matrix<double> stream;
    logits_after<Native>(model, [&](const Matrix<double>& x) { stream = x; });
    EXPECT_EQ(jw.stream.values(), stream.values());
    for (std::size_t p = 0; p < 3; ++p)
      for (std::size_t q = 0; q < 3; ++q) {
        double here = 0, there = 0, moduli = 0;
        for (std::size_t i = 0; i < a.vocabulary; ++i)
          for (std::size_t t = 0; t < n; ++t) {
            here += w[p](i, t) * jv.derivatives(i, t * 3 + q);
            moduli += std::fabs(w[p](i, t) * jv.derivatives(i, t * 3 + q));
          }
        for (std::size_t i = 0; i < a.width; ++i)
          for (std::size_t t = 0; t < n; ++t) there += jw.adjoint(i, t * 3 + p) * v[q](i, t);
        EXPECT_NEAR(here, there, lost * moduli) << draws.replay();
      }
  }
}

TEST(TransformerJacobian, BitsDoNotDependOnPiecesThreadsFusionOrCompany) {
  Draws draws(204);
  for (const Architecture& a : every_architecture()) {
    const RandomModel model = random_model(a, n, draws);
    const auto directions = random_matrices(4, a.width, n, draws);
    const Product all = times(model, directions);
    EXPECT_EQ(all.pieces, 1u);
    const Product one_by_one = times(model, directions, {1});
    EXPECT_EQ(one_by_one.pieces, n);
    EXPECT_EQ(one_by_one.derivatives.values(), all.derivatives.values());
    EXPECT_EQ(times(model, directions, {}, 2).derivatives.values(), all.derivatives.values());
    set_threads(1);
    EXPECT_EQ(times(model, directions).derivatives.values(), all.derivatives.values());
    set_threads(0);
    const Product alone = times(model, {directions[2]});
    for (std::size_t i = 0; i < a.vocabulary; ++i)
      for (std::size_t t = 0; t < n; ++t) EXPECT_EQ(alone.derivatives(i, t), all.derivatives(i, t * 4 + 2));
  }
}

TEST(TransformerJacobian, RefusesNoDirectionsAndTooMany) {
  Draws draws(205);
  const RandomModel model = random_model(every_architecture()[0], n, draws);
  EXPECT_THROW(times(model, {}), shape_error);
  EXPECT_THROW(times(model, random_matrices(5, model.architecture.width, n, draws)), shape_error);
  EXPECT_THROW(jacobian_transposed_times(model.architecture, places_of(model), linear_functionals({})),
               shape_error);
}

}  // namespace
}  // namespace halfulp
