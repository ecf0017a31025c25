#include "halfulp/linalg/round_array.hpp"

#include <limits>

#include "halfulp/arith/random_stream.hpp"
#include "halfulp/arith/rounder.hpp"
#include "halfulp/linalg/array_way.hpp"
#include "halfulp/linalg/kernels.hpp"

namespace halfulp {
namespace {

/// Arrays beyond this many bytes do not stay in the second-level cache: their stores go past it.
constexpr std::size_t streaming_bytes = std::size_t{4} << 20;

std::uint32_t draw(std::uint64_t key, std::size_t i, const Format& format) {
  const std::uint64_t entry = i / 128 * 16 + i % 16;
  RandomStream stream =
      RandomStream(key).at(static_cast<std::uint32_t>(entry >> 32), static_cast<std::uint32_t>(entry));
  std::uint32_t bits = 0;
  for (std::size_t n = 0; n <= i / 16 % 8; ++n)
    bits = format.precision <= 11 ? stream.draw16() : stream.draw32();
  return bits;
}

template <class T>
void one_by_one(const RoundingRule& rule, const T* in, T* out, std::size_t n, std::uint64_t key) {
  const Rounder rounder(rule);
  const bool random = rule.mode == Rounding::stochastic;
  for (std::size_t i = 0; i < n; ++i) {
    const double y = rounder(in[i], random ? draw(key, i, rule.format) : 0);
    out[i] = y == y ? static_cast<T>(y) : std::numeric_limits<T>::quiet_NaN();
  }
}

}  // namespace

std::optional<ArrayJob> array_job_float(const RoundingRule& rule) {
  const Format& f = rule.format;
  ArrayJob job;
  job.single = rounding_constants<float>(rule);
  RoundingRule even = rule;
  even.mode = Rounding::nearest_even;
  const bool stochastic =
      rule.mode == Rounding::stochastic && !f.is_decimal() && f.precision >= 2 && f.precision <= 11;
  if (rule.mode == Rounding::nearest_even && !rule.saturate && !f.is_decimal() && f.precision >= 24 &&
      f.emin <= -126 && f.emax >= 127 && f.specials == Specials::ieee)
    job.way = ArrayWay::copy;
  else if (fits_bits(rule))
    job.way = ArrayWay::integer_bits;
  else if (fits_grid<float>(rule))
    job.way = ArrayWay::grid;
  else if (stochastic && fits_bits(even))
    job.way = ArrayWay::stochastic_bits;
  else if (stochastic && fits_grid<float>(even))
    job.way = ArrayWay::stochastic_grid;
  else
    return std::nullopt;
  return job;
}

std::optional<ArrayJob> array_job_double(const RoundingRule& rule) {
  ArrayJob job;
  job.twice = rounding_constants<double>(rule);
  const bool whole = rule.format.precision == 53 && !rule.format.is_decimal() &&
                     rule.format.specials == Specials::ieee && rule.format.emax == 1023;
  if (rule.mode == Rounding::nearest_even && !rule.saturate && whole)
    job.way = ArrayWay::copy;
  else if (fits_grid<double>(rule))
    job.way = ArrayWay::grid;
  else
    return std::nullopt;
  return job;
}

void round_array(const RoundingRule& rule, const float* in, float* out, std::size_t n, std::uint64_t key) {
  auto job = array_job_float(rule);
  if (!job) return one_by_one(rule, in, out, n, key);
  job->stream = n * sizeof(float) > streaming_bytes;
  job->key = key;
  kernels().round_float(*job, in, out, n);
}

void round_array(const RoundingRule& rule, const double* in, double* out, std::size_t n, std::uint64_t key) {
  auto job = array_job_double(rule);
  if (!job) return one_by_one(rule, in, out, n, key);
  job->stream = n * sizeof(double) > streaming_bytes;
  kernels().round_double(*job, in, out, n);
}

}  // namespace halfulp
