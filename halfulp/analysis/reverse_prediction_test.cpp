// What the reverse sweep of an accurate run says of a recipe, against the recipe's own run on the bundled
// model:
//
//   signed    sum_k lambda_k^T eps_k, eps_k the rounding errors made at site k, is the functional's error to
//   first
//             order
//   variance  sum_k lambda_k^2 ulp^2 / 12, without running the recipe, is its mean square over random
//   functionals
#include <cmath>

#include "halfulp/analysis/model_run.hpp"
#include "halfulp/analysis/profile.hpp"
#include "halfulp/layers/transformer/reverse_testing.hpp"
#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/token_ids.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::size_t n = 32;

struct Example {
  std::filesystem::path folder =
      std::filesystem::path(HALFULP_SOURCE_DIR) / "examples" / "gpt2-tinyshakespeare";
  Checkpoint checkpoint = load_checkpoint(folder);
  std::vector<std::uint32_t> tokens = read_token_ids(folder / "tokens.json");

  ModelRun run(const Recipe& recipe) const {
    return {checkpoint.architecture, checkpoint.weights, std::span(tokens).first(n), recipe};
  }
};

PlaceOf places_of(const ModelRun& run) {
  return [&run](std::size_t layer, Site site) { return run.place(layer, site); };
}

/// The recipe's run and, at every site, what it loses there: yhat - f(xhat).
struct Rounded {
  Perturbation errors;
  Matrix<double> logits;

  explicit Rounded(const ModelRun& run) {
    Tensors<double> computed, exactly;
    const auto site = [&](std::size_t layer, Site s) {
      const Place place = run.place(layer, s);
      computed.prepare(s, run.architecture, false, n);
      exactly.prepare(s, run.architecture, false, n);
      Native accurate;
      Staged ar = run.arithmetic(layer, s);
      evaluate_site(s, accurate, place, computed, exactly);
      evaluate_site(s, ar, place, computed, computed);
      for (const Tensor t : tensors_of(s, run.architecture, false).writes) {
        Matrix<double>& error = errors[{layer, t}] = Matrix<double>(computed[t].rows(), n);
        each_entry(t, error.rows(), n, n,
                   [&](std::size_t i, std::size_t j) { error(i, j) = computed[t](i, j) - exactly[t](i, j); });
      }
    };
    const std::size_t layers = run.architecture.layers;
    site(0, Site::embed);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      for (const Site s : run.sites_of_layer()) site(layer, s);
      computed.advance();
    }
    site(layers, Site::final_norm);
    site(layers, Site::head);
    logits = computed[Tensor::logits];
  }
};

Matrix<double> accurate_logits(const ModelRun& run) {
  return perturbed_logits<Native>(run.architecture, places_of(run), {}, [](double y, double) { return y; });
}

TEST(ReversePrediction, SignedContributionsOfAllSitesSumToTheErrorOfTheRecipe) {
  const Example example;
  // What is left is of second order: relative to the error itself, a multiple of u.  The same multiple, 100,
  // serves both formats; the rms over the functionals is the measure, because one of them may happen to be
  // near zero.
  for (const auto& [format, u] : {std::pair{"pure-bin12", 0x1p-12}, {"pure-bin17", 0x1p-17}}) {
    const Recipe recipe(format);
    const ModelRun run = example.run(recipe);
    Draws draws(111);
    const std::size_t functionals = 4;
    std::vector<Matrix<double>> gradients;
    for (std::size_t p = 0; p < functionals; ++p)
      gradients.push_back(draws.matrix(run.architecture.vocabulary, n));
    Kept kept;
    reverse(run.architecture, places_of(run), linear_functionals(gradients),
            keeping(kept, run.architecture, n, functionals));
    const Rounded rounded(run);
    const Matrix<double> accurate = accurate_logits(run);
    double misfits = 0, squares = 0;
    for (std::size_t p = 0; p < functionals; ++p) {
      double observed = 0;
      for (std::size_t i = 0; i < accurate.values().size(); ++i)
        observed += gradients[p].values()[i] * (rounded.logits.values()[i] - accurate.values()[i]);
      const double misfit = first_order_change(kept, rounded.errors, p, functionals).change - observed;
      misfits += misfit * misfit;
      squares += observed * observed;
    }
    EXPECT_LE(std::sqrt(misfits / squares), 100 * u) << format;
  }
}

TEST(ReversePrediction, VarianceWithoutTheRecipePredictsWhatAProfileObserves) {
  const Example example;
  const int bits = 12;
  // Sites that round their results once, and nothing else.  Not the activation, whose GELU rounds nine times,
  // nor the scores, which are divided by one stored sqrt(d_h): an error common to all of them, which has no
  // variance.
  const Recipe recipe(
      "fp64,attn_norm.gain.out=bin12,mlp_norm.gain.out=bin12,final_norm.gain.out=bin12,qkv.product.out=bin12,"
      "softmax.divide.out=bin12,pv.product.out=bin12,attn_out.product.out=bin12,"
      "residual.add.out=bin12,mlp_in.product.out=bin12,mlp_out.product.out=bin12,head.product.out=bin12");
  const ModelRun run = example.run(recipe);
  Draws draws(112);
  const std::size_t functionals = 16;
  std::vector<Matrix<double>> gradients;
  for (std::size_t p = 0; p < functionals; ++p)
    gradients.push_back(draws.matrix(run.architecture.vocabulary, n));
  double variance = 0;  // of a random functional: the mean square of ||dZ||
  reverse(run.architecture, places_of(run), linear_functionals(gradients), [&](const SiteAdjoint& piece) {
    if (piece.site == Site::act || piece.site == Site::embed || piece.site == Site::score) return;
    for (std::size_t i = 0; i < piece.value.rows(); ++i)
      for (std::size_t t = 0; t < piece.value.columns(); ++t) {
        const double y = piece.value(i, t);
        const double ulp = y == 0 ? 0 : std::ldexp(1.0, std::ilogb(y) + 1 - bits);
        for (std::size_t p = 0; p < functionals; ++p) {
          const double lambda = piece.adjoint(i, t * functionals + p);
          variance += lambda * lambda * ulp * ulp / 12;
        }
      }
  });
  const double entries = static_cast<double>(run.architecture.vocabulary * n);
  const double predicted = std::sqrt(variance / (static_cast<double>(functionals) * entries));
  const Profile observed = profile(run.architecture, run.weights, run.tokens, recipe, {});
  // One realisation is observed, whose errors go together across tokens and logits; a wrong constant
  // (ulp^2/3, u^2) or a site left out would show.
  EXPECT_NEAR(predicted / observed.output.logit_difference.rms, 1, 0.2);
}

}  // namespace
}  // namespace halfulp
