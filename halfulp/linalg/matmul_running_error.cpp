// Running error bounds of Y = W X + b from products in binary64.
//
// y is what Simulated gives.  With z the same product in binary64, the operands within e_w of W and e_x of X,
// P = (|W| + e_w)(|X| + e_x), k the inner dimension,
//
//   |y - exact| <= |W| e_x + e_w (|X| + e_x) + gamma_{k+2}(2^-53) (P + |b|) + |y - z|.
//
// With Runs::all, beside it what other runs may round differently; u and eta of RoundingRadius, a = 1 + u_in:
//   loads   (a + 1) u_in P + eta_in (a R + (1 + u_in) C) + k eta_in^2,     R, C: row and column sums
//   sums    gamma_h(u_acc) T + (1 + gamma_h) (k + 1) eta_acc,  T = a^2 P + a eta_in (R + C) + k eta_in^2 +
//   |b| store   u_out (...) + eta_out
// with h the roundings on a product's way into its sum (RoundingModel::dot).  All of these are sums of
// non-negative numbers; binary64's own roundings of them are covered by one factor.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/over_rows.hpp"
#include "halfulp/linalg/matmul.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// What bounds need of one operand: the values at hand, magnitudes that none exceeds, errors; an entry
/// without a statement is 0 there and 1 in `unknown`.
struct Parts {
  Matrix<double> values, sizes, errors, unknown;
  bool any_unknown = false, any_error = false;

  Parts(MatrixView<const Bounded> x, double largest)
      : values(x.rows(), x.columns()),
        sizes(x.rows(), x.columns()),
        errors(x.rows(), x.columns()),
        unknown(x.rows(), x.columns()) {
    std::vector<char> unknown_in(x.rows()), error_in(x.rows());
    over_rows(x.rows(), 16, [&](std::size_t i) {
      for (std::size_t j = 0; j < x.columns(); ++j) {
        const Bounded& entry = x(i, j);
        const double size = std::fabs(entry.x) + entry.e;
        const bool known = size < infinite && size <= largest;
        values(i, j) = entry.x;
        sizes(i, j) = known ? size : 0;
        errors(i, j) = known ? entry.e : 0;
        unknown(i, j) = known ? 0 : 1;
        unknown_in[i] |= !known;
        error_in[i] |= errors(i, j) != 0;
      }
    });
    any_unknown = std::count(unknown_in.begin(), unknown_in.end(), 1) > 0;
    any_error = std::count(error_in.begin(), error_in.end(), 1) > 0;
  }
};

/// The same of the left operand; weights have no errors.
struct Left {
  Operand values, sizes, errors, unknown;
  bool any_unknown = false;
};

Matrix<double> native_product(const Operand& w, const Operand& bias, MatrixView<const double> x) {
  Native ar;
  Matrix<double> y(w.rows(), x.columns());
  matmul(ar, w, bias, x, y.view());
  return y;
}
/// [A, B] side by side.
Matrix<double> beside(const Matrix<double>& a, const Matrix<double>& b) {
  Matrix<double> both(a.rows(), a.columns() + b.columns());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    std::copy(a.row(i).data(), a.row(i).data() + a.columns(), both.row(i).data());
    std::copy(b.row(i).data(), b.row(i).data() + b.columns(), both.row(i).data() + a.columns());
  }
  return both;
}

/// The roundings that other runs may do differently.
class OtherRuns {
 public:
  OtherRuns(const SimulatedRunningError& ar, const Left& w, const Matrix<double>& sizes, bool biased)
      : in_(ar.simulated().in().rule()),
        acc_(ar.simulated().acc().rule()),
        out_(ar.simulated().out().rule()),
        k_(static_cast<double>(sizes.rows())),
        column_(sizes.columns()) {
    if (ar.runs() != Runs::all) return;
    const RoundingModel model{acc_.relative, ar.summation()};
    gamma_ = model.gamma(model.dot(sizes.rows()) + (biased ? 1 : 0)).value();
    row_ = native_product(w.sizes, {}, Matrix<double>(w.sizes.columns(), 1, 1.0).view()).values();
    for (std::size_t i = 0; i < row_.size(); ++i)
      for (std::size_t k = 0; row_[i] > in_.largest && k < w.sizes.columns(); ++k)
        if (!(w.sizes.at(i, k) <= in_.largest)) row_[i] = infinite;
    for (std::size_t k = 0; k < sizes.rows(); ++k)
      for (std::size_t j = 0; j < sizes.columns(); ++j) column_[j] += sizes(k, j);
  }
  /// For entry (i, j); p, b: those of P and |b|.
  double operator()(double p, std::size_t i, std::size_t j, double b) const {
    const double u = in_.relative, a = 1 + u, eta = in_.absolute, r = row_[i], c = column_[j];
    const double loads = (a + 1) * u * p + eta * (a * r + a * c) + k_ * eta * eta;
    const double terms = a * a * p + a * eta * (r + c) + k_ * eta * eta + b;
    const double underflows = (1 + gamma_) * (k_ + 1) * acc_.absolute;
    const double largest = (1 + gamma_) * terms + underflows;
    if (!(largest <= acc_.largest)) return infinite;
    return loads + gamma_ * terms + underflows + out_(largest);
  }

 private:
  RoundingRadius in_, acc_, out_;
  double k_, gamma_ = 0;
  std::vector<double> row_, column_;
};

/// Where nothing is known of y.  An exact 0 times an unknown number is 0 in the run at hand; with other
/// random bits that number may be an infinity.
Matrix<double> unknown_entries(const Left& w, const Parts& x, Runs runs) {
  Matrix<double> unknown(w.values.rows(), x.values.columns());
  if (!w.any_unknown && !x.any_unknown) return unknown;
  Matrix<double> sizes = x.sizes;
  for (std::size_t i = 0; i < sizes.values().size(); ++i)
    sizes.values()[i] = runs == Runs::all ? 1 : sizes.values()[i] + x.unknown.values()[i];
  if (w.any_unknown) unknown = native_product(w.unknown, {}, sizes.view());
  Operand sizes_of_w = w.sizes;
  const Matrix<double> ones(w.values.rows(), w.values.columns(), 1.0);
  if (runs == Runs::all) sizes_of_w = operand_of(ones.view());
  const Matrix<double> more = native_product(sizes_of_w, {}, x.unknown.view());
  for (std::size_t i = 0; i < more.values().size(); ++i) unknown.values()[i] += more.values()[i];
  return unknown;
}

/// e_w |X|, empty where W has no errors.
Matrix<double> from_left_errors(const Left& w, const Parts& x) {
  if (w.errors.empty()) return {};
  Matrix<double> magnitude = x.values;
  for (std::size_t i = 0; i < magnitude.values().size(); ++i)
    magnitude.values()[i] = x.unknown.values()[i] != 0 ? 0 : std::fabs(magnitude.values()[i]);
  return native_product(w.errors, {}, magnitude.view());
}

/// Bounds of all entries of Y, whose x are there.
void bound(const SimulatedRunningError& ar, const Left& w, const Operand& bias, const Parts& x,
           MatrixView<Bounded> y) {
  const std::size_t k = x.values.rows(), n = x.values.columns();
  const bool all_runs = ar.runs() == Runs::all;
  const Matrix<double> z = native_product(w.values, bias, x.values.view());
  const Matrix<double> sums =
      native_product(w.sizes, {}, x.any_error ? beside(x.sizes, x.errors).view() : x.sizes.view());
  const Matrix<double> moved = from_left_errors(w, x), unknown = unknown_entries(w, x, ar.runs());
  const OtherRuns other_runs(ar, w, x.sizes, !bias.empty());
  const auto count = static_cast<double>(k + 1);
  const double native = gamma_above(count + 1, 0x1p-53).value(), factor = 1 + (count + 32) * 0x1p-51;
  over_rows(y.rows(), 16, [&](std::size_t i) {
    const double b = bias.empty() ? 0 : std::fabs(bias.at(0, i));
    for (std::size_t j = 0; j < n; ++j) {
      const double p = sums(i, j);
      double e = (x.any_error ? sums(i, n + j) : 0) + native * (p + b) + std::fabs(y(i, j).x - z(i, j));
      if (moved.rows() > 0) e += moved(i, j);
      if (all_runs) e += other_runs(p, i, j, b);
      y(i, j).e = unknown(i, j) > 0 ? infinite : RunningError::up(e * factor + count * 0x1p-1060);
    }
  });
}

/// The values of the product.
void values(SimulatedRunningError& ar, const Operand& w, const Operand& bias, const Parts& x,
            MatrixView<Bounded> y) {
  Matrix<double> result(y.rows(), y.columns());
  matmul(ar.simulated(), w, bias, x.values.view(), result.view());
  over_rows(y.rows(), 16, [&](std::size_t i) {
    for (std::size_t j = 0; j < y.columns(); ++j) y(i, j).x = result(i, j);
  });
}

double largest_operand(const SimulatedRunningError& ar) {
  return ar.runs() == Runs::all ? ar.simulated().in().rule().format.max_finite : infinite;
}

void product_of(SimulatedRunningError& ar, MatrixView<const Bounded> a, bool down,
                MatrixView<const Bounded> x, MatrixView<Bounded> y) {
  const Parts left(a, largest_operand(ar)), right(x, largest_operand(ar));
  const auto operand = [&](const Matrix<double>& m) { return operand_of(m.view(), down); };
  const Left w{operand(left.values), operand(left.sizes), operand(left.errors), operand(left.unknown),
               left.any_unknown};
  values(ar, w.values, {}, right, y);
  bound(ar, w, {}, right, y);
}

}  // namespace

void matmul(SimulatedRunningError& ar, const Operand& w, const Operand& bias, MatrixView<const Bounded> x,
            MatrixView<Bounded> y) {
  const Parts right(x, largest_operand(ar));
  values(ar, w, bias, right, y);
  bound(ar, Left{w, magnitudes(w), {}, {}, false}, bias, right, y);
}

void product(SimulatedRunningError& ar, MatrixView<const Bounded> a, MatrixView<const Bounded> x,
             MatrixView<Bounded> y) {
  product_of(ar, a, false, x, y);
}

void product_of_columns(SimulatedRunningError& ar, MatrixView<const Bounded> a, MatrixView<const Bounded> x,
                        MatrixView<Bounded> y) {
  product_of(ar, a, true, x, y);
}

}  // namespace halfulp
