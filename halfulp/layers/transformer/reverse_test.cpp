// The reverse sweep of small random transformers of every kind against dual numbers in double-double through
// the forward pass itself.
//
// Tolerance: the sweep is a computation in binary64 like the forward pass; each of its sums loses 2^-53 times
// the moduli of its terms, again and again over two layers of some ten numbers.  2^-40 leaves a factor of
// 8000 for that and is far below what any mistake in a coefficient does.
#include "halfulp/layers/transformer/reverse.hpp"

#include "halfulp/arith/dual.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/transformer/random_model_testing.hpp"
#include "halfulp/layers/transformer/reverse_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::size_t n = 6, functionals = 3;

std::vector<Matrix<double>> random_gradients(const RandomModel& model, Draws& draws) {
  std::vector<Matrix<double>> all;
  for (std::size_t p = 0; p < functionals; ++p)
    all.push_back(draws.matrix(model.architecture.vocabulary, model.tokens.size()));
  return all;
}

PlaceOf places_of(const RandomModel& model) {
  return [&model](std::size_t layer, Site site) { return model.place(layer, site); };
}

Kept swept(const RandomModel& model, const Functionals& f, const ReverseOptions& options = {}) {
  Kept kept;
  reverse(model.architecture, places_of(model), f,
          keeping(kept, model.architecture, model.tokens.size(), f.count), options);
  return kept;
}

void expect_same_bits(const Kept& a, const Kept& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [where, k] : a) EXPECT_EQ(k.adjoint.values(), b.at(where).adjoint.values());
}

TEST(Reverse, AdjointOfEverySitePredictsWhatAPerturbationThereDoes) {
  Draws draws(91);
  for (const Architecture& a : every_architecture()) {
    const RandomModel model = random_model(a, n, draws);
    const auto gradients = random_gradients(model, draws);
    const Kept kept = swept(model, linear_functionals(gradients));
    const Perturbation everywhere = random_perturbation(kept, n, 1, draws);
    for (const auto& [where, delta] : everywhere) {
      const Perturbation here{{where, delta}};
      const auto moved = perturbed_logits<Dual<>>(a, places_of(model), here, [](auto y, double by) {
        y.dx = y.dx + DoubleDouble{by};
        return y;
      });
      for (std::size_t p = 0; p < functionals; ++p) {
        DoubleDouble expected{};
        for (std::size_t i = 0; i < moved.values().size(); ++i)
          expected = expected + DoubleDouble{gradients[p].values()[i]} * moved.values()[i].dx;
        const FirstOrderChange got = first_order_change(kept, here, p, functionals);
        EXPECT_GT(got.moduli, 0);
        EXPECT_NEAR(got.change, expected.hi, 0x1p-40 * got.moduli)
            << "family " << static_cast<int>(a.family) << ", layer " << where.first << ", site "
            << name_of(kept.at(where).site) << ", tensor " << static_cast<int>(where.second)
            << ", functional " << p << "; " << draws.replay();
      }
    }
  }
}

TEST(Reverse, EveryEntryOfEverySiteIsShownOnceWithItsValue) {
  Draws draws(92);
  for (const Architecture& a : every_architecture()) {
    const RandomModel model = random_model(a, n, draws);
    const Kept kept = swept(model, linear_functionals(random_gradients(model, draws)));
    std::size_t tensors = 0;
    forward(
        a, places_of(model), [](std::size_t, Site) { return Native(); },
        [&](std::size_t layer, Site site, const Tensors<double>& values) {
          for (const Tensor tensor : tensors_of(site, a, false).writes) {
            ++tensors;
            const KeptAdjoint& k = kept.at({layer, tensor});
            EXPECT_EQ(k.site, site);
            EXPECT_EQ(k.value.values(), values[tensor].values()) << name_of(site);
            for (const int times : k.seen.values()) EXPECT_EQ(times, 1) << name_of(site);
          }
        });
    EXPECT_EQ(kept.size(), tensors);
  }
}

TEST(Reverse, MaskedScoresAndWeightsHaveAdjointZero) {
  Draws draws(93);
  const RandomModel model = random_model(every_architecture()[0], n, draws);
  const Kept kept = swept(model, linear_functionals(random_gradients(model, draws)));
  for (const auto& [where, k] : kept) {
    if (where.second != Tensor::score && where.second != Tensor::weight) continue;
    for (std::size_t i = 0; i < k.value.rows(); ++i)
      for (std::size_t c = 0; c < i % n * functionals; ++c) EXPECT_EQ(k.adjoint(i, c), 0);
  }
}

TEST(Reverse, FunctionalsTogetherGiveTheBitsOfEachAlone) {
  Draws draws(94);
  for (const Architecture& a : every_architecture()) {
    const RandomModel model = random_model(a, n, draws);
    const auto gradients = random_gradients(model, draws);
    const Kept together = swept(model, linear_functionals(gradients));
    for (std::size_t p = 0; p < functionals; ++p) {
      const Kept alone = swept(model, linear_functionals({gradients[p]}));
      for (const auto& [where, k] : alone)
        for (std::size_t i = 0; i < k.adjoint.rows(); ++i)
          for (std::size_t t = 0; t < n; ++t)
            ASSERT_EQ(k.adjoint(i, t), together.at(where).adjoint(i, t * functionals + p));
    }
  }
}

TEST(Reverse, GradientsAreAskedForSomeTokensAtATimeAndGiveTheSameBits) {
  Draws draws(95);
  const RandomModel model = random_model(every_architecture()[2], n, draws);
  const Functionals whole = linear_functionals(random_gradients(model, draws));
  const std::size_t of_token = model.architecture.vocabulary * functionals;
  for (const std::size_t tokens : {std::size_t{1}, std::size_t{4}, n}) {
    std::vector<std::size_t> asked;
    const Functionals some{functionals,
                           [&](std::size_t first, MatrixView<const double> z, MatrixView<double> bar) {
                             EXPECT_EQ(bar.rows(), z.rows());
                             EXPECT_EQ(bar.columns(), z.columns() * functionals);
                             EXPECT_EQ(first, asked.size());
                             asked.resize(first + z.columns());
                             EXPECT_LE(z.columns(), tokens);
                             whole.gradient(first, z, bar);
                           }};
    expect_same_bits(swept(model, whole), swept(model, some, {tokens * of_token}));
    EXPECT_EQ(asked.size(), n);
  }
}

TEST(Reverse, BitsDoNotDependOnTheNumberOfThreads) {
  Draws draws(96);
  for (const Architecture& a : every_architecture()) {
    const RandomModel model = random_model(a, 16, draws);
    const Functionals f = linear_functionals(random_gradients(model, draws));
    set_threads(1);
    const Kept one = swept(model, f);
    set_threads(2);
    expect_same_bits(one, swept(model, f));
    set_threads(0);
  }
}

TEST(Reverse, FusedAttentionIsTakenApart) {
  Draws draws(97);
  const RandomModel model = random_model(every_architecture()[0], n, draws);
  const Functionals f = linear_functionals(random_gradients(model, draws));
  Kept fused;
  reverse(
      model.architecture,
      [&](std::size_t layer, Site site) {
        Place place = model.place(layer, site);
        place.flash_block = 2;
        place.shift = Shift::none;
        return place;
      },
      f, keeping(fused, model.architecture, n, functionals));
  expect_same_bits(swept(model, f), fused);
}

TEST(Reverse, WithoutFunctionalsThereIsNothingToSweep) {
  Draws draws(98);
  const RandomModel model = random_model(every_architecture()[0], n, draws);
  EXPECT_THROW(swept(model, linear_functionals({})), shape_error);
}

}  // namespace
}  // namespace halfulp
