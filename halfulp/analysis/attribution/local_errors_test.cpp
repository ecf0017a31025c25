#include "halfulp/analysis/attribution/local_errors.hpp"

#include <gtest/gtest.h>

#include "halfulp/layers/transformer/random_model_testing.hpp"

namespace halfulp {
namespace {

using testing::Draws;

/// visit(run, layer, site, tensors) for every site of every architecture, tensors those of an accurate pass.
template <class Visit>
void each_site(const std::string& text, Visit visit) {
  Draws draws(31);
  for (const Architecture& architecture : testing::every_architecture()) {
    const testing::RandomModel model = testing::random_model(architecture, 6, draws);
    const Recipe recipe(text);
    const ModelRun run{model.architecture, model.weights, model.tokens, recipe, 5};
    forward(
        architecture, [&](std::size_t layer, Site s) { return run.place(layer, s); },
        [](std::size_t, Site) { return Native(); },
        [&](std::size_t layer, Site s, const Tensors<double>& tensors) { visit(run, layer, s, tensors); });
  }
}

TEST(LocalErrors, OfTheStepsSumToThatOfTheSite) {
  for (const char* text : {"bf16", "pure-bin12", "bf16-flash", "tf32", "fp16:stochastic"})
    each_site(text, [&](const ModelRun& run, std::size_t layer, Site site, const Tensors<double>& x) {
      Tensors<double> rounded, exact;
      const Place place = run.place(layer, site);
      Staged recipe = run.arithmetic(layer, site);
      Native ar;
      rounded.prepare(site, run.architecture, place.flash(), 6);
      exact.prepare(site, run.architecture, place.flash(), 6);
      evaluate_site(site, recipe, place, x, rounded);
      evaluate_site(site, ar, place, x, exact);
      const auto steps = step_errors(run, layer, site, x);
      for (const Tensor t : tensors_of(site, run.architecture, place.flash()).writes)
        each_entry(t, exact[t].rows(), 6, 6, [&](std::size_t i, std::size_t j) {
          double sum = 0;
          for (const StepErrors& e : steps) sum += e.error[t](i, j);
          const double whole = rounded[t](i, j) - exact[t](i, j);
          EXPECT_NEAR(sum, whole, 1e-13 * (1 + std::fabs(exact[t](i, j))))
              << text << ' ' << name_of(site) << ' ' << name_of(run.recipe.preset().format);
        });
    });
}

TEST(LocalErrors, NothingIsLostWhereTheResultIsANumberOfTheFormat) {
  each_site("bf16", [&](const ModelRun& run, std::size_t layer, Site site, const Tensors<double>& x) {
    if (run.architecture.activation != Activation::relu) return;
    for (const StepErrors& e : local_errors(run, layer, site, x)) {
      if (site == Site::act) {  // of a number of the format, or 0
        for (const double error : e.error[Tensor::hidden].values()) EXPECT_EQ(error, 0);
      }
      if (site == Site::score && e.step == Step::product) {
        double largest = 0;
        for (const double error : e.error[Tensor::score].values())
          largest = std::max(largest, std::fabs(error));
        EXPECT_GT(largest, 0);
      }
    }
  });
}

TEST(LocalErrors, TheStoredRootOfTheHeadWidthMovesAllScoresTogether) {
  Architecture gpt2 = testing::every_architecture()[2];  // d_h = 2, whose root is not a number of bf16
  Draws draws(32);
  const testing::RandomModel model = testing::random_model(gpt2, 6, draws);
  const Recipe recipe("bf16");
  const ModelRun run{model.architecture, model.weights, model.tokens, recipe};
  forward(
      gpt2, [&](std::size_t layer, Site s) { return run.place(layer, s); },
      [](std::size_t, Site) { return Native(); },
      [&](std::size_t layer, Site s, const Tensors<double>& tensors) {
        if (s != Site::score) return;
        const auto steps = local_errors(run, layer, s, tensors);
        ASSERT_EQ(steps.size(), 3u);
        EXPECT_EQ(steps[2].sharing, (Sharing{Sharing::Among::everything, true}));
        const double relative = std::sqrt(2.0) / 1.4140625 - 1;  // bf16(sqrt 2) = 1.4140625
        double sum = 0, size = 0;
        each_entry(Tensor::score, gpt2.heads * 6, 6, 6, [&](std::size_t i, std::size_t j) {
          sum += steps[2].error[Tensor::score](i, j) / relative - tensors[Tensor::score](i, j);
          size += std::fabs(tensors[Tensor::score](i, j));
        });
        EXPECT_LT(std::fabs(sum), 0.02 * size);  // the scores themselves, rounded to bf16
      });
}

TEST(LocalErrors, TheRoundedReciprocalOfTheRootMovesAllScoresTogether) {
  Architecture llama = testing::every_architecture()[0];
  llama.head_dim = llama.rotary_dims = 2;
  Draws draws(33);
  const testing::RandomModel model = testing::random_model(llama, 6, draws);
  const Recipe recipe("fp64,score.scale.acc=bf16");
  const ModelRun run{model.architecture, model.weights, model.tokens, recipe};
  forward(
      llama, [&](std::size_t layer, Site s) { return run.place(layer, s); },
      [](std::size_t, Site) { return Native(); },
      [&](std::size_t layer, Site s, const Tensors<double>& tensors) {
        if (s != Site::score) return;
        for (const StepErrors& e : local_errors(run, layer, s, tensors)) {
          if (!e.sharing.all_layers) continue;
          const double relative = 0.70703125 * std::sqrt(2.0) - 1;  // bf16(1/sqrt 2) = 0.70703125
          each_entry(Tensor::score, llama.heads * 6, 6, 6, [&](std::size_t i, std::size_t j) {
            const double expected = relative * tensors[Tensor::score](i, j);
            EXPECT_NEAR(e.error[Tensor::score](i, j), expected, 1e-9 * std::fabs(expected));
          });
          return;
        }
        ADD_FAILURE() << "no error of the factor";
      });
}

TEST(LocalErrors, StayWithinTheirRadii) {
  for (const char* text : {"bf16", "pure-bin12", "bf16-flash", "tf32", "fp16:stochastic",
                           "pure-bf16,order=pairwise", "e4m3fn", "pure-dec3"})
    each_site(text, [&](const ModelRun& run, std::size_t layer, Site site, const Tensors<double>& x) {
      for (const StepErrors& e : local_errors(run, layer, site, x, true))
        for (const Tensor t : tensors_of(site, run.architecture, run.recipe.flash_block() > 0).writes)
          each_entry(t, e.error[t].rows(), 6, 6, [&](std::size_t i, std::size_t j) {
            const double radius = std::fabs(e.radius[t](i, j));
            // A step after others finds other operands than alone; those differ by little.
            EXPECT_LE(std::fabs(e.error[t](i, j)), 1.25 * radius + 1e-13 * std::fabs(x[t](i, j)))
                << text << ' ' << name_of(site) << '.' << name_of(e.step);
            if (e.spread[t].rows() > 0) {
              EXPECT_LE(e.spread[t](i, j), radius);
            }
          });
    });
}

/// Of h errors in a row, each at most u T, the squares sum to h (u T)^2, and the worst case is h u T.
TEST(LocalErrors, SpreadsOfSumsAreTheirRadiiOverTheRootOfTheirRoundings) {
  std::string text = "fp64";
  for (const char* site : {"qkv", "score", "pv", "attn_out", "mlp_in", "mlp_out", "head"})
    text += "," + std::string(site) + ".product.acc=bin10";
  std::size_t products = 0;
  each_site(text, [&](const ModelRun& run, std::size_t layer, Site site, const Tensors<double>& x) {
    const Architecture& a = run.architecture;
    std::size_t terms = a.width;
    if (site == Site::score) terms = a.head_dim;
    if (site == Site::pv) terms = 6;  // tokens
    if (site == Site::attn_out) terms = a.heads * a.head_dim;
    if (site == Site::mlp_out) terms = a.inner;
    const double roundings = RoundingModel{0, run.recipe.summation()}.dot(terms) + 1;  // and a bias
    for (const StepErrors& e : local_errors(run, layer, site, x, true)) {
      if (e.step != Step::product) continue;
      ++products;
      for (const Tensor t : tensors_of(site, a, false).writes)
        each_entry(t, e.error[t].rows(), 6, 6, [&](std::size_t i, std::size_t j) {
          const double expected = e.radius[t](i, j) / std::sqrt(roundings);
          EXPECT_NEAR(e.spread[t](i, j), expected, 1e-6 * expected) << name_of(site);
        });
    }
  });
  EXPECT_GE(products, 5 * 7u);
}

}  // namespace
}  // namespace halfulp
