#include "halfulp/linalg/spectrum/sizes_norm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/spectrum/spectrum_kernels.hpp"

namespace halfulp {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
/// Entries of x that fade stay positive.
constexpr double least_entry = 0x1p-200;

/// x -> |W| diag(g)^2 |W|^T x / 2^(2 exponent).
class SizesGram {
 public:
  SizesGram(const WideMatrix& m, int exponent) : m_(m), exponent_(exponent), squares_(m.columns()) {
    const bool bf16 = m.weight.dtype == DType::bf16 &&
                      reinterpret_cast<std::uintptr_t>(m.weight.data) % alignof(std::uint16_t) == 0;
    if (bf16 && m.rows() % 8 == 0 && m.columns() % 8 == 0 && m.weight.column_stride == 1)
      way_ = Way::by_rows;
    else if (bf16 && m.rows() % 8 == 0 && m.weight.row_stride == 1)
      way_ = Way::by_columns;
    // Either pass takes |w| 2^-896 times too small; the second's factor stands in g^2, the first's in x.
    const double shift = way_ == Way::any ? -2.0 * exponent : 896 - 2.0 * exponent;
    for (std::size_t k = 0; k < m.columns(); ++k)
      squares_[k] =
          way_ == Way::any ? m.gain_at(k) : std::ldexp(m.gain_at(k) * m.gain_at(k), static_cast<int>(shift));
    scratch_.resize(40 * m.rows());
  }

  /// Roundings that a term of y goes through, that of g^2 among them.
  double roundings() const { return static_cast<double>(m_.rows() + m_.columns() + 24); }

  void times(const std::vector<double>& x, std::vector<double>& y) {
    if (way_ == Way::any) return times_any(x, y);
    scaled_.resize(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) scaled_[i] = x[i] * 0x1p896;
    const SpectrumKernels& fast = *kernels().spectrum;
    const auto* const bits = reinterpret_cast<const std::uint16_t*>(m_.weight.data);
    if (way_ == Way::by_rows)
      fast.sizes_gram_times_bf16(bits, m_.weight.row_stride, m_.rows(), m_.columns(), squares_.data(),
                                 scaled_.data(), scratch_.data(), y.data());
    else
      fast.sizes_gram_times_bf16_transposed(bits, m_.weight.column_stride, m_.rows(), m_.columns(),
                                            squares_.data(), scaled_.data(), scratch_.data(), y.data());
  }

 private:
  enum class Way { by_rows, by_columns, any };

  void times_any(const std::vector<double>& x, std::vector<double>& y) {
    std::vector<double> z(m_.columns()), line(m_.columns());
    const double scale = std::ldexp(1.0, -exponent_);
    for (std::size_t i = 0; i < m_.rows(); ++i) {
      m_.weight.read_row(i, 0, line);
      for (std::size_t k = 0; k < z.size(); ++k) z[k] += std::fabs(line[k] * squares_[k] * scale) * x[i];
    }
    for (std::size_t i = 0; i < m_.rows(); ++i) {
      m_.weight.read_row(i, 0, line);
      double sum = 0;
      for (std::size_t k = 0; k < z.size(); ++k) sum += std::fabs(line[k] * squares_[k] * scale) * z[k];
      y[i] = sum;
    }
  }

  const WideMatrix& m_;
  int exponent_;
  Way way_ = Way::any;
  std::vector<double> squares_;  // g^2 2^(896 - 2 exponent); g where the way is any
  std::vector<double> scratch_, scaled_;
};

/// |W diag(g)| e.
std::vector<double> row_sizes(const WideMatrix& m) {
  std::vector<double> line(m.columns()), sizes(m.rows());
  for (std::size_t i = 0; i < m.rows(); ++i) {
    m.weight.read_row(i, 0, line);
    for (std::size_t k = 0; k < line.size(); ++k) sizes[i] += std::fabs(line[k] * m.gain_at(k));
  }
  return sizes;
}

}  // namespace

Bracket sizes_norm(const WideMatrix& k, const WideMatrix& q, std::span<const double> f,
                   const SizesNormOptions& options) {
  return sizes_norm(k, row_sizes(k), q, row_sizes(q), f, options);
}

Bracket sizes_norm(const WideMatrix& k, std::span<const double> k_sizes, const WideMatrix& q,
                   std::span<const double> q_sizes, std::span<const double> f,
                   const SizesNormOptions& options) {
  const std::size_t n = k.rows();
  double k_largest = 0, q_largest = 0, f_largest = 0;
  std::vector<double> factor(n);
  for (std::size_t i = 0; i < n; ++i) {
    k_largest = std::fmax(k_largest, k_sizes[i]);
    q_largest = std::fmax(q_largest, q_sizes[i]);
    if (!std::isfinite(k_sizes[i]) || !std::isfinite(q_sizes[i])) return {0, infinite};
    // A row that is zero in one of the two takes no part.
    factor[i] = k_sizes[i] > 0 && q_sizes[i] > 0 ? (f.empty() ? 1.0 : f[i]) : 0.0;
    f_largest = std::fmax(f_largest, factor[i]);
  }
  if (!std::isfinite(f_largest)) return {0, infinite};
  if (f_largest == 0) return {};
  const int k_exponent = std::ilogb(k_largest), q_exponent = std::ilogb(q_largest),
            f_exponent = std::ilogb(f_largest);
  for (double& x : factor) x = std::ldexp(x, -f_exponent);
  SizesGram of_k(k, k_exponent), of_q(q, q_exponent);

  const double gamma = gamma_above(of_k.roundings() + of_q.roundings() + 8, 0x1p-53).value();
  std::vector<double> x(n), fx(n), y(n), fy(n), z(n);
  // N x is |W_k| times something that is nearly constant where one vector dominates: so is |W_k| e.
  for (std::size_t i = 0; i < n; ++i)
    x[i] = factor[i] > 0 ? std::fmax(std::ldexp(k_sizes[i], -k_exponent), least_entry) : 0;
  Bracket squares{0, infinite};
  for (int iteration = 0; iteration < options.most_iterations; ++iteration) {
    throw_if_interrupted();
    for (std::size_t i = 0; i < n; ++i) fx[i] = factor[i] * x[i];
    of_q.times(fx, y);
    double y_largest = 0;  // the second product's scale: exact, and the same for all
    for (const double entry : y) y_largest = std::fmax(y_largest, entry);
    if (!(y_largest > 0 && std::isfinite(y_largest))) return {0, infinite};
    const int y_exponent = std::ilogb(y_largest);
    for (std::size_t i = 0; i < n; ++i) fy[i] = std::ldexp(factor[i] * y[i], -y_exponent);
    of_k.times(fy, z);
    double least = infinite, most = 0, above = 0, below = 0, largest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (factor[i] == 0) continue;
      least = std::fmin(least, z[i] / x[i]);
      most = std::fmax(most, z[i] / x[i]);
      above += fy[i] * z[i];
      below += fx[i] * std::ldexp(y[i], -y_exponent);
      largest = std::fmax(largest, z[i]);
    }
    if (!(largest > 0 && std::isfinite(largest) && std::isfinite(most))) return {0, infinite};
    // z is N x / 2^y_exponent.
    const double back = std::ldexp(1.0, y_exponent);
    const double rayleigh = above / below * (1 - 2 * gamma - static_cast<double>(2 * n) * 0x1p-53);
    squares.lower = std::fmax(squares.lower, std::fmax(least * (1 - 2 * gamma), rayleigh) * back - 0x1p-700);
    squares.upper = std::fmin(squares.upper, most * (1 + 2 * gamma) * back + 0x1p-700);
    if (squares.upper <= squares.lower * (1 + options.close_enough)) break;
    for (std::size_t i = 0; i < n; ++i)
      if (factor[i] > 0) x[i] = std::fmax(z[i] / largest, least_entry);
  }
  const int exponent = k_exponent + q_exponent + f_exponent;
  return {std::ldexp(next_below(std::sqrt(std::fmax(squares.lower, 0.0))), exponent),
          std::ldexp(next_above(std::sqrt(squares.upper)), exponent)};
}

}  // namespace halfulp
