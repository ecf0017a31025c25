// The reverse sweep of a synthetic Llama of 1.1 B parameters (22 layers, d 2048, 32/4 heads, D 5632), 64
// tokens, for 1, 4 and 16 functionals, beside one forward pass in binary64.  A sweep makes the products of 2
// + P forward passes.
//   reverse_bench [FOLDER]        FOLDER keeps the model (2.2 GB) for the next time
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "halfulp/base/parallel.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/layers/transformer/reverse.hpp"
#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/synthetic.hpp"

namespace {

using namespace halfulp;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

double forward_seconds(const Architecture& architecture, const PlaceOf& place_of) {
  const auto begun = Clock::now();
  forward(
      architecture, place_of, [](std::size_t, Site) { return Native(); },
      [](std::size_t, Site, const Tensors<double>&) {});
  return seconds_since(begun);
}

/// Before the time, the answer: the logits are linear in what the final norm gives, so that lambda^T y there
/// is c^T z; and hardly anything comes of scaling what the final norm reads.
double reverse_seconds(const Architecture& architecture, const PlaceOf& place_of, std::size_t count) {
  double functional = 0, euler = 0, radial = 0, moduli = 0;
  const Functionals functionals{
      count, [&](std::size_t first, MatrixView<const double> z, MatrixView<double> z_bar) {
        for (std::size_t i = 0; i < z.rows(); ++i)
          for (std::size_t c = 0; c < z_bar.columns(); ++c) {
            z_bar(i, c) = Philox4x32{2, first * count + c}.block(i)[0] * 0x1p-31 - 1;
            functional += z_bar(i, c) * z(i, c / count);
          }
      }};
  const auto begun = Clock::now();
  reverse(architecture, place_of, functionals, [&](const SiteAdjoint& piece) {
    const bool last = piece.layer + 1 == architecture.layers && piece.tensor == Tensor::next_stream;
    if (!last && piece.tensor != Tensor::final_normed) return;
    for (std::size_t i = 0; i < piece.value.rows(); ++i)
      for (std::size_t c = 0; c < piece.adjoint.columns(); ++c) {
        const double term = piece.adjoint(i, c) * piece.value(i, c / count);
        (last ? radial : euler) += term;
        if (last) moduli += std::fabs(term);
      }
  });
  const double seconds = seconds_since(begun);
  if (!(std::fabs(euler - functional) <= 1e-9 * std::fabs(functional)) ||
      !(std::fabs(radial) <= 0.05 * moduli))
    std::printf("wrong: %g for %g, %g of %g\n", euler, functional, radial, moduli);
  return seconds;
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder =
      argc > 1 ? std::filesystem::path(argv[1])
               : std::filesystem::temp_directory_path() / ("halfulp-llama-" + std::to_string(::getpid()));
  if (!std::filesystem::exists(folder / "model.safetensors"))
    write_synthetic_llama(folder, llama_architecture(32000, 2048, 22, 32, 4, 5632, 2048), 1);
  const Checkpoint model = load_checkpoint(folder);
  std::vector<std::uint32_t> tokens;
  for (std::size_t t = 0; t < 64; ++t)
    tokens.push_back(
        static_cast<std::uint32_t>(Philox4x32{1, 1}.block(t)[0] % model.architecture.vocabulary));
  const PlaceOf place_of = [&](std::size_t layer, Site) {
    return Place{model.architecture, model.weights, tokens, layer};
  };
  const double once = forward_seconds(model.architecture, place_of);
  std::printf("%.2f B parameters, %zu tokens, %zu threads: forward %.2f s\n",
              static_cast<double>(model.architecture.parameters()) * 1e-9, tokens.size(), threads(), once);
  for (const std::size_t count : {1, 4, 16}) {
    const double seconds = reverse_seconds(model.architecture, place_of, count);
    std::printf("%2zu functionals: %7.2f s, %.2f of %zu forward passes\n", count, seconds,
                seconds / (once * static_cast<double>(2 + count)), 2 + count);
  }
  if (argc < 2) std::filesystem::remove_all(folder);
}
