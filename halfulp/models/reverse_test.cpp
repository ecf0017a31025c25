// The reverse sweep of trained models: the one in examples/, and others where they are at hand (see
// data_folder()).
#include "halfulp/layers/transformer/reverse.hpp"

#include "halfulp/arith/dual.hpp"
#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/layers/transformer/reverse_testing.hpp"
#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"
#include "halfulp/models/token_ids.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

struct Trained {
  Checkpoint checkpoint;
  std::vector<std::uint32_t> tokens;

  Trained(const std::filesystem::path& folder, const std::filesystem::path& ids, std::size_t count)
      : checkpoint(load_checkpoint(folder)), tokens(read_token_ids(ids)) {
    tokens.resize(std::min(count, tokens.size()));
  }
  const Architecture& architecture() const { return checkpoint.architecture; }
  PlaceOf places() const {
    return [this](std::size_t layer, Site) {
      return Place{checkpoint.architecture, checkpoint.weights, tokens, layer};
    };
  }
  Kept swept(const Functionals& f) const {
    Kept kept;
    reverse(architecture(), places(), f, keeping(kept, architecture(), tokens.size(), f.count));
    return kept;
  }
};

/// Functional 0: the sum over tokens of the cross-entropy of the next one; functional 1: random and linear.
struct LossAndAnother {
  const std::vector<std::uint32_t>& tokens;
  Matrix<double> random;

  /// Softmax of the logits of token t.
  static std::vector<double> softmax_of(MatrixView<const double> z, std::size_t t) {
    Native ar;
    std::vector<double> e(z.rows()), p(z.rows());
    softmax(ar, z.column(t), Shift::by_maximum, Row<double>(e), Row<double>(p));
    return p;
  }
  Functionals functionals() const {
    return {2, [this](std::size_t first, MatrixView<const double> z, MatrixView<double> z_bar) {
              for (std::size_t t = 0; t < z.columns(); ++t) {
                const std::vector<double> p = softmax_of(z, t);
                const bool has_next = first + t + 1 < tokens.size();
                for (std::size_t i = 0; i < z.rows(); ++i) {
                  if (has_next) z_bar(i, 2 * t) = p[i] - (i == tokens[first + t + 1] ? 1 : 0);
                  z_bar(i, 2 * t + 1) = random(i, first + t);
                }
              }
            }};
  }
  /// (F(a) - F(b)) / 2 for both; the losses token by token, as logarithms of quotients near 1.
  std::vector<double> half_difference(MatrixView<const double> a, MatrixView<const double> b) const {
    std::vector<double> sum(2, 0.0);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      for (std::size_t i = 0; i < a.rows(); ++i) sum[1] += random(i, t) * (a(i, t) - b(i, t)) / 2;
      if (t + 1 == tokens.size()) continue;
      const std::size_t next = tokens[t + 1];
      const double p = softmax_of(b, t)[next], q = softmax_of(a, t)[next];
      sum[0] += halfulp::log(DoubleDouble{p} / DoubleDouble{q}).hi / 2;
    }
    return sum;
  }
};

TEST(ReverseOfTrainedModels, BundledModelAgreesWithDualNumbersWhenEverySiteIsPerturbed) {
  const auto folder = std::filesystem::path(HALFULP_SOURCE_DIR) / "examples" / "gpt2-tinyshakespeare";
  const Trained model(folder, folder / "tokens.json", 5);
  Draws draws(101);
  const Matrix<double> gradient = draws.matrix(model.architecture().vocabulary, 5);
  const Kept kept = model.swept(linear_functionals({gradient}));
  const Perturbation everywhere = random_perturbation(kept, 5, 1, draws);
  const auto moved =
      perturbed_logits<Dual<>>(model.architecture(), model.places(), everywhere, [](auto y, double by) {
        y.dx = y.dx + DoubleDouble{by};
        return y;
      });
  DoubleDouble expected{};
  for (std::size_t i = 0; i < moved.values().size(); ++i)
    expected = expected + DoubleDouble{gradient.values()[i]} * moved.values()[i].dx;
  const FirstOrderChange got = first_order_change(kept, everywhere, 0, 1);
  EXPECT_NEAR(got.change, expected.hi, 0x1p-40 * got.moduli);
}

TEST(ReverseOfTrainedModels, CentralDifferencesOfLossAndLogitsAgree) {
  if (!std::filesystem::is_directory(data_folder() / "stories260K")) GTEST_SKIP() << "no data";
  Draws draws(102);
  for (const auto& [folder, ids] : {std::pair{"stories260K", "stories260K"},
                                    {"stories260K/bf16", "stories260K"},
                                    {"llama-mid-tinyshakespeare/bf16", "llama-mid-tinyshakespeare"},
                                    {"gpt2-tinyshakespeare", "gpt2-tinyshakespeare"},
                                    {"paper-tinyshakespeare/step04500", "paper-tinyshakespeare"}}) {
    const Trained model(data_folder() / folder, data_folder() / ids / "tokens.json", 40);
    const std::size_t n = model.tokens.size();
    const LossAndAnother both{model.tokens, draws.matrix(model.architecture().vocabulary, n)};
    const Kept kept = model.swept(both.functionals());
    // Relative perturbations h of everything: the third derivative enters with h^2 = 2^-40, rounding of the
    // two runs with 2^-53 / h = 2^-33, both multiplied by what the network amplifies
    // (about 2^-37 of the moduli, observed).
    const Perturbation everywhere = random_perturbation(kept, n, 0x1p-20, draws);
    const auto run = [&](double sign) {
      return perturbed_logits<Native>(model.architecture(), model.places(), everywhere,
                                      [sign](double y, double by) { return y + sign * by; });
    };
    const Matrix<double> plus = run(1), minus = run(-1);
    const std::vector<double> expected = both.half_difference(plus, minus);
    for (std::size_t p = 0; p < 2; ++p) {
      const FirstOrderChange got = first_order_change(kept, everywhere, p, 2);
      EXPECT_NEAR(got.change, expected[p], 0x1p-30 * got.moduli) << folder << ", functional " << p;
    }
  }
}

}  // namespace
}  // namespace halfulp
