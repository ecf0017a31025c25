#include "halfulp/linalg/matmul_finish.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "halfulp/linalg/array_way.hpp"
#include "halfulp/linalg/number_range.hpp"

namespace halfulp {
namespace {

/// Whether the carrier's own addition is the accumulator's.
template <class T>
bool is_carrier(const Rounder& acc) {
  return acc.way() == (std::is_same_v<T, float> ? Rounder::Way::binary32 : Rounder::Way::binary64);
}

template <class T>
std::optional<ArrayJob> array_job(const RoundingRule& rule) {
  if (rule.mode == Rounding::stochastic) return std::nullopt;
  if constexpr (std::is_same_v<T, float>)
    return array_job_float(rule);
  else
    return array_job_double(rule);
}

void round_packed(const Kernels& kernels, const ArrayJob& job, const float* in, float* out, std::size_t n) {
  kernels.round_float(job, in, out, n);
}
void round_packed(const Kernels& kernels, const ArrayJob& job, const double* in, double* out, std::size_t n) {
  kernels.round_double(job, in, out, n);
}

/// Whether every number has at most t significant bits and is one of T.
template <class T>
bool has_bits(const Operand& bias, int t) {
  for (std::size_t i = 0; i < bias.columns(); ++i) {
    const double b = bias.at(0, i);
    if (static_cast<double>(static_cast<T>(b)) != b) return false;
    int exponent = 0;
    const double scaled = std::ldexp(std::frexp(b, &exponent), t);
    if (scaled != std::trunc(scaled)) return false;
  }
  return true;
}

}  // namespace

template <class T>
Finisher<T>::Finisher(const Simulated& ar, const Operand& bias, const Kernels& kernels)
    : ar_(StepFormats{ar.in().rule(), ar.acc().rule(), ar.out().rule()}, ar.summation(), ar.random()),
      bias_(&bias),
      kernels_(&kernels) {
  if (bias.empty()) return;
  const Format& f = ar.acc().rule().format;
  if (is_carrier<T>(ar.acc()))
    packed_bias_ = has_bits<T>(bias, 53);
  else  // sums of t-bit numbers tolerate the carrier's rounding
    packed_bias_ = !f.is_decimal() && f.precision <= (std::is_same_v<T, float> ? 11 : 25) &&
                   array_job<T>(ar.acc().rule()) && has_bits<T>(bias, f.precision);
}

template <class T>
bool Finisher<T>::add_bias(T* sums, std::size_t n, std::size_t i, bool down) {
  if (bias_->empty()) return true;
  if (!packed_bias_) return false;
  if (down) {
    for (std::size_t l = 0; l < n; ++l) sums[l] += static_cast<T>(bias_->at(0, i + l));
  } else {
    const T b = static_cast<T>(bias_->at(0, i));
    for (std::size_t l = 0; l < n; ++l) sums[l] += b;
  }
  if (!is_carrier<T>(ar_.acc())) round_packed(*kernels_, *array_job<T>(ar_.acc().rule()), sums, sums, n);
  return true;
}

template <class T>
bool Finisher<T>::store(T* sums, std::size_t n, double* out, bool& odd) {
  const RoundingRule& rule = ar_.out().rule();
  const bool same = ar_.out().way() == Rounder::Way::binary64 ||
                    rule == ar_.acc().rule() ||  // numbers of a format stay what they are, in every mode
                    (ar_.out().way() == Rounder::Way::binary32 && std::is_same_v<T, float>);
  T* stored = sums;
  if (!same) {
    const auto job = array_job<T>(rule);
    if (!job) return false;
    stored = row_.reserve(n);
    round_packed(*kernels_, *job, sums, stored, n);
  }
  if constexpr (std::is_same_v<T, float>) {
    odd = kernels_->widen(sums, stored, n, out);
  } else {
    std::copy_n(stored, n, out);
    odd = true;
  }
  return true;
}

template <class T>
void Finisher<T>::one_by_one(const T* sums, std::size_t n, std::size_t i, std::size_t j, bool down,
                             bool biased, double* out) {
  for (std::size_t l = 0; l < n; ++l) {
    const std::size_t row = down ? i + l : i, column = down ? j : j + l;
    ar_.begin_entry(row, column);
    double s = static_cast<double>(sums[l]);
    if (!bias_->empty() && !biased) s = ar_.add(s, bias_->at(0, row));
    out[l] = ar_.store(s);
  }
}

template <class T>
void Finisher<T>::count(const T* before, const double* after, std::size_t n, bool finite_operands) {
  const auto has_infinity = [](const RoundingRule& rule) {
    return rule.format.specials == Specials::ieee || rule.format.specials == Specials::none;
  };
  const bool infinities = has_infinity(ar_.acc().rule()) && has_infinity(ar_.out().rule());
  for (std::size_t l = 0; l < n; ++l) {
    events_.underflow += after[l] == 0 && before[l] != 0;
    if (!finite_operands || std::isfinite(after[l])) continue;
    events_.nan += std::isnan(after[l]);
    events_.overflow += std::isinf(after[l]) || !infinities;
  }
}

template <class T>
void Finisher<T>::finish(T* sums, std::size_t n, std::size_t i, std::size_t j, bool down,
                         bool finite_operands, double* out) {
  const bool biased = add_bias(sums, n, i, down);
  bool odd = true;
  if (!biased || !store(sums, n, out, odd)) one_by_one(sums, n, i, j, down, biased, out);
  if (odd) count(sums, out, n, finite_operands);
}

template class Finisher<float>;
template class Finisher<double>;

}  // namespace halfulp
