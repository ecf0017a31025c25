// A-priori rounding error of multi-head attention in mixed precision, to first order; keys and values may be
// shared by heads.
//
//   q = W_q x, k = W_k x [normalised] [turned], cast;   s_it = k_i^T q_t / sqrt(d_h);   psi = softmax(s)
//   v = W_v x;   o_t = sum_i psi_it v_i;   A = sum_h W_o^h o^h
//
// Per head, entrywise, i over the keys that query t sees (t of them in the counts):
//
//   |ds_it| <= (e_k,i^T |q_t| + |k_i|^T e_q,t) / sqrt(d_h) + (score(d_h) + u_s) b_it + u_s |s_it|
//   L_it     = |ds_it| + u_h (m_t - s_it) + c_exp u_h,   m_t = max_i s_it
//   |do_t|  <= sum_i psi_i |v_i - o_t| L_it + sum_i psi_i |v_i| (mix(t) + u_P + (t + 2) u_h)
//              + sum_i psi_i (value(d) |W_v| |x_i| + u_v |v_i|)
//   |dA_t|  <= sum_h |W_o^h| |do^h_t| + output sum_h |W_o^h| |o^h_t|
//
// with e_q = projection(d) |W_q| |x| + u_c |q|.  With a_it = |x_i|^T |W_k|^T |W_q| |x_t| / sqrt(d_h) and b_it
// = |k_i|^T |q_t| / sqrt(d_h) <= a_it the projections give at most 2 projection(d) a_it.  The first sum is
// centred (sum dpsi = 0); scores err absolutely, so none need be generic.  Not in here: underflow. Source:
// docs/theory.md, 2, 3.
#pragma once

#include <utility>

#include "halfulp/layers/self_attention/mixed_precision.hpp"
#include "halfulp/layers/self_attention/self_attention.hpp"

namespace halfulp {

/// One head at exact values: its scores, weights, means, and the errors of all of them.  d: terms of the
/// projections.
template <Real T>
class MixedHead {
 public:
  MixedHead(Projected<T> keys, Projected<T> queries, Projected<T> values, std::size_t d)
      : k_(std::move(keys)),
        q_(std::move(queries)),
        v_(std::move(values)),
        d_(d),
        root_(sqrt(T(static_cast<double>(k_.value.rows())))) {
    const std::size_t n = q_.value.columns(), width = v_.value.rows();
    s_ = psi_ = Matrix<T>(n, n, T(0.0));
    o_ = Matrix<T>(width, n, T(0.0));
    for (std::size_t t = 0; t < n; ++t) {
      std::vector<T> e(t + 1), p(t + 1);
      for (std::size_t i = 0; i <= t; ++i) s_(i, t) = inner(k_.value, i, q_.value, t, false);
      highest_.push_back(s_(0, t));
      for (std::size_t i = 1; i <= t; ++i) highest_[t] = max(highest_[t], s_(i, t));
      ContextOf<T> ar;
      softmax(ar, Row<const T>(std::as_const(s_).column(t).part(0, t + 1)), Shift::by_maximum, Row<T>(e),
              Row<T>(p));
      for (std::size_t i = 0; i <= t; ++i) {
        psi_(i, t) = p[i];
        for (std::size_t a = 0; a < width; ++a) o_(a, t) = o_(a, t) + p[i] * v_.value(a, i);
      }
    }
  }

  std::size_t tokens() const { return q_.value.columns(); }
  std::size_t width() const { return v_.value.rows(); }
  std::size_t projected_terms() const { return d_; }
  const Projected<T>& keys() const { return k_; }
  const Projected<T>& queries() const { return q_; }
  const Projected<T>& values() const { return v_; }
  const Matrix<T>& scores() const { return s_; }
  const Matrix<T>& weights() const { return psi_; }
  const Matrix<T>& means() const { return o_; }

  T a(std::size_t i, std::size_t t) const { return inner(k_.size, i, q_.size, t, true); }
  T b(std::size_t i, std::size_t t) const { return inner(k_.value, i, q_.value, t, true); }
  /// Xi = max_{i <= t} a_it.
  T xi() const {
    T largest(0.0);
    for (std::size_t t = 0; t < tokens(); ++t)
      for (std::size_t i = 0; i <= t; ++i) largest = max(largest, T(a(i, t)));
    return largest;
  }
  /// m_t - s_it.
  T depth(std::size_t i, std::size_t t) const { return highest_[t] - s_(i, t); }

  /// |ds_it|, first order.
  T score_error(std::size_t i, std::size_t t, const AttentionPrecision& u) const {
    T moved(0.0);
    for (std::size_t a = 0; a < k_.value.rows(); ++a)
      moved =
          moved + error_of(k_, a, i, u) * abs(q_.value(a, t)) + abs(k_.value(a, i)) * error_of(q_, a, t, u);
    return moved / root_ + T(u.score.first_order(k_.value.rows()) + u.score_scale) * b(i, t) +
           T(u.score_scale) * abs(s_(i, t));
  }
  /// L_it, first order.
  T log_error(std::size_t i, std::size_t t, const AttentionPrecision& u) const {
    return score_error(i, t, u) + T(u.softmax) * (depth(i, t) + T(u.exponential));
  }
  /// Relative error of a term of query t's mean that its weight and its product have for themselves.
  double own_roundings(std::size_t t, const AttentionPrecision& u) const {
    return u.mix.first_order(t + 1) + u.weight_cast + (static_cast<double>(t + 1) + 2) * u.softmax;
  }
  /// |do_t|, first order.  [d_v]
  std::vector<T> mean_error(std::size_t t, const AttentionPrecision& u) const {
    std::vector<T> error(width(), T(0.0));
    const T own(own_roundings(t, u) + u.value_cast), made(u.value.first_order(d_));
    for (std::size_t i = 0; i <= t; ++i) {
      const T log = log_error(i, t, u);
      for (std::size_t a = 0; a < width(); ++a)
        error[a] = error[a] + psi_(i, t) * (abs(v_.value(a, i) - o_(a, t)) * log + abs(v_.value(a, i)) * own +
                                            made * v_.size(a, i));
    }
    return error;
  }

 private:
  T inner(const Matrix<T>& x, std::size_t i, const Matrix<T>& y, std::size_t t, bool sizes) const {
    T sum(0.0);
    for (std::size_t a = 0; a < x.rows(); ++a)
      sum = sum + (sizes ? T(abs(x(a, i) * y(a, t))) : x(a, i) * y(a, t));
    return sum / root_;
  }
  T error_of(const Projected<T>& y, std::size_t a, std::size_t t, const AttentionPrecision& u) const {
    return T(u.projection.first_order(d_)) * y.size(a, t) + y.other(a, t) + T(u.cast) * abs(y.value(a, t));
  }

  Projected<T> k_, q_, v_;
  std::size_t d_;
  T root_;
  Matrix<T> s_, psi_, o_;
  std::vector<T> highest_;
};

/// |dA|, first order; W_o [d_out, H d_v], head h's columns from h d_v.  [d_out, n]
template <Real T>
Matrix<T> attention_first_order(const std::vector<MixedHead<T>>& heads, MatrixView<const T> wo,
                                const AttentionPrecision& u) {
  const std::size_t n = heads[0].tokens(), width = heads[0].width();
  const T out(u.output.first_order(heads.size() * width));
  Matrix<T> error(wo.rows(), n, T(0.0));
  for (std::size_t h = 0; h < heads.size(); ++h) {
    for (std::size_t t = 0; t < n; ++t) {
      const std::vector<T> d_o = heads[h].mean_error(t, u);
      for (std::size_t i = 0; i < wo.rows(); ++i)
        for (std::size_t a = 0; a < width; ++a)
          error(i, t) =
              error(i, t) + abs(wo(i, h * width + a)) * (d_o[a] + out * abs(heads[h].means()(a, t)));
    }
  }
  return error;
}

/// The relative componentwise form:  rho_c(fl(A), A) <= rounded + carried rho_c(xhat, x) + O(u^2 + rho^2).
template <Real T>
struct RelativeError {
  T xi, rounded, carried;
};

/// xi = max_{a,t} [sum_h |W_o^h| |W_v^h| |X_t| psi]_a / |A_t|_a (inf where A is not generic),
/// rounded = xi max_{h,t} { value(d) + u_v + mix(t) + u_P + output + (t + 2) u_h + 2 max_i L_it },
/// carried = xi [1 + 2 max_{h,i,t} ( |x_i|^T |W_k^T q_t| + |W_q^T k_i|^T |x_t| ) / sqrt(d_h)]; without u: no
/// precision reduces it.  Plain heads; wq, wk by head.
template <Real T>
RelativeError<T> attention_relative(const std::vector<MixedHead<T>>& heads,
                                    const std::vector<MatrixView<const T>>& wq,
                                    const std::vector<MatrixView<const T>>& wk, MatrixView<const T> wo,
                                    MatrixView<const T> x, const AttentionPrecision& u) {
  const std::size_t n = heads[0].tokens(), width = heads[0].width(), d = x.rows();
  T xi(0.0), rounded(0.0), carried(0.0);
  for (std::size_t t = 0; t < n; ++t) {
    for (std::size_t i = 0; i < wo.rows(); ++i) {
      T size(0.0), y(0.0);
      for (std::size_t h = 0; h < heads.size(); ++h) {
        for (std::size_t a = 0; a < width; ++a) {
          T mixed(0.0);
          for (std::size_t j = 0; j <= t; ++j)
            mixed = mixed + heads[h].values().size(a, j) * heads[h].weights()(j, t);
          size = size + abs(wo(i, h * width + a)) * mixed;
          y = y + wo(i, h * width + a) * heads[h].means()(a, t);
        }
      }
      xi = max(xi, T(ratio(size, y)));
    }
  }
  const double fixed = u.value.first_order(d) + u.value_cast + u.output.first_order(heads.size() * width);
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const T root = sqrt(T(static_cast<double>(heads[h].keys().value.rows())));
    const auto back = [&](MatrixView<const T> w, const Matrix<T>& y) {
      Matrix<T> z(d, n, T(0.0));
      for (std::size_t a = 0; a < w.rows(); ++a)
        for (std::size_t j = 0; j < d; ++j)
          for (std::size_t t = 0; t < n; ++t) z(j, t) = z(j, t) + w(a, j) * y(a, t);
      return z;
    };
    const Matrix<T> from_q = back(wk[h], heads[h].queries().value),
                    from_k = back(wq[h], heads[h].keys().value);
    for (std::size_t t = 0; t < n; ++t) {
      T worst(0.0);
      for (std::size_t i = 0; i <= t; ++i) {
        worst = max(worst, T(heads[h].log_error(i, t, u)));
        T moved(0.0);
        for (std::size_t j = 0; j < d; ++j)
          moved = moved + abs(x(j, i) * from_q(j, t)) + abs(from_k(j, i) * x(j, t));
        carried = max(carried, T(moved / root));
      }
      rounded = max(rounded, T(T(fixed + heads[h].own_roundings(t, u)) + T(2.0) * worst));
    }
  }
  return {xi, times_bound(xi, rounded), times_bound(xi, T(T(1.0) + T(2.0) * carried))};
}

}  // namespace halfulp
