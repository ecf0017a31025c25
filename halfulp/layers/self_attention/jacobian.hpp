// The Jacobian of causal self-attention of one head, its norms and condition numbers.
//
//   A(X)_t = W_v X_t psi_t,   psi_t = psi(S(X_t)),   J = [H_1 0; H_2 0; ...] (block row t: H_t, then zeros),
//   H_t = psi_t^T (x) W_v + M_t J_S(X_t),   M_t = W_v X_t J_psi  [d, t]:  (M_t)_ai = psi_ti (v_ai - A(X)_at)
//
// Shapes: W_q, W_k [d_h, d], W_v [d, d], X [d, n], v_i = W_v x_i; argument and result are vec, the columns
// one after the other, [d n].  A(X)_t depends on tokens up to t only. Source: arXiv:2503.10251, Lemma 3.14
// (its minus signs are a misprint), Remark 3.15.
#pragma once

#include "halfulp/layers/self_attention/self_attention.hpp"
#include "halfulp/layers/similarity_scores/jacobian.hpp"
#include "halfulp/layers/softmax/jacobian.hpp"

namespace halfulp {

/// Kept: scores and psi [n, n], values and results [d, n], B x_t and x_i^T B [n, d] each.
template <Real T>
class AttentionJacobian {
 public:
  using Number = T;

  AttentionJacobian(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> wv,
                    MatrixView<const T> x)
      : wv_(wv),
        x_(x),
        scores_(x.columns(), x.columns()),
        psi_(x.columns(), x.columns()),
        values_(wv.rows(), x.columns()),
        y_(wv.rows(), x.columns()),
        bx_(x.rows(), x.columns()),
        xb_(x.columns(), x.rows()) {
    ContextOf<T> ar;
    const std::size_t n = x.columns();
    const auto width = static_cast<double>(wk.rows());
    Matrix<T> queries(wq.rows(), n), keys(wk.rows(), n);
    product(ar, wq, x, queries.view());
    product(ar, wk, x, keys.view());
    product(ar, wv, x, values_.view());
    product_of_columns(ar, wk, queries.view(), bx_.view());
    product_of_columns(ar, keys.view(), wq, xb_.view());
    for (T& entry : bx_.values()) entry = ar.div_root(entry, width);
    for (T& entry : xb_.values()) entry = ar.div_root(entry, width);
    similarity_scores(ar, keys.view(), queries.view(), ScoreScale::by_exact_root, scores_.view());
    std::vector<T> exponentials(n);
    for (std::size_t t = 0; t < n; ++t)
      causal_softmax(ar, scores_.view().column(t), t, Shift::by_maximum, Row<T>(exponentials),
                     psi_.column(t));
    mix(ar, values_.view(), psi_.view(), y_.view());
  }

  std::size_t tokens() const { return x_.columns(); }
  std::size_t width() const { return x_.rows(); }
  std::size_t inputs() const { return x_.rows() * x_.columns(); }
  std::size_t outputs() const { return wv_.rows() * x_.columns(); }
  MatrixView<const T> x() const { return x_; }
  MatrixView<const T> wv() const { return wv_; }
  /// A(X) [d, n], W_v X [d, n].
  MatrixView<const T> y() const { return y_.view(); }
  MatrixView<const T> values() const { return values_.view(); }
  /// S(X_t), psi_t: scores and weights of tokens 0 .. t.
  Row<const T> scores(std::size_t t) const { return scores_.column(t).part(0, t + 1); }
  Row<const T> psi(std::size_t t) const { return psi_.column(t).part(0, t + 1); }
  /// B x_t [d], column t of [d, n];  x_i^T B [d], row i of [n, d].
  MatrixView<const T> bx() const { return bx_.view(); }
  MatrixView<const T> xb() const { return xb_.view(); }
  /// (M_t)_ai, the weight that score i of token t has in entry a.
  T score_weight(std::size_t t, std::size_t a, std::size_t i) const {
    return psi_(i, t) * (values_(a, i) - y_(a, t));
  }

  /// O(n^2 d + n d^2).
  std::vector<T> times(Row<const T> v) const {
    const std::size_t d = width();
    std::vector<T> y;
    for (std::size_t t = 0; t < tokens(); ++t) {
      const Row<const T> last = v.part(t * d, d);
      std::vector<T> moved(wv_.rows(), T(0.0)), mixed(d, T(0.0));
      for (std::size_t i = 0; i <= t; ++i) {
        const Row<const T> at = v.part(i * d, d);
        const T score = detail::inner_product(at, bx().column(t)) + detail::inner_product(xb().row(i), last);
        for (std::size_t a = 0; a < moved.size(); ++a) moved[a] = moved[a] + score_weight(t, a, i) * score;
        for (std::size_t k = 0; k < d; ++k) mixed[k] = mixed[k] + psi_(i, t) * at[k];
      }
      for (std::size_t a = 0; a < moved.size(); ++a)
        y.push_back(moved[a] + detail::inner_product(wv_.row(a), Row<const T>(mixed)));
    }
    return y;
  }

  /// O(n^2 d + n d^2).
  std::vector<T> transposed_times(Row<const T> w) const {
    const std::size_t d = width(), rows = wv_.rows();
    std::vector<T> y(inputs(), T(0.0));
    for (std::size_t t = 0; t < tokens(); ++t) {
      const Row<const T> at = w.part(t * rows, rows);
      std::vector<T> back(d, T(0.0));  // W_v^T w_t
      for (std::size_t a = 0; a < rows; ++a)
        for (std::size_t k = 0; k < d; ++k) back[k] = back[k] + wv_(a, k) * at[a];
      for (std::size_t i = 0; i <= t; ++i) {
        T score(0.0);
        for (std::size_t a = 0; a < rows; ++a) score = score + score_weight(t, a, i) * at[a];
        for (std::size_t k = 0; k < d; ++k) {
          y[i * d + k] = y[i * d + k] + psi_(i, t) * back[k] + score * bx_(k, t);
          y[t * d + k] = y[t * d + k] + score * xb_(i, k);
        }
      }
    }
    return y;
  }

  /// Row by row of H_t, none kept: O(n^2 d^2) time, O(n d) memory.
  std::vector<T> absolute_times(Row<const T> v) const {
    std::vector<T> y;
    for_each_row([&](std::size_t t, std::size_t, const std::vector<T>& row) {
      y.push_back(detail::absolute_inner_product(Row<const T>(row), v.part(0, (t + 1) * width())));
    });
    return y;
  }

  /// Above it (Lemma 3.14.3, before psi's Jacobian is bounded), in O(n^2 d + n d^2):
  ///   |W_v| sum_i psi_i v_i + |M_t| z,  z_i = |B x_t|^T v_i + |x_i^T B| v_t.
  std::vector<T> absolute_times_bound(Row<const T> v) const {
    const std::size_t d = width();
    std::vector<T> y;
    for (std::size_t t = 0; t < tokens(); ++t) {
      const Row<const T> last = v.part(t * d, d);
      std::vector<T> moved(wv_.rows(), T(0.0)), mixed(d, T(0.0));
      for (std::size_t i = 0; i <= t; ++i) {
        const Row<const T> at = v.part(i * d, d);
        const T score = detail::absolute_inner_product(bx().column(t), at) +
                        detail::absolute_inner_product(xb().row(i), last);
        for (std::size_t a = 0; a < moved.size(); ++a)
          moved[a] = moved[a] + abs(score_weight(t, a, i)) * score;
        for (std::size_t k = 0; k < d; ++k) mixed[k] = mixed[k] + psi_(i, t) * at[k];
      }
      for (std::size_t a = 0; a < moved.size(); ++a)
        y.push_back(moved[a] + detail::absolute_inner_product(wv_.row(a), Row<const T>(mixed)));
    }
    return y;
  }

  /// H_t [d, d (t + 1)].
  Matrix<T> row_block(std::size_t t) const {
    Matrix<T> h(wv_.rows(), width() * (t + 1));
    for (std::size_t a = 0; a < wv_.rows(); ++a) {
      const std::vector<T> row = row_of_block(t, a);
      for (std::size_t k = 0; k < row.size(); ++k) h(a, k) = row[k];
    }
    return h;
  }
  /// visit(t, a, row a of H_t) for all rows of J, those of a token one after the other.
  template <class Visit>
  void for_each_row(Visit visit) const {
    for (std::size_t t = 0; t < tokens(); ++t)
      for (std::size_t a = 0; a < wv_.rows(); ++a) {
        throw_if_interrupted();
        visit(t, a, row_of_block(t, a));
      }
  }

 private:
  std::vector<T> row_of_block(std::size_t t, std::size_t a) const {
    const std::size_t d = width();
    std::vector<T> row(d * (t + 1));
    for (std::size_t i = 0; i <= t; ++i) {
      const T weight = score_weight(t, a, i);
      for (std::size_t k = 0; k < d; ++k) {
        row[i * d + k] = row[i * d + k] + psi_(i, t) * wv_(a, k) + weight * bx_(k, t);
        row[t * d + k] = row[t * d + k] + weight * xb_(i, k);
      }
    }
    return row;
  }

  MatrixView<const T> wv_, x_;
  Matrix<T> scores_, psi_, values_, y_, bx_, xb_;
};

/// ||J||_p,inf = max_t ||H_t||_p,inf, the largest dual norm of a row; O(n^2 d^2).
template <Real T>
T norm_to_inf(const AttentionJacobian<T>& j, Exponent p) {
  T largest(0.0);
  j.for_each_row([&](std::size_t, std::size_t, const std::vector<T>& row) {
    largest = max(largest, T(norm(Row<const T>(row), dual(p))));
  });
  return largest;
}
template <Real T>
T norm_infinf(const AttentionJacobian<T>& j) {
  return norm_to_inf(j, Exponent::infinity);
}
template <Real T>
T norm_2inf(const AttentionJacobian<T>& j) {
  return norm_to_inf(j, Exponent::two);
}
template <Real T>
T norm_1inf(const AttentionJacobian<T>& j) {
  return norm_to_inf(j, Exponent::one);
}

/// ||J||_2,2, from the matrix [d n, d n]; for small X.
template <Real T>
T norm_22(const AttentionJacobian<T>& j) {
  return largest_singular_value(MatrixView<const T>(dense(j)));
}

}  // namespace halfulp
