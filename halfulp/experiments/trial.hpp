// Trials of a setup: the errors of each rounded run against the same run in binary64, after every layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "halfulp/experiments/setup.hpp"
#include "halfulp/layers/block/block.hpp"

namespace halfulp {

/// Which error.  componentwise: max over entries |xhat - x| / |x| (0/0 = 0, x/0 = inf); normwise:
/// ||xhat - X||_F / ||X||_F.
enum class Measure { componentwise, normwise };
constexpr std::size_t measure_count = 2;

/// Place of an error among those of a trial.
constexpr std::size_t cell(std::size_t layers, std::size_t arithmetic, std::size_t layer, Measure measure) {
  return (arithmetic * layers + layer) * measure_count + static_cast<std::size_t>(measure);
}

/// Trials are made in groups of this many, whatever the width of a pack.
constexpr std::size_t trials_at_once = 16;

/// Errors of trials first .. first + trials_at_once - 1: errors[trial * cells + cell(..)], cells =
/// arithmetics.size() * layers * measure_count; NaN where a run overflowed.  A function of setup, rules, seed
/// and trial: each number drawn is philox(seed, {place, tensor, trial}), each trial a lane of its own.
void run_trials(const Setup& setup, const std::vector<Arithmetics>& arithmetics, std::uint64_t seed,
                std::uint64_t first, double* errors);

/// Whether it runs on packs: both rules do, in the same way (bounded, unbounded or decimal).
bool run_on_packs(const Arithmetics& a);

/// The definition: one trial, one number at a time, with any rule; errors[cell(..)].
void run_by_definition(const Setup& setup, const std::vector<Arithmetics>& arithmetics, std::uint64_t seed,
                       std::uint64_t trial, double* errors);

/// What a trial draws: X [d, n], and the weights of one layer.
Matrix<double> input_of(const Setup& setup, std::uint64_t seed, std::uint64_t trial);
PaperBlock<double> weights_of(const Setup& setup, std::uint64_t seed, std::uint64_t trial, std::size_t layer);

/// The same numbers in another arithmetic, exact.
template <class V>
Matrix<V> in(const Matrix<double>& x) {
  Matrix<V> y(x.rows(), x.columns());
  for (std::size_t i = 0; i < y.values().size(); ++i) y.values()[i] = V{x.values()[i]};
  return y;
}
/// Without biases, which no trial has.
template <class V>
PaperBlock<V> in(const PaperBlock<double>& w) {
  return {in<V>(w.wq), in<V>(w.wk), in<V>(w.wv), in<V>(w.a1), in<V>(w.a2), {}, {}};
}

/// The largest error, over the first `trials` trials, of the binary64 reference itself, against
/// double-double: [measure].  What is measured by run_trials carries this uncertainty.
std::vector<double> reference_error(const Setup& setup, std::uint64_t seed, std::size_t trials);

}  // namespace halfulp
