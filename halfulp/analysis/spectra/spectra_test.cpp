// Heads of tiny checkpoints of every architecture: singular values against the dense d x d product in
// double-double, bounds against inputs that try to break them.
#include "halfulp/analysis/spectra/spectra.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "halfulp/analysis/spectra/comparison.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/matmul.hpp"
#include "halfulp/linalg/singular_values.hpp"
#include "halfulp/models/attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

double random_at(std::uint64_t seed, std::uint64_t place) {
  return Philox4x32{seed, 1}.block(place)[0] * 0x1p-31 - 1;
}

/// The same tensors with random entries; vectors (gains and biases) near 1.
AttentionModel randomised(TinyCheckpoint c, std::uint64_t seed, double bias_scale = 1) {
  for (TinyTensor& t : c.tensors) {
    const std::size_t count = t.bytes.size() / 4;
    const bool gain = t.shape.size() == 1 && t.name.find("bias") == std::string::npos;
    t.bytes.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const double r = random_at(seed, i);
      const auto x = static_cast<float>(gain ? 1 + 0.5 * r : t.shape.size() == 1 ? bias_scale * r : r);
      t.bytes += little_endian(std::bit_cast<std::uint32_t>(x), 4);
    }
    ++seed;
  }
  const TemporaryFolder folder;
  c.write(folder.path());
  return read_attention(folder.path());
}

struct Case {
  std::string name;
  AttentionModel model;
};

std::vector<Case> every_architecture() {
  std::vector<Case> cases;
  cases.push_back({"llama", randomised(told_llama(), 1)});
  cases.push_back({"qwen2", randomised(told_llama("Qwen2ForCausalLM", "qwen2"), 100)});
  cases.push_back({"qwen3", randomised(told_llama("Qwen3ForCausalLM", "qwen3"), 200)});
  TinyCheckpoint gemma = told_gemma(2);
  gemma.config["attn_logit_softcapping"] = 2.5;
  cases.push_back({"gemma2", randomised(gemma, 300)});
  cases.push_back({"gemma3", randomised(told_gemma(3), 400)});
  cases.push_back({"phi3", randomised(told_phi3(), 500)});
  cases.push_back({"gpt2", randomised(told_gpt2(), 600)});
  cases.push_back({"gpt2 without biases", randomised(told_gpt2(), 600, 0)});
  cases.push_back({"opt", randomised(told_opt(), 700)});
  cases.push_back({"gpt_neox", randomised(told_gpt_neox(), 800)});
  cases.push_back({"bert", randomised(told_bert(), 900)});
  return cases;
}

using Dense = std::vector<std::vector<DoubleDouble>>;

/// Rows of W diag(g) (I - e e^T / d), each times its factor, and W b + c after them where asked for.
Dense rows_of(const AttentionWeights& layer, const HeadProjection& p, std::size_t head, std::size_t width,
              const std::vector<double>& factors, bool augmented) {
  const WeightView w = p.weight.head(head);
  Dense rows(w.rows, std::vector<DoubleDouble>(width + (augmented ? 1 : 0)));
  for (std::size_t i = 0; i < w.rows; ++i) {
    DoubleDouble mean{}, bias{p.bias.empty() ? 0.0 : p.bias.head(head).at(0, i)};
    for (std::size_t k = 0; k < width; ++k) {
      rows[i][k] = DoubleDouble{w.at(i, k)} * layer.norm.gain_at(k);
      bias = bias + DoubleDouble{w.at(i, k)} * layer.norm.bias_at(k);
      mean = mean + rows[i][k];
    }
    mean = mean / DoubleDouble{static_cast<double>(width)};
    for (std::size_t k = 0; k < width; ++k) {
      if (layer.norm.kind == NormParameters::Kind::layer) rows[i][k] = rows[i][k] - mean;
      rows[i][k] = rows[i][k] * factors[i];
    }
    if (augmented) rows[i][width] = bias * factors[i];
  }
  return rows;
}

/// sum_i a_i b_i^T over the rows of a and b.
Dense product_of(const Dense& a, const Dense& b) {
  Dense c(a[0].size(), std::vector<DoubleDouble>(b[0].size()));
  for (std::size_t l = 0; l < a.size(); ++l)
    for (std::size_t i = 0; i < c.size(); ++i)
      for (std::size_t j = 0; j < c[i].size(); ++j) c[i][j] = c[i][j] + a[l][i] * b[l][j];
  return c;
}

std::vector<double> singular_values_of(Dense c) {
  detail::orthogonalise(c);
  std::vector<double> sigma;
  for (const auto& column : c) sigma.push_back(double(sqrt(detail::inner(column, column))));
  std::sort(sigma.rbegin(), sigma.rend());
  return sigma;
}

void expect_circuit(const Circuit& c, const std::vector<double>& sigma) {
  ASSERT_LE(c.singular_values.size(), sigma.size());
  double nuclear = 0, squares = 0;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    if (i < c.singular_values.size())
      EXPECT_LE(std::fabs(c.singular_values[i] - sigma[i]), c.radius + 1e-25 * sigma[0]) << i;
    else
      EXPECT_LE(sigma[i], 1e-24 * sigma[0]) << "rank " << c.singular_values.size();
    nuclear += sigma[i];
    squares += sigma[i] * sigma[i];
  }
  const std::size_t last = c.singular_values.size() - 1;
  EXPECT_LE(c.radius, 1e-9 * sigma[0]);
  EXPECT_NEAR(c.sigma_max.value / sigma[0], 1, 1e-12);
  EXPECT_LE(c.sigma_max.lower, sigma[0]);
  EXPECT_GE(c.sigma_max.upper, sigma[0]);
  EXPECT_NEAR(c.sigma_min.value / sigma[last], 1, 1e-9);
  EXPECT_NEAR(c.condition.value * sigma[last] / sigma[0], 1, 1e-9);
  EXPECT_EQ(c.smallest_nonzero, c.sigma_min.value);
  EXPECT_LE(c.condition.lower, sigma[0] / sigma[last]);
  EXPECT_GE(c.condition.upper, sigma[0] / sigma[last]);
  EXPECT_EQ(c.rank, c.singular_values.size());
  EXPECT_NEAR(c.nuclear_norm / nuclear, 1, 1e-12);
  EXPECT_NEAR(c.stable_rank / (squares / sigma[0] / sigma[0]), 1, 1e-12);
  EXPECT_NEAR(c.frobenius / std::sqrt(squares), 1, 1e-12);
  EXPECT_GE(c.gauge_slack, 1 - 1e-12);
}

/// sigma_max(|a|^T |b|) of rows without the centring.
Ball sizes_norm_of(const AttentionWeights& layer, const HeadProjection& a, std::size_t head_a,
                   const HeadProjection& b, std::size_t head_b, std::size_t width,
                   const std::vector<double>& f) {
  const WeightView x = a.weight.head(head_a), y = b.weight.head(head_b);
  Matrix<Ball> c(width, width);
  for (std::size_t l = 0; l < x.rows; ++l)
    for (std::size_t i = 0; i < width; ++i)
      for (std::size_t j = 0; j < width; ++j)
        c(i, j) += Ball(std::fabs(x.at(l, i))) * std::fabs(layer.norm.gain_at(i)) * std::fabs(f[l]) *
                   std::fabs(y.at(l, j)) * std::fabs(layer.norm.gain_at(j));
  return singular_range<Ball>(c.view()).largest;
}

TEST(Spectra, OfEveryArchitectureAreThoseOfTheDenseProducts) {
  for (const Case& c : every_architecture()) {
    const AttentionModel& m = c.model;
    const std::size_t d = m.shape.width;
    const ModelSpectra found = spectra(m);
    ASSERT_EQ(found.heads.size(), m.shape.layers * m.shape.heads) << c.name;
    for (const HeadSpectra& h : found.heads) {
      SCOPED_TRACE(c.name + " " + std::to_string(h.layer) + "." + std::to_string(h.head));
      const AttentionWeights& layer = m.layers[h.layer];
      const std::size_t kv = h.head / (m.shape.heads / m.shape.kv_heads);
      ASSERT_EQ(h.kv_head, kv);
      std::vector<double> fq(m.shape.head_width, 1), fk = fq, ones(m.shape.value_width, 1), f = fq;
      for (std::size_t i = 0; i < fq.size(); ++i) {
        if (layer.query_norm.kind != NormParameters::Kind::none) fq[i] = layer.query_norm.gain_at(h.head, i);
        if (layer.key_norm.kind != NormParameters::Kind::none) fk[i] = layer.key_norm.gain_at(kv, i);
        f[i] = fq[i] * fk[i];
      }
      const auto dense = [&](bool augmented) {
        return product_of(rows_of(layer, layer.key, kv, d, fk, augmented),
                          rows_of(layer, layer.query, h.head, d, fq, augmented));
      };
      expect_circuit(h.kq, singular_values_of(dense(false)));
      ASSERT_EQ(h.kq_biased.has_value(), !layer.query.bias.empty() || !layer.norm.bias.empty());
      if (h.kq_biased) expect_circuit(*h.kq_biased, singular_values_of(dense(true)));
      const Ball sizes = sizes_norm_of(layer, layer.key, kv, layer.query, h.head, d, f);
      EXPECT_LE(h.abs_sigma_max.lower, upper_end(sizes));
      EXPECT_GE(h.abs_sigma_max.upper, lower_end(sizes));
      EXPECT_LE(h.abs_sigma_max.upper, h.abs_sigma_max.lower * (1 + 1e-6));
      EXPECT_TRUE(std::isinf(h.factor_as_printed));
      EXPECT_NEAR(h.factor_repaired, 1 + 4 * d * layer.score_scale * double(sizes.mid),
                  1e-6 * h.factor_repaired);

      const auto v = [&](bool augmented) { return rows_of(layer, layer.value, kv, d, ones, augmented); };
      const WeightView out = layer.out.weight.head(h.head);
      Dense o(out.columns, std::vector<DoubleDouble>(d));
      for (std::size_t a = 0; a < out.columns; ++a)
        for (std::size_t i = 0; i < d; ++i) o[a][i] = DoubleDouble{out.at(i, a)};
      ASSERT_TRUE(h.ov.has_value());
      expect_circuit(*h.ov, singular_values_of(product_of(o, v(false))));
      if (h.ov_biased) expect_circuit(*h.ov_biased, singular_values_of(product_of(o, v(true))));
    }
  }
}

/// A score of one head as the model computes it, at a relative distance, for normalised inputs n_q, n_k.
class Score {
 public:
  Score(const AttentionModel& m, const AttentionWeights& layer, std::size_t head)
      : m_(m), layer_(layer), head_(head) {}

  using Vector = std::vector<double>;

  Vector projected(const HeadProjection& p, std::size_t head, const HeadNorm& norm, const Vector& n) const {
    const WeightView w = p.weight.head(head);
    Vector y(w.rows);
    double squares = 0;
    for (std::size_t i = 0; i < w.rows; ++i) {
      y[i] = p.bias.empty() ? 0 : p.bias.head(head).at(0, i);
      for (std::size_t k = 0; k < n.size(); ++k)
        y[i] += w.at(i, k) * (layer_.norm.gain_at(k) * n[k] + layer_.norm.bias_at(k));
      squares += y[i] * y[i];
    }
    if (norm.kind != NormParameters::Kind::none)
      for (std::size_t i = 0; i < w.rows; ++i)
        y[i] *= norm.gain_at(head, i) / std::sqrt(squares / static_cast<double>(w.rows));
    return y;
  }
  Vector turned(Vector y, double distance) const {
    const RotaryEmbedding& r = layer_.rotary;
    for (std::size_t p = 0; p < r.dims / 2; ++p) {
      const std::size_t i = r.interleaved ? 2 * p : p, j = r.interleaved ? 2 * p + 1 : p + r.dims / 2;
      const double angle = distance * r.frequencies[p], c = std::cos(angle), s = std::sin(angle);
      const double a = y[i], b = y[j];
      y[i] = (c * a - s * b) * r.amplitude * r.amplitude;
      y[j] = (c * b + s * a) * r.amplitude * r.amplitude;
    }
    return y;
  }
  double value(const Vector& n_q, const Vector& n_k, double distance) const {
    const Vector q = turned(projected(layer_.query, head_, layer_.query_norm, n_q), distance);
    const Vector k = projected(layer_.key, m_.shape.kv_head_of(head_), layer_.key_norm, n_k);
    double s = 0;
    for (std::size_t i = 0; i < q.size(); ++i) s += q[i] * k[i];
    s *= layer_.score_scale;
    return m_.shape.score_cap > 0 ? m_.shape.score_cap * std::tanh(s / m_.shape.score_cap) : s;
  }
  /// The largest length, orthogonal to e where the norm subtracts the mean.
  Vector normalised(Vector n) const {
    const auto d = static_cast<double>(n.size());
    double mean = 0, squares = 0;
    for (const double x : n) mean += x / d;
    for (double& x : n) x -= layer_.norm.kind == NormParameters::Kind::layer ? mean : 0;
    for (const double x : n) squares += x * x;
    for (double& x : n) x *= std::sqrt(d / squares);
    return n;
  }

 private:
  const AttentionModel& m_;
  const AttentionWeights& layer_;
  std::size_t head_;
};

/// The largest score that turns of ascent by differences find: the score is affine in either input.
double largest_score(const Score& score, std::size_t d, double distance, std::uint64_t seed) {
  std::vector<double> q(d), k(d);
  for (std::size_t i = 0; i < d; ++i) {
    q[i] = random_at(seed, i);
    k[i] = random_at(seed, d + i);
  }
  q = score.normalised(q);
  k = score.normalised(k);
  double best = 0;
  for (int turn = 0; turn < 12; ++turn) {
    std::vector<double>& x = turn % 2 == 0 ? q : k;
    std::vector<double> slope(d);
    const double here = score.value(q, k, distance);
    for (std::size_t i = 0; i < d; ++i) {
      x[i] += 1e-3;
      slope[i] = (score.value(q, k, distance) - here) * (here < 0 ? -1 : 1);
      x[i] -= 1e-3;
    }
    x = score.normalised(slope);
    best = std::fmax(best, std::fabs(score.value(q, k, distance)));
  }
  return best;
}

TEST(Spectra, NoInputAndNoDistanceMakeALargerLogit) {
  for (const Case& c : every_architecture()) {
    const std::size_t d = c.model.shape.width;
    double closest = 0;
    for (const HeadSpectra& h : spectra(c.model).heads) {
      const AttentionWeights& layer = c.model.layers[h.layer];
      const Score score(c.model, layer, h.head);
      for (double distance = 0; distance < (layer.rotary.dims > 0 ? 12 : 1); ++distance) {
        const double found = largest_score(score, d, distance, 17 + h.head);
        EXPECT_LE(found, h.logit.value * (1 + 1e-12)) << c.name << " " << h.layer << "." << h.head;
        closest = std::fmax(closest, found / h.logit.value);
      }
      if (c.model.shape.score_cap > 0) {
        EXPECT_LE(h.logit.value, c.model.shape.score_cap);
      }
      EXPECT_EQ(h.logits_normalised, c.name == "qwen3" || c.name == "gemma3");
    }
    EXPECT_GE(closest, c.name == "gpt2 without biases" ? 0.99 : 0.3) << c.name;
  }
}

/// After a norm of its own a query is any vector of length sqrt(d_h) times the gains: along one axis, and the
/// key along the axis that a right angle takes it to.
TEST(Spectra, GainsOfHeadNormsBoundLogitsAndAreReached) {
  for (const Case& c : every_architecture()) {
    for (const HeadSpectra& h : spectra(c.model).heads) {
      if (!h.logits_normalised) continue;
      const AttentionWeights& layer = c.model.layers[h.layer];
      const std::size_t n = c.model.shape.head_width;
      double largest = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (const std::size_t j : {i, (i + n / 2) % n})  // halves turn together
          largest = std::fmax(
              largest, std::fabs(layer.query_norm.gain_at(h.head, i) * layer.key_norm.gain_at(h.kv_head, j)));
      largest *= static_cast<double>(n) * layer.score_scale;
      EXPECT_LE(largest, h.logit.before_cap * (1 + 1e-12)) << c.name;
      EXPECT_GE(largest, h.logit.before_cap * (1 - 1e-12)) << c.name;
    }
  }
}

TEST(Spectra, NoDistanceMakesALargerSingularValue) {
  for (const Case& c : every_architecture()) {
    const std::size_t d = c.model.shape.width;
    for (const HeadSpectra& h : spectra(c.model).heads) {
      const AttentionWeights& layer = c.model.layers[h.layer];
      if (layer.rotary.dims == 0 || layer.query_norm.kind != NormParameters::Kind::none) continue;
      const std::vector<double> ones(c.model.shape.head_width, 1);
      const Dense k = rows_of(layer, layer.key, h.kv_head, d, ones, false),
                  q = rows_of(layer, layer.query, h.head, d, ones, false);
      const Score score(c.model, layer, h.head);
      double largest = 0;
      for (const double distance : {0.0, 1.0, 2.0, 5.0, 100.0}) {
        Dense turned = q;
        for (std::size_t j = 0; j < d; ++j) {
          std::vector<double> column;
          for (const auto& row : q) column.push_back(double(row[j]));
          column = score.turned(column, distance);
          for (std::size_t i = 0; i < column.size(); ++i) turned[i][j] = DoubleDouble{column[i]};
        }
        largest = std::fmax(largest, singular_values_of(product_of(k, turned))[0]);
      }
      EXPECT_LE(largest, h.rotary_sigma * (1 + 1e-12)) << c.name;
      EXPECT_GE(largest, 0.2 * h.rotary_sigma) << c.name;
    }
  }
}

/// Rows along the axes, of lengths a_i in W_k and b_i in W_q: a turn by a right angle swaps the rows of a
/// pair, so that the largest singular value over all angles is the largest a_i b_j with i, j in one pair.
TEST(Spectra, TheBoundForEveryDistanceBalancesPairsAndNothingElse) {
  const auto bound = [](const std::vector<double>& a, const std::vector<double>& b, bool interleaved) {
    Matrix<double> k(a.size(), 9), q(a.size(), 9);
    for (std::size_t i = 0; i < a.size(); ++i) {
      k(i, i) = a[i];
      q(i, i) = b[i];
    }
    RotaryEmbedding rotary;
    rotary.dims = 4;
    rotary.interleaved = interleaved;
    return all_distances_bound(rotary, thin_factor({operand_of(k.view()).view}),
                               thin_factor({operand_of(q.view()).view}));
  };
  const auto expect_near = [&](double known, const std::vector<double>& a, const std::vector<double>& b,
                               bool interleaved) {
    EXPECT_GE(bound(a, b, interleaved), known);
    EXPECT_LE(bound(a, b, interleaved), 2.01 * known);  // powers of two balance within sqrt(2) on either side
  };
  // Pairs (0, 2), (1, 3), and a row that does not turn.
  expect_near(1, {64, 1, 64, 1, 1}, {0x1p-6, 1, 0x1p-6, 1, 1}, false);
  expect_near(1, {64, 0x1p-8, 64, 0x1p-8, 1024}, {0x1p-6, 256, 0x1p-6, 256, 0x1p-10}, false);
  expect_near(256, {16, 16, 0x1p-4, 0x1p-4, 1}, {0x1p-4, 0x1p-4, 16, 16, 1}, false);
  // Pairs (0, 1), (2, 3).
  expect_near(1, {64, 64, 0x1p-8, 0x1p-8, 1}, {0x1p-6, 0x1p-6, 256, 256, 1}, true);
  expect_near(256, {16, 0x1p-4, 16, 0x1p-4, 1}, {0x1p-4, 16, 0x1p-4, 16, 1}, true);
}

/// W_q -> G W_q, W_k -> G^-T W_k leaves C as it is: the slack is the proxy's, 1 for the balanced basis.
TEST(Spectra, GaugeSlackIsThatOfTheBasis) {
  // Rows of W_k and W_q in two dimensions: balanced (orthogonal, of like lengths), and sheared by G = (1 a; 0
  // 1).
  const double a = 3;
  Matrix<double> q(2, 4), k(2, 4);
  q(0, 0) = k(0, 0) = 2;
  q(1, 1) = k(1, 1) = 1;
  const auto slack = [](const Matrix<double>& x, const Matrix<double>& y) {
    return circuit_of(thin_factor({operand_of(x.view()).view}), thin_factor({operand_of(y.view()).view}), 2)
        .gauge_slack;
  };
  EXPECT_NEAR(slack(k, q), 1, 1e-12);
  Matrix<double> sheared_q = q, sheared_k = k;
  for (std::size_t j = 0; j < 4; ++j) {
    sheared_q(0, j) += a * q(1, j);  // G
    sheared_k(1, j) -= a * k(0, j);  // G^-T
  }
  // |row of k| |row of q| summed: 2 sqrt(4 + 9) + sqrt(36 + 1) 1, over the nuclear norm 4 + 1
  EXPECT_NEAR(slack(sheared_k, sheared_q), (2 * std::sqrt(13.0) + std::sqrt(37.0)) / 5, 1e-12);
}

TEST(Spectra, FunctionalsAreTheirDefinitions) {
  const AttentionModel m = randomised(told_llama(), 1);
  const std::size_t d = m.shape.width;
  for (const LayerSpectra& l : spectra(m).layers) {
    const AttentionWeights& w = m.layers[l.layer];
    const auto sizes = [&](const WeightView& v, bool gains) {
      std::vector<double> sums(v.rows);
      for (std::size_t i = 0; i < v.rows; ++i)
        for (std::size_t k = 0; k < v.columns; ++k)
          sums[i] += std::fabs(v.at(i, k) * (gains ? w.norm.gain_at(k) : 1));
      return sums;
    };
    double plain = 0, tight = 0, value = 0;
    std::vector<double> out(d), both(d);
    for (std::size_t h = 0; h < m.shape.heads; ++h) {
      const std::size_t kv = m.shape.kv_head_of(h);
      const auto k = sizes(w.key.weight.head(kv), true), q = sizes(w.query.weight.head(h), true),
                 v = sizes(w.value.weight.head(kv), true);
      double kk = 0, qq = 0, kq = 0;
      for (std::size_t i = 0; i < k.size(); ++i) {
        kk += k[i] * k[i];
        qq += q[i] * q[i];
        kq += k[i] * q[i];
        value = std::fmax(value, v[i]);
        for (std::size_t r = 0; r < d; ++r) {
          out[r] += std::fabs(w.out.weight.head(h).at(r, i));
          both[r] += std::fabs(w.out.weight.head(h).at(r, i)) * v[i];
        }
      }
      plain = std::fmax(plain, 2 * w.score_scale * std::sqrt(kk * qq));
      tight = std::fmax(tight, 2 * w.score_scale * kq);
    }
    EXPECT_NEAR(l.omega_kq.plain, plain, 1e-12 * plain);
    EXPECT_NEAR(l.omega_kq.tight, tight, 1e-12 * tight);
    ASSERT_TRUE(l.omega_ov && l.omega_ud);
    EXPECT_NEAR(l.omega_ov->plain, value * *std::max_element(out.begin(), out.end()),
                1e-11 * l.omega_ov->plain);
    EXPECT_NEAR(l.omega_ov->tight, *std::max_element(both.begin(), both.end()), 1e-11 * l.omega_ov->tight);
    EXPECT_LE(l.omega_ov->tight, l.omega_ov->plain);
    EXPECT_LE(l.omega_ud->tight, l.omega_ud->plain);
    EXPECT_LE(l.omega_kq.tight, l.omega_kq.plain);
  }
}

TEST(Spectra, DoNotDependOnThreadsOrProcessor) {
  const AttentionModel m = randomised(told_gpt_neox(), 3);
  std::vector<std::vector<double>> results;
  for (const std::size_t count : {1, 2, 5}) {
    for (const Kernels* table : available_kernels()) {
      set_threads(count);
      use_kernels(table);
      std::vector<double> all;
      const ModelSpectra s = spectra(m);
      for (const HeadSpectra& h : s.heads) {
        all.insert(all.end(), h.kq.singular_values.begin(), h.kq.singular_values.end());
        all.insert(all.end(), {h.kq.radius, h.abs_sigma_max.lower, h.abs_sigma_max.upper, h.logit.value,
                               h.rotary_sigma, h.ov->nuclear_norm, h.ov_biased->radius, h.omega_kq.plain});
      }
      for (const LayerSpectra& l : s.layers) all.insert(all.end(), {l.omega_ov->tight, l.omega_ud->tight});
      results.push_back(all);
    }
  }
  use_kernels(nullptr);
  set_threads(0);
  for (const auto& r : results) EXPECT_EQ(r, results[0]);
}

TEST(Spectra, LayersCanBeChosen) {
  const AttentionModel m = randomised(told_llama(), 1);
  const ModelSpectra all = spectra(m), one = spectra(m, {1, 1});
  ASSERT_EQ(one.heads.size(), m.shape.heads);
  EXPECT_EQ(one.heads[0].layer, 1u);
  EXPECT_EQ(one.heads[2].kq.singular_values, all.heads[m.shape.heads + 2].kq.singular_values);
  EXPECT_THROW(spectra(m, {2, 5}), usage_error);
}

TEST(Spectra, WeightsThatAreNotFiniteAreRefused) {
  for (const float bad : {HUGE_VALF, std::nanf("")})
    for (const char* name : {"q_proj", "k_proj", "v_proj", "o_proj", "up_proj"}) {
      TinyCheckpoint c = told_llama();
      for (TinyTensor& t : c.tensors)
        if (t.name.find(name) != std::string::npos)
          t.bytes.replace(8, 4, little_endian(std::bit_cast<std::uint32_t>(bad), 4));
      const TemporaryFolder folder;
      c.write(folder.path());
      const AttentionModel m = read_attention(folder.path());
      try {
        spectra(m);
        ADD_FAILURE() << name << " " << bad;
      } catch (const input_error& error) {
        EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
      }
    }
}

TEST(Comparison, SeesWhatChangedAndOnlyThat) {
  const AttentionModel a = randomised(told_llama(), 1), b = randomised(told_llama(), 1);
  const ModelSpectra of_a = spectra(a), of_b = spectra(b);
  for (const HeadChange& c : compared(a, of_a, b, of_b)) {
    EXPECT_EQ(c.kq, 0);
    EXPECT_EQ(c.ov, 0);
    EXPECT_FALSE(c.proved);
  }
  const AttentionModel other = randomised(told_llama(), 2);
  for (const HeadChange& c : compared(a, of_a, other, spectra(other))) {
    EXPECT_GT(c.kq, 0);
    EXPECT_TRUE(c.proved);
  }
  const AttentionModel wider = randomised(told_phi3(), 2);
  EXPECT_THROW(compared(a, of_a, wider, spectra(wider)), input_error);
  const ModelSpectra first = spectra(a, {.first_layer = 0, .last_layer = 0}),
                     second = spectra(b, {.first_layer = 1, .last_layer = 1});
  EXPECT_THROW(compared(a, first, b, second), input_error) << "no head is in both";
}

}  // namespace
}  // namespace halfulp
