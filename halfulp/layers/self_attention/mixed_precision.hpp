// The precisions of multi-head attention, step by step, and how errors of queries, keys and values are made
// of them (mixed_head.hpp: what becomes of these in the scores, the weights and the means).
//
// Truncating accumulators: u = 2^(1-p).  Source: docs/theory.md, 2; Blanchard, Higham, Lopez, Mary, Pranesh
// 2020 (block FMA).
#pragma once

#include "halfulp/layers/rms_norm/jacobian.hpp"

namespace halfulp {

/// The roundings of an inner product of n terms:  2 operands + min(b, n) internal + ceil(n/b) result:
/// operands rounded to a low precision, blocks of b terms accumulated internally, their results added.
/// block = 0: one accumulation of all terms, n internal.  FP8 on H100: internal 2^-13; promoted to binary32
/// every 128 terms: block 128, result 2^-24.
struct Accumulation {
  double internal = 0, operands = 0, result = 0;
  std::size_t block = 0;

  /// Their sum: |error| <= first_order(n) |w|^T |x| + O(u^2).
  double first_order(std::size_t n) const { return count(n, operands, internal, result); }
  /// In the logarithm: a product of the roundings' factors (1 + delta)^+-1 lies in [e^-g, e^g], as
  /// -log(1 - u) <= u / (1 - u).
  Upper logarithm(std::size_t n) const {
    return count(n, logarithm_of(operands), logarithm_of(internal), logarithm_of(result));
  }
  static Upper logarithm_of(double u) { return Upper(u) / next_below(1 - u); }

 private:
  template <class N>
  N count(std::size_t n, N in, N inside, N after) const {
    const std::size_t b = block == 0 || block > n ? n : block;
    const std::size_t blocks = block == 0 || n == 0 ? 0 : (n + block - 1) / block;
    return N(2.0) * in + N(static_cast<double>(b)) * inside + N(static_cast<double>(blocks)) * after;
  }
};

/// Unit roundoffs of the steps.
struct AttentionPrecision {
  Accumulation projection;  // u_p: queries and keys
  double cast = 0;          // u_c: queries and keys as the scores read them
  Accumulation score;       // u_s: inner products of keys and queries, and their scale
  double score_scale = 0;
  double softmax = 0;      // u_h: shift, exponential, normaliser, quotient
  double exponential = 1;  // c_exp, in u_h
  double weight_cast = 0;  // u_P: weights as the mean reads them
  Accumulation mix;        // of weights and values
  Accumulation value;      // W_v x
  double value_cast = 0;   // u_v
  Accumulation output;     // of all heads' entries with W_o

  /// docs/theory.md, 3: projections u_p, casts u_c, scores u_s, softmax u_h, all else u_l, heads added one by
  /// one: d_h + H roundings.
  static AttentionPrecision of(double u_p, double u_c, double u_s, double u_h, double u_l,
                               std::size_t head_dim) {
    AttentionPrecision p;
    p.projection = {u_p};
    p.cast = u_c;
    p.score = {u_s};
    p.score_scale = u_s;
    p.softmax = u_h;
    p.weight_cast = u_l;
    p.mix = p.value = {u_l};
    p.output = {u_l, 0, u_l, head_dim};
    return p;
  }
};

/// Queries, keys or values of one head, all tokens, and what their errors are made of, to first order:
/// projection(d) size + other.  Shapes [d_h, n].
template <Real T>
struct Projected {
  Matrix<T> value, size, other;
};

/// W x, |W| |x|.
template <Real T>
Projected<T> projected(MatrixView<const T> w, MatrixView<const T> x) {
  const std::size_t n = x.columns();
  Projected<T> y{Matrix<T>(w.rows(), n, T(0.0)), Matrix<T>(w.rows(), n, T(0.0)),
                 Matrix<T>(w.rows(), n, T(0.0))};
  for (std::size_t i = 0; i < w.rows(); ++i) {
    for (std::size_t t = 0; t < n; ++t) {
      for (std::size_t j = 0; j < x.rows(); ++j) {
        const T term = w(i, j) * x(j, t);
        y.value(i, t) = y.value(i, t) + term;
        y.size(i, t) = y.size(i, t) + abs(term);
      }
    }
  }
  return y;
}

/// QK-norm: y = g R(y) for each token, R the RMS normalisation without eps: errors pass |g| |J_R|, and d_h/2
/// + 4 roundings are added.  Afterwards b <= sqrt(d_h) max|g_q g_k|: the architecture bounds the scores'
/// radius.
template <Real T>
void normalise_projected(Projected<T>& y, const std::vector<T>& gain, double u) {
  const std::size_t width = y.value.rows();
  const double roundings = (static_cast<double>(width) / 2 + 4) * u;
  for (std::size_t t = 0; t < y.value.columns(); ++t) {
    std::vector<T> x, size, other;
    for (std::size_t i = 0; i < width; ++i) {
      x.push_back(y.value(i, t));
      size.push_back(y.size(i, t));
      other.push_back(y.other(i, t));
    }
    const RmsNormJacobian<T> j{Row<const T>(x)};
    const std::vector<T> passed = j.absolute_times(Row<const T>(size)),
                         rest = j.absolute_times(Row<const T>(other));
    for (std::size_t i = 0; i < width; ++i) {
      y.value(i, t) = gain[i] * (j.scale() * x[i]);
      y.size(i, t) = abs(gain[i]) * passed[i];
      y.other(i, t) = abs(gain[i]) * rest[i] + T(roundings) * abs(y.value(i, t));
    }
  }
}

/// u of the rotation (product and sum, two roundings), u_cs of the stored cos and sin, and |dtheta| of the
/// pairs' angles by token [r/2, n] (absolute: it does not cancel between query and key).
struct RotaryPrecision {
  double rotate = 0, table = 0;
  Matrix<double> angle;
};

/// |dtheta| of theta = t omega formed in precision u_th with so many roundings (rope_table: 3, and 2 more for
/// scaled frequencies):  roundings u_th t omega.
inline Matrix<double> angle_errors(const std::vector<double>& frequencies, std::size_t tokens, double u_th,
                                   double roundings = 3) {
  Matrix<double> angle(frequencies.size(), tokens);
  for (std::size_t i = 0; i < frequencies.size(); ++i)
    for (std::size_t t = 0; t < tokens; ++t)
      angle(i, t) = roundings * u_th * static_cast<double>(t) * frequencies[i];
  return angle;
}

/// RoPE: y = R_t y with cos and sin [r/2, n].  size and other pass |R_t| (so a_it grows by at most 2); added:
/// (2 u + u_cs) |R_t| |y| + |dtheta| |R_t'| |y|, R' the derivative by the angle.
template <Real T>
void turn_projected(Projected<T>& y, MatrixView<const T> cosine, MatrixView<const T> sine,
                    const RotaryPrecision& u) {
  const std::size_t half = cosine.rows();
  for (std::size_t t = 0; t < y.value.columns(); ++t) {
    for (std::size_t i = 0; i < half; ++i) {
      const std::size_t j = i + half;
      const T c = cosine(i, t), s = sine(i, t), a = y.value(i, t), b = y.value(j, t);
      const T c_size = abs(c), s_size = abs(s), angle(u.angle(i, t)), rounded(2 * u.rotate + u.table);
      const auto passed = [&](Matrix<T>& m) {
        const T first = m(i, t), second = m(j, t);
        m(i, t) = c_size * first + s_size * second;
        m(j, t) = c_size * second + s_size * first;
      };
      passed(y.size);
      passed(y.other);
      y.value(i, t) = a * c - b * s;
      y.value(j, t) = b * c + a * s;
      const T along = c_size * abs(a) + s_size * abs(b), across = c_size * abs(b) + s_size * abs(a);
      y.other(i, t) = y.other(i, t) + rounded * along + angle * across;
      y.other(j, t) = y.other(j, t) + rounded * across + angle * along;
    }
  }
}

}  // namespace halfulp
