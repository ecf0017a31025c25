// The fast kernels as a table of functions, one table per instruction set; the processor picks one at the
// first use.  The environment variable HALFULP_TARGET = baseline, avx2, avx512 picks another that it has
// (tests do: the bits must not change).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "halfulp/arith/rounding_constants.hpp"

namespace halfulp {

/// How one product joins its sum.  T is the carrier, float or double.
enum class ProductStep : std::uint8_t {
  fused,         // s = fma(a, b, s): one rounding of the carrier, or two of which the product's is exact
  plain,         // product and sum rounded by the carrier
  split,         // nearest-even, t bits; proved: everything normal and in range
  floored,       // the same; products may be subnormal in the format (sums of its numbers never round there)
  watched,       // the same, and the largest |sum| is reported: overflow is looked for afterwards
  signed_split,  // like split, keeps the sign of zero products (seen in pairwise order only)
  grid,          // any operand: subnormals, overflow, infinities, NaN
  integer_bits,  // the same for bf16, tf32
  digits,        // dec<p>, carrier double
  count_,
};
constexpr std::size_t product_step_count = static_cast<std::size_t>(ProductStep::count_);

/// One tile of the result: out(r, c) = sum over k of a(r, k) b(k, c), in the stated order.
/// a is one operand, its numbers broadcast; b the other, columns contiguous: tile columns of b_step numbers.
template <class T>
struct TileJob {
  const T* a = nullptr;
  const T* scaled_a = nullptr;  // split: a = (2^s - 1) a and scaled_a = 2^s a; floored, watched: 2^s a
  std::size_t row_step = 0, k_step = 1;
  const T* b = nullptr;
  std::size_t b_step = 0;
  T* out = nullptr;
  std::size_t out_step = 0;
  std::size_t k = 0, block = 0;  // block >= k: recursive order
  bool pairwise = false;
  T* stack = nullptr;  // pairwise: 64 tiles of partial sums
  const RoundingConstants<T>* rounding = nullptr;
  T largest = 0;  // watched: the largest |sum| met, or more
};

template <class T>
struct TileKernel {
  std::size_t rows = 0, columns = 0;
  void (*run)(TileJob<T>& job) = nullptr;
};

/// A wide tile for the bulk and a narrow one (columns = lanes) for the rest; run is null where a target has
/// none.
template <class T>
struct StepKernels {
  TileKernel<T> wide, narrow;
};

template <class T>
struct StepTable {
  StepKernels<T> of[product_step_count];
};

/// What the bits of some numbers say about their range: of the finite ones, the largest magnitude, the
/// smallest non-zero one, and all fractions or-ed; whether there are infinities or NaN.
struct BitRange {
  std::uint64_t largest = 0, smallest = ~std::uint64_t{0}, fractions = 0;
  bool finite = true;
};

/// Which of the packed ways rounds an array.
enum class ArrayWay : std::uint8_t { copy, grid, integer_bits, stochastic_grid, stochastic_bits };

struct ArrayJob {
  RoundingConstants<float> single;
  RoundingConstants<double> twice;
  ArrayWay way = ArrayWay::copy;
  bool stream = false;  // store past the caches
  std::uint64_t key = 0;
  std::uint64_t first = 0;  // number of the first element, for its random bits
};

struct StochasticJob {
  const float* a = nullptr;  // one row of k numbers, k_step apart
  std::size_t k_step = 1;
  const float* b = nullptr;
  std::size_t b_step = 0;
  float* out = nullptr;
  std::size_t k = 0, block = 0;
  const RoundingConstants<float>* rounding = nullptr;
  bool bits = false;                  // formats with binary32's exponents
  std::uint32_t loads = 0;            // draws that reading two operands takes, before each product
  std::uint32_t row = 0, column = 0;  // the lanes are entries (row, column + lane)
  std::uint64_t key = 0;
  const float* bias = nullptr;  // one per column, or null
  bool watch = false;
  float largest = 0;  // the largest |number| met, if watched
};

struct DoubleDoubleJob {
  const double* a = nullptr;  // rows of k doubles (their low parts are zero)
  std::size_t row_step = 0;
  std::size_t rows = 0;
  const double *b_high = nullptr, *b_low = nullptr;
  std::size_t b_step = 0;
  double *out_high = nullptr, *out_low = nullptr;
  std::size_t out_step = 0;
  std::size_t k = 0;
};

struct SpectrumKernels;

struct Kernels {
  const char* name = "";
  bool fused = false;  // the target has fused multiply-add
  std::size_t float_lanes = 1, double_lanes = 1;
  const StepTable<float>* float_steps = nullptr;
  const StepTable<double>* double_steps = nullptr;

  /// n binary64 numbers as binary32; whether all of them were (NaN becomes the canonical one).
  bool (*narrow)(const double* in, std::size_t n, float* out) = nullptr;
  /// out = in as binary64; whether an infinity, a NaN, or a zero where `before` is not zero is among them.
  bool (*widen)(const float* before, const float* in, std::size_t n, double* out) = nullptr;
  void (*from_bf16)(const std::byte* in, std::size_t n, float* out) = nullptr;
  void (*from_fp16)(const std::byte* in, std::size_t n, float* out) = nullptr;
  void (*from_fp32)(const std::byte* in, std::size_t n, float* out) = nullptr;
  void (*range_float)(const float* in, std::size_t n, BitRange& range) = nullptr;
  void (*range_double)(const double* in, std::size_t n, BitRange& range) = nullptr;
  void (*scale_float)(const float* in, std::size_t n, float factor, float* out) = nullptr;
  void (*scale_double)(const double* in, std::size_t n, double factor, double* out) = nullptr;
  void (*add_float)(float* s, const float* b, std::size_t n) = nullptr;
  void (*round_float)(const ArrayJob& job, const float* in, float* out, std::size_t n) = nullptr;
  void (*round_double)(const ArrayJob& job, const double* in, double* out, std::size_t n) = nullptr;

  std::size_t stochastic_columns = 0;
  void (*stochastic)(StochasticJob& job) = nullptr;
  std::size_t double_double_columns = 0;
  void (*double_double)(const DoubleDoubleJob& job) = nullptr;

  const SpectrumKernels* spectrum = nullptr;  // linalg/spectrum/spectrum_kernels.hpp
};

/// The table in use.
const Kernels& kernels();
/// All tables that this processor can run, the widest last.
std::vector<const Kernels*> available_kernels();
/// For tests: use this table from now on; nullptr goes back to the default.  Not while a product runs.
void use_kernels(const Kernels* table);

}  // namespace halfulp
