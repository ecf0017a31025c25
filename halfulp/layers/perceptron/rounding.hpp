// Rounding-error bounds of the two-layer perceptron M(x) = A_2 relu(L_1(x)) + b_2, L_1(x) = A_1 x + b_1, of
// one token; rho >= rho_c(xhat, x).
//
// The lemma needs the signs of L_1(x) to survive the rounding; the general bound does not: ReLU never
// enlarges an error, so a hidden entry whose sign is in doubt is wrong by no more than its argument. Source:
// arXiv:2503.10251, Lemma 4.14, Corollary 4.16 (with kappa_c,c: erratum), Lemma 3.9.
#pragma once

#include "halfulp/layers/linear/rounding.hpp"
#include "halfulp/layers/perceptron/jacobian.hpp"

namespace halfulp {

namespace detail {

/// |A_2(i, Omega)| (|A_1(Omega, :)| |x| + |b_1(Omega)|) + |b_2|_i.
template <Real T>
std::vector<T> perceptron_magnitudes(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2,
                                     Row<const T> b2, const PerceptronJacobian<T>& at) {
  std::vector<T> sums = absolute(b2);
  for (const std::size_t k : at.support()) {
    const T hidden = absolute_product(a1, k, at.x()) + abs(b1[k]);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = sums[i] + abs(a2(i, k)) * hidden;
  }
  return sums;
}

}  // namespace detail

/// xi(M, x) = max_i [|A_2(i, Omega)| (|A_1(Omega, :)| |x| + |b_1(Omega)|) + |b_2|_i] / |M(x)|_i;  inf where
/// M(x) is not generic but for 0/0 = 0.
template <Real T>
T perceptron_xi(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2, Row<const T> b2,
                Row<const T> x) {
  const PerceptronJacobian<T> at(a1, b1, a2, b2, x);
  const std::vector<T> sums = detail::perceptron_magnitudes(a1, b1, a2, b2, at);
  return largest_ratio(Row<const T>(sums), at.value());
}

/// xi ((d + |Omega| + 2) u + rho).
template <Real T>
FirstOrder<T> perceptron_first_order(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2,
                                     Row<const T> b2, Row<const T> x) {
  const PerceptronJacobian<T> at(a1, b1, a2, b2, x);
  const std::vector<T> sums = detail::perceptron_magnitudes(a1, b1, a2, b2, at);
  const T xi = largest_ratio(Row<const T>(sums), at.value());
  return {times_bound(xi, T(static_cast<double>(x.size() + at.support().size() + 2))), xi};
}

/// mlp_generic:      the least |M(x)|_i
/// L1_suff_generic:  the least |L_1(x)|_k / (alpha (u + (1 + u) gamma_d) (|A_1| |x| + |b_1|)_k) - 1
template <Real T>
std::vector<Hypothesis> perceptron_hypotheses(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2,
                                              Row<const T> b2, Row<const T> x, const RoundingModel& model,
                                              double alpha = 1) {
  const PerceptronJacobian<T> at(a1, b1, a2, b2, x);
  const Upper c = Upper(alpha) * affine_constant(model, x.size());
  double generic = Upper::no_statement().value(), signs = generic;
  for (std::size_t i = 0; i < at.value().size(); ++i) generic = std::fmin(generic, mignitude(at.value()[i]));
  for (std::size_t k = 0; k < a1.rows(); ++k) {
    const Upper limit = c * upper_end(T(absolute_product(a1, k, x) + abs(b1[k])));
    const double size = mignitude(at.hidden()[k]);
    signs = std::fmin(signs, size == 0 ? -1 : next_below(size / limit.value()) - 1);
  }
  return {{"mlp_generic", generic}, {"L1_suff_generic", signs}};
}

/// Corollary 4.16 admits rho_c(xhat, x) <= min{signs, beta smooth}, 0 <= beta < 1, for inputs with
/// L1_suff_generic at alpha:  signs = (alpha - 1)/(1 + alpha kappa_c,c(L_1, x)),  smooth = 1/kappa_c,c(M, x).
template <Real T>
struct LargestRho {
  T signs{}, smooth{};
};

template <Real T>
LargestRho<T> perceptron_largest_rho(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2,
                                     Row<const T> b2, Row<const T> x, double alpha) {
  const T kappa = kappa_cc(AffineJacobian<T>(a1, b1, x));
  const T over = T(alpha) - T(1.0);
  return {over / (T(1.0) + T(alpha) * kappa),
          ratio(T(1.0), kappa_cc(PerceptronJacobian<T>(a1, b1, a2, b2, x)))};
}

/// Non-asymptotic, for every xhat with |xhat - x| <= errors, whatever the signs:  |fl(M(xhat)) - M(x)|_i.
///
/// Hidden entry k errs by at most e_k (affine_error), and relu(L_1(x)_k + e) differs from relu(L_1(x)_k) by
/// at most w_k = max(0, min(e_k, L_1(x)_k + e_k)), which is 0 where both are certainly negative.  The second
/// map is affine_error at relu(L_1(x)) with errors w; entries that are certainly 0 join its sums exactly.
template <Real T>
std::vector<Upper> perceptron_error(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2,
                                    Row<const T> b2, Row<const T> x, const RoundingModel& model,
                                    const std::vector<Upper>& errors) {
  std::vector<Upper> hidden = affine_error(a1, b1, x, model, errors, x.size());
  std::vector<T> active(hidden.size(), T(0.0));
  std::size_t terms = 0;
  for (std::size_t k = 0; k < hidden.size(); ++k) {
    const T y = affine_value(a1, b1, k, x);
    active[k] = max(y, T(0.0));
    const double top = upper_end(T(y + T(hidden[k].value())));
    hidden[k] = top > 0 ? min(hidden[k], Upper(top)) : Upper{};
    if (top > 0) ++terms;
  }
  return affine_error(a2, b2, Row<const T>(active), model, hidden, terms);
}

/// At |xhat - x| <= rho |x|.
template <Real T>
std::vector<Upper> perceptron_error(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2,
                                    Row<const T> b2, Row<const T> x, const RoundingModel& model,
                                    Upper rho = {}) {
  std::vector<Upper> errors;
  for (std::size_t j = 0; j < x.size(); ++j) errors.push_back(rho * magnitude(x[j]));
  return perceptron_error(a1, b1, a2, b2, x, model, errors);
}

/// Lemma 4.14 and Corollary 4.16 with nothing dropped:  rho_c(fl(M(xhat)), M(x)) <=
///   xi(M, x) ((1 + c_|Omega|)(1 + c_d)(1 + rho) - 1),    c_k = u + (1 + u) gamma_k,
/// where all signs are certain: |L_1(x)| > rho |A_1| |x| + (1 + rho) c_d |A_1| |x| + u |b_1|, which
/// L1_suff_generic at alpha and rho <= perceptron_largest_rho().signs imply; inf elsewhere.
template <Real T>
Upper perceptron_error_of_lemma(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2,
                                Row<const T> b2, Row<const T> x, const RoundingModel& model, Upper rho = {}) {
  const PerceptronJacobian<T> at(a1, b1, a2, b2, x);
  const std::vector<Upper> hidden = affine_error(a1, b1, x, model, rho);
  for (std::size_t k = 0; k < hidden.size(); ++k)
    if (!(mignitude(at.hidden()[k]) > hidden[k].value())) return Upper::no_statement();
  const std::vector<T> sums = detail::perceptron_magnitudes(a1, b1, a2, b2, at);
  const Upper xi = upper_end(largest_ratio(Row<const T>(sums), at.value()));
  const Upper one(1), first = affine_constant(model, x.size());
  const auto entries = static_cast<double>(at.support().size());
  const Upper second =
      Upper(model.u) + (one + model.u) * model.gamma(std::fmin(model.dot(a1.rows()), entries));
  const Upper inner = first + rho + first * rho;
  return xi * (second + inner + second * inner);
}

}  // namespace halfulp
