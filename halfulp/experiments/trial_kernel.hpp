// What trial_target.cpp offers, once per instruction set: plain numbers and pointers only.
#pragma once

#include "halfulp/arith/rounding_constants.hpp"
#include "halfulp/arith/summation.hpp"
#include "halfulp/experiments/setup.hpp"

namespace halfulp {

/// The way in which packs round: rounding.hpp, digits.hpp of arith/pack.
enum class PackedWay { native, split, grid, digits };

struct PackedRule {
  PackedWay way = PackedWay::native;
  Shift shift = Shift::none;
  RoundingConstants<double> everywhere, promotion;
  std::uint32_t promoted = 0;  // bit i: site i
};

struct TrialJob {
  const Setup* setup = nullptr;
  const PackedRule* rules = nullptr;
  std::size_t rule_count = 0;
  std::uint64_t seed = 0, first = 0;
  double* errors = nullptr;  // as in trial.hpp
};

/// One tensor of `lanes` trials from `first`: numbers[entry * lanes + lane].
enum class Drawn : std::uint32_t { input, wq, wk, wv, a1, a2 };
struct DrawJob {
  const Setup* setup = nullptr;
  std::uint64_t seed = 0, first = 0;
  std::size_t layer = 0;
  Drawn tensor = Drawn::input;
  double* numbers = nullptr;
};

/// O = V P, causal (packed_attention.hpp), of `lanes` trials: V [rows, n], P [n, n], O [rows, n], numbers as
/// above.  What the tests of rare cases see, which no trial draws.
struct MixJob {
  const PackedRule* rule = nullptr;
  Summation summation;
  std::size_t rows = 0, n = 0;
  const double *values = nullptr, *weights = nullptr;
  double* mixed = nullptr;
};

struct TrialKernel {
  std::size_t lanes = 0;
  void (*run)(const TrialJob& job) = nullptr;
  void (*draw)(const DrawJob& job) = nullptr;
  void (*mix)(const MixJob& job) = nullptr;
};

/// The one of the instruction set that the kernels of linalg use.
const TrialKernel& trial_kernel();

/// How packs follow a rule of which run_on_packs() is true.
PackedRule packed(const Arithmetics& a);

}  // namespace halfulp
