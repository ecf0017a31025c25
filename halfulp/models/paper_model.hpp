// The paper's model as its theory takes it: blocks of one head, the norm, and the first activations.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/layers/block/block.hpp"
#include "halfulp/models/checkpoint.hpp"

namespace halfulp {

/// X^(0) [d, n]; every block has the same d and D.
struct PaperModel {
  Norm norm = Norm::rms;
  std::vector<PaperBlock<double>> blocks;
  Matrix<double> x;
};

/// Of a checkpoint: X^(0) are the embedded tokens; eps of its norms is left out, as in the paper.  Throws
/// input_error for other architectures.
PaperModel paper_model(const Checkpoint& checkpoint, std::span<const std::uint32_t> tokens,
                       std::string_view path);

/// Sizes and seed of a random model: W_q, W_k, W_v normal with deviation `scale`, A_1, A_2 normal with
/// variance 1/sqrt(d), biases 0, X^(0) standard normal; each entry a function of the seed and its place.  The
/// set-up of Figure 1 (arXiv:2503.10251) without its diagonal factors.
struct RandomPaperModel {
  std::size_t d = 20, n = 20, inner = 20, layers = 10;
  Norm norm = Norm::rms;
  std::uint64_t seed = 1;
  double scale = 1;
};

/// "d=64,n=64,D=256,L=12,norm=layer,seed=7,scale=0.5", any of them left out; throws usage_error.
RandomPaperModel random_paper_model_named(const std::string& text);
/// All of it, defaults too, as random_paper_model_named reads it.
std::string text_of(const RandomPaperModel& random);
PaperModel paper_model(const RandomPaperModel& random);

}  // namespace halfulp
