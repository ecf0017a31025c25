// What trial_target.cpp offers, once per instruction set: plain numbers and pointers only.
#pragma once

#include "halfulp/arith/rounding_constants.hpp"
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

struct TrialKernel {
  std::size_t lanes = 0;
  void (*run)(const TrialJob& job) = nullptr;
  void (*draw)(const DrawJob& job) = nullptr;
};

}  // namespace halfulp
