#include "halfulp/analysis/spectra/logit_bound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/arith/rounding_model.hpp"

namespace halfulp {
namespace {

bool has_norms(const AttentionWeights& layer) {
  return layer.query_norm.kind != NormParameters::Kind::none ||
         layer.key_norm.kind != NormParameters::Kind::none;
}

/// The other entry of the pair that entry i turns with; i itself where it does not turn.
std::size_t partner(const RotaryEmbedding& rotary, std::size_t i) {
  if (i >= rotary.dims) return i;
  if (rotary.interleaved) return i ^ 1;
  const std::size_t half = rotary.dims / 2;
  return i < half ? i + half : i - half;
}

double column_square(const ThinFactor& f, std::size_t j) {
  double squares = 0;
  for (std::size_t i = 0; i < f.n; ++i) squares += f.r[i * f.pitch + j] * f.r[i * f.pitch + j];
  return squares;
}

/// The balancing D: D_i^2 is the k pair's length over the q pair's.
std::vector<double> balance(const RotaryEmbedding& rotary, const ThinFactor& k, const ThinFactor& q) {
  std::vector<double> d(k.n, 1.0);
  for (std::size_t i = 0; i < k.n; ++i) {
    const std::size_t j = partner(rotary, i);
    const double of_k = column_square(k, i) + (j == i ? 0 : column_square(k, j));
    const double of_q = column_square(q, i) + (j == i ? 0 : column_square(q, j));
    const double ratio = std::sqrt(std::sqrt(of_k / of_q));
    // To a power of two: dividing by it is then exact, and sqrt(2) of imbalance costs little.
    constexpr double root_2 = 1.41421356237309504880;
    if (std::isfinite(ratio) && ratio > 0) d[i] = std::ldexp(1.0, std::ilogb(ratio * root_2));
  }
  // Pairs are computed from both ends: the same sum, in either order, to the bit.
  for (std::size_t i = 0; i < k.n; ++i) d[i] = d[std::min(i, partner(rotary, i))];
  return d;
}

std::vector<double> inverses(std::vector<double> d) {
  for (double& x : d) x = 1 / x;
  return d;
}

double norm_above(const ThinFactor& f) { return singular_values_of(f, 1).upper[0]; }

double scaled_length_above(const std::vector<double>& c, const std::vector<double>& f, double error) {
  Upper squares;
  double largest = 0;
  for (std::size_t i = 0; i < c.size(); ++i) {
    squares += Upper(std::fabs(c[i] * f[i])) * std::fabs(c[i] * f[i]) * (1 + 0x1p-50);
    largest = std::fmax(largest, std::fabs(f[i]));
  }
  return (sqrt(squares) + Upper(error) * largest).value();
}

/// Above ||W^T c|| for c with rows scaled by f: sqrt(c^T G c), G's error entrywise.
double transposed_length_above(const HeadMatrix& w, const std::vector<double>& c) {
  double sum = 0, sizes = 0, lengths = 0;
  const Gram& g = w.gram;
  for (std::size_t i = 0; i < g.n; ++i) {
    for (std::size_t j = i; j < g.n; ++j) {
      const double term = (i == j ? 1 : 2) * c[i] * c[j] * g.g[i * g.pitch + j];
      sum += term;
      sizes += std::fabs(term);
    }
    lengths += std::fabs(c[i]) * std::sqrt(g.squares[i]);
  }
  const Upper gamma = gamma_above(static_cast<double>(g.n * g.n + 4), 0x1p-53);
  return sqrt(Upper(std::fabs(sum)) + gamma * sizes * 1.01 +
              Upper(g.error) * Upper(lengths) * Upper(lengths) * 1.01)
      .value();
}

Upper with_norms(const LogitQuestion& a) {
  const AttentionShape& shape = a.shape;
  const std::size_t n = shape.head_width;
  const HeadNorm &of_q = a.layer.query_norm, &of_k = a.layer.key_norm;
  if (of_q.kind == NormParameters::Kind::none || of_k.kind == NormParameters::Kind::none)
    return Upper::no_statement();
  const std::size_t kv = shape.kv_head_of(a.head);
  Upper largest;
  double largest_q = 0, largest_k = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t j = partner(a.layer.rotary, i);
    const double q = std::fmax(std::fabs(a.rows.q[i]), std::fabs(a.rows.q[j]));
    const double k = std::fmax(std::fabs(a.rows.k[i]), std::fabs(a.rows.k[j]));
    largest = max(largest, Upper(q) * k);
    largest_q = std::fmax(largest_q, q);
    largest_k = std::fmax(largest_k, k);
  }
  // One mean square over all heads: one head may have all of it.
  const Upper length_q = sqrt(Upper(static_cast<double>(n * (of_q.across_heads ? shape.heads : 1))));
  const Upper length_k = sqrt(Upper(static_cast<double>(n * (of_k.across_heads ? shape.kv_heads : 1))));
  if (of_q.bias.empty() && of_k.bias.empty()) return length_q * length_k * largest;
  const auto bias_length = [n](const HeadNorm& norm, std::size_t head) {
    Upper squares;
    for (std::size_t i = 0; i < n && !norm.bias.empty(); ++i) {
      const double b = norm.bias.head(head).at(0, i);
      squares += Upper(std::fabs(b)) * std::fabs(b);
    }
    return sqrt(squares);
  };
  const Upper amplitude = std::fmax(1.0, a.layer.rotary.amplitude * a.layer.rotary.amplitude);
  return (length_q * largest_q + bias_length(of_q, a.head) * amplitude) *
         (length_k * largest_k + bias_length(of_k, kv));
}

Upper without_norms(const LogitQuestion& a) {
  const Upper d = static_cast<double>(a.input.width), root = sqrt(d);
  if (!a.input.bounded) return Upper::no_statement();
  const bool biases = a.q_matrix.has_biases() || a.k_matrix.has_biases();
  if (a.layer.rotary.dims > 0) {
    if (!biases) return d * a.rotary_sigma;
    const std::vector<double> scale = balance(a.layer.rotary, a.k, a.q), inverse = inverses(scale);
    Upper of_q = root * norm_above(a.q.with_rows_scaled(scale));
    Upper of_k = root * norm_above(a.k.with_rows_scaled(inverse));
    const auto times = [](std::vector<double> x, const std::vector<double>& y) {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] *= y[i];
      return x;
    };
    if (a.q_matrix.has_biases())
      of_q += scaled_length_above(a.q_matrix.column, times(a.rows.q, scale), a.q_matrix.column_error);
    if (a.k_matrix.has_biases())
      of_k += scaled_length_above(a.k_matrix.column, times(a.rows.k, inverse), a.k_matrix.column_error);
    return of_q * of_k;
  }
  Upper bound = d * a.circuit.sigma_max.upper;
  if (!biases) return bound;
  const std::size_t n = a.shape.head_width;
  const std::vector<double> none(n, 0.0);
  const std::vector<double>& c_q = a.q_matrix.has_biases() ? a.q_matrix.column : none;
  const std::vector<double>& c_k = a.k_matrix.has_biases() ? a.k_matrix.column : none;
  // (rows' factors stand on both sides of q . k: they go to the bias)
  std::vector<double> f(n), for_k(n), for_q(n);
  Upper both;
  for (std::size_t i = 0; i < n; ++i) {
    f[i] = a.rows.q[i] * a.rows.k[i];
    for_k[i] = f[i] * c_q[i];
    for_q[i] = f[i] * c_k[i];
    both += Upper(std::fabs(f[i] * c_q[i] * c_k[i])) * (1 + 0x1p-50);
  }
  double largest = 0;
  for (const double x : f) largest = std::fmax(largest, std::fabs(x));
  // (a.k and a.q have their rows scaled already)
  const double e_q = a.q_matrix.column_error, e_k = a.k_matrix.column_error;
  const std::vector<double> ones(n, 1.0);
  const Upper slack = Upper(std::fmax(largest, 1.0)) *
                      (Upper(e_q) * (root * a.k.frobenius + scaled_length_above(c_k, ones, e_k)) +
                       Upper(e_k) * (root * a.q.frobenius + scaled_length_above(c_q, ones, e_q)));
  const Upper crossed =
      Upper(transposed_length_above(a.k_matrix, for_k)) + transposed_length_above(a.q_matrix, for_q);
  bound += root * crossed * (1 + 0x1p-40) + both + slack;
  if (a.biased) bound = min(bound, (d + 1) * a.biased->sigma_max.upper);
  return bound;
}

}  // namespace

RowFactors row_factors(const AttentionShape& shape, const AttentionWeights& layer, std::size_t head) {
  const std::size_t n = shape.head_width;
  RowFactors rows{std::vector<double>(n, 1.0), std::vector<double>(n, 1.0)};
  const std::size_t kv = shape.kv_head_of(head);
  const double turned = layer.rotary.amplitude * layer.rotary.amplitude;
  for (std::size_t i = 0; i < n; ++i) {
    if (layer.query_norm.kind != NormParameters::Kind::none) rows.q[i] = layer.query_norm.gain_at(head, i);
    if (layer.key_norm.kind != NormParameters::Kind::none) rows.k[i] = layer.key_norm.gain_at(kv, i);
    if (i < layer.rotary.dims) rows.q[i] *= turned;
    rows.trivial = rows.trivial && rows.q[i] == 1 && rows.k[i] == 1;
  }
  return rows;
}

double all_distances_bound(const RotaryEmbedding& rotary, const ThinFactor& k, const ThinFactor& q) {
  const std::vector<double> d = balance(rotary, k, q);
  return (Upper(norm_above(k.with_rows_scaled(inverses(d)))) * norm_above(q.with_rows_scaled(d))).value();
}

LogitBound logit_bound(const LogitQuestion& a) {
  const Upper product = has_norms(a.layer) ? with_norms(a) : without_norms(a);
  LogitBound bound;
  bound.before_cap = (product * std::fabs(a.layer.score_scale)).value();
  bound.value = a.shape.score_cap > 0 ? std::fmin(bound.before_cap, a.shape.score_cap) : bound.before_cap;
  return bound;
}

}  // namespace halfulp
