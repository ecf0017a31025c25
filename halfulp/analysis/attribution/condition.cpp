#include "halfulp/analysis/attribution/condition.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "halfulp/arith/real.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/layers/transformer/jacobian.hpp"
#include "halfulp/linalg/one_norm_estimate.hpp"

namespace halfulp {
namespace {

/// Or so small that 1/z overflows.
bool is_zero(double z) { return std::isinf(1 / z); }

/// 1/z; 0 for a zero, which the estimator so passes over.
double reciprocal(double z) { return is_zero(z) ? 0 : 1 / z; }

class Network {
 public:
  Network(const ModelRun& run, const ConditionOptions& options, const Progress& progress)
      : run_(run), options_(options), progress_(progress) {}

  ConditionEstimate estimate() {
    const OneNormEstimate scaled = norm_of(reciprocal);
    result_.componentwise = result_.componentwise_of_others = {scaled.norm, place_of(scaled.column)};
    if (has_zero_) find_zeros();
    if (!result_.zeros.empty())
      result_.componentwise = {std::numeric_limits<double>::infinity(), result_.zeros[0]};
    const OneNormEstimate plain = norm_of([](double) { return 1.0; });
    result_.mixed = {ratio(plain.norm, largest_logit_), place_of(plain.column)};
    return result_;
  }

 private:
  using Scale = std::function<double(double z)>;
  std::size_t width() const { return run_.architecture.width; }
  std::size_t vocabulary() const { return run_.architecture.vocabulary; }
  std::size_t tokens() const { return run_.tokens.size(); }
  LogitPlace place_of(std::size_t k) const { return {k % vocabulary(), k / vocabulary()}; }
  PlaceOf places() const {
    return [this](std::size_t layer, Site site) { return run_.place(layer, site); };
  }

  /// Of diag(x) J^T diag(scale(z)); columns are logits, token by token.
  OneNormEstimate norm_of(const Scale& scale) {
    const BlockOperator transpose{
        width() * tokens(), vocabulary() * tokens(),
        [&](const BlockEntry& x, std::size_t t) { return pull_back(x, t, scale); },
        [&](MatrixView<const double> s, const BlockOperator::Take& take) { push_forward(s, scale, take); }};
    return one_norm_estimate(transpose, {options_.columns, options_.iterations, options_.seed});
  }
  Matrix<double> pull_back(const BlockEntry& x, std::size_t t, const Scale& scale) {
    ++result_.transposed_products;
    const Functionals functionals{
        t, [&](std::size_t first, MatrixView<const double> z, MatrixView<double> z_bar) {
          for (std::size_t j = 0; j < z.columns(); ++j)
            for (std::size_t i = 0; i < z.rows(); ++i) {
              const double size = std::fabs(z(i, j)), factor = scale(z(i, j));
              largest_logit_ = size > largest_logit_ ? size : largest_logit_;
              has_zero_ = has_zero_ || is_zero(z(i, j));
              for (std::size_t p = 0; p < t; ++p)
                z_bar(i, j * t + p) = factor * x((first + j) * vocabulary() + i, p);
            }
        }};
    const StreamAdjoint back = jacobian_transposed_times(run_.architecture, places(), functionals);
    Matrix<double> y(width() * tokens(), t);
    for (std::size_t i = 0; i < width(); ++i)
      for (std::size_t j = 0; j < tokens(); ++j)
        for (std::size_t p = 0; p < t; ++p)
          y(i * tokens() + j, p) = back.stream(i, j) * back.adjoint(i, j * t + p);
    advance();
    return y;
  }
  void push_forward(MatrixView<const double> s, const Scale& scale, const BlockOperator::Take& take) {
    const std::size_t t = s.columns();
    std::vector<double> row(t);
    times(
        t, [&](std::size_t entry, std::size_t p) { return s(entry, p); },
        [&](std::size_t k, double z, Row<const double> dz) {
          for (std::size_t p = 0; p < t; ++p) row[p] = scale(z) * dz[p];
          take(k, row);
        });
  }
  /// J diag(x) S, S [d n, t] by its entries; visit(k, z_k, row k [t]).
  template <class Entry, class Visit>
  void times(std::size_t t, Entry s, Visit visit) {
    ++result_.products;
    const Directions directions{t, [&](MatrixView<const double> x, MatrixView<double> v) {
                                  for (std::size_t i = 0; i < x.rows(); ++i)
                                    for (std::size_t j = 0; j < x.columns(); ++j)
                                      for (std::size_t p = 0; p < t; ++p)
                                        v(i, j * t + p) = x(i, j) * s(i * tokens() + j, p);
                                }};
    jacobian_times(run_.architecture, places(), directions,
                   [&](std::size_t first, MatrixView<const double> z, MatrixView<const double> dz) {
                     for (std::size_t j = 0; j < z.columns(); ++j)
                       for (std::size_t i = 0; i < z.rows(); ++i)
                         visit((first + j) * vocabulary() + i, z(i, j), dz.row(i).part(j * t, t));
                   });
    advance();
  }
  /// A row that is not zero gives 0 in a random direction with probability 0.
  void find_zeros() {
    times(
        1,
        [&](std::size_t entry, std::size_t) {
          return 1 + Philox4x32{options_.seed, std::uint64_t{1} << 63}.block(entry)[0] * 0x1p-32;
        },
        [&](std::size_t k, double z, Row<const double> dz) {
          if (is_zero(z) && dz[0] != 0) result_.zeros.push_back(place_of(k));
        });
  }
  void advance() {
    const auto done = static_cast<double>(result_.products + result_.transposed_products);
    const auto most = static_cast<double>(2 * (2 * options_.iterations - 1));
    if (progress_) progress_(std::min(done, most), most, "condition number");
  }

  const ModelRun& run_;
  const ConditionOptions& options_;
  const Progress& progress_;
  ConditionEstimate result_;
  double largest_logit_ = 0;
  bool has_zero_ = false;
};

}  // namespace

ConditionEstimate condition_of(const ModelRun& run, const ConditionOptions& options,
                               const Progress& progress) {
  if (options.columns == 0 || options.columns > most_directions)
    throw shape_error("condition_of: 1 to 4 columns");
  return Network(run, options, progress).estimate();
}

}  // namespace halfulp
