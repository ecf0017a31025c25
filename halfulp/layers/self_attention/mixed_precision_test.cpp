#include "halfulp/layers/self_attention/mixed_precision.hpp"

#include "halfulp/layers/room_laws_testing.hpp"
#include "halfulp/layers/rope/rope.hpp"
#include "halfulp/layers/self_attention/mixed_error.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::size_t heads = 4, shared = 2, d = 16, d_h = 6, n = 10;

/// Queries of every head; keys and values of every second (shared by two heads); W_o [d, heads d_h].
struct Weights {
  Matrix<double> q, k, v, o, x;
};

Simulated in_bits(int in, int acc, int out, Summation order = {Order::recursive, 0, false}) {
  const auto rule = [](int bits) { return rounding_rule("bin" + std::to_string(bits)); };
  return Simulated({rule(in), rule(acc), rule(out)}, order);
}
double u_of(int bits) { return std::exp2(-bits); }

Weights random_weights(Draws& draws, Shape shape, double scale, int bits) {
  const double by_d = 1 / std::sqrt(static_cast<double>(d));
  const std::size_t groups = heads / shared;
  Weights w{draws.matrix(heads * d_h, d, scale * by_d), draws.matrix(groups * d_h, d, scale * by_d),
            draws.matrix(groups * d_h, d, by_d), draws.matrix(d, heads * d_h, by_d),
            argument(draws, d, n, shape, u_of(bits))};
  if (shape == Shape::huge || shape == Shape::tiny || shape == Shape::one_outlier) {
    double largest = 0;
    for (const double x : w.x.values()) largest = std::fmax(largest, std::fabs(x));
    for (double& x : w.x.values()) x *= std::exp2(2 - std::ceil(std::log2(largest)));
  }
  Simulated low = in_bits(bits, bits, bits);
  for (Matrix<double>* m : {&w.q, &w.k, &w.v, &w.o, &w.x})
    for (double& entry : m->values()) entry = low.load(entry);
  return w;
}

/// Significand bits of each step; 50 rounds nothing that is in any of these formats.
struct Setting {
  int low;  // of weights and input
  int projection, cast, score, softmax, weight, mix, value, output;
  AttentionPrecision precision() const {
    AttentionPrecision u =
        AttentionPrecision::of(u_of(projection), u_of(cast), u_of(score), u_of(softmax), u_of(mix), d_h);
    u.weight_cast = u.value_cast = u_of(weight);
    u.value = {u_of(value)};
    u.output = {u_of(output), 0, u_of(output), d_h};
    return u;
  }
};

/// docs/theory.md, 3: scores and softmax high, all else low; queries and keys kept, cast, or all low.
std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const auto& [low, high] : {std::pair{11, 24}, {8, 24}, {24, 40}}) {
    all.push_back({low, high, high, high, high, low, low, low, low});
    all.push_back({low, high, low, high, high, low, low, low, low});
    all.push_back({low, low, low, low, low, low, low, low, low});
  }
  // One step alone in 8 bits.
  for (int Setting::*step : {&Setting::projection, &Setting::cast, &Setting::score, &Setting::softmax,
                             &Setting::weight, &Setting::mix, &Setting::value, &Setting::output}) {
    all.push_back({8, 40, 40, 40, 40, 40, 40, 40, 40});
    all.back().*step = 8;
  }
  return all;
}

MatrixView<const double> group_rows(const Matrix<double>& m, std::size_t g) {
  return m.view().rows_part(g * d_h, d_h);
}

Matrix<double> simulated(const Weights& w, const Setting& how) {
  Simulated projecting = in_bits(50, how.projection, how.cast);
  Simulated scoring = in_bits(50, how.score, how.score), weighing = in_bits(50, how.softmax, how.softmax);
  Simulated valuing = in_bits(50, how.value, how.value), mixing = in_bits(how.weight, how.mix, how.mix);
  Simulated output = in_bits(50, how.output, how.output, {Order::blocked, d_h, false});
  Matrix<double> q(heads * d_h, n), k(w.k.rows(), n), v(w.v.rows(), n), mixed(heads * d_h, n), y(d, n);
  product(projecting, w.q.view(), w.x.view(), q.view());
  product(projecting, w.k.view(), w.x.view(), k.view());
  product(valuing, w.v.view(), w.x.view(), v.view());
  for (std::size_t h = 0; h < heads; ++h) {
    Matrix<double> s(n, n), p(n, n);
    std::vector<double> e(n);
    similarity_scores(scoring, group_rows(k, h / shared), group_rows(q, h), ScoreScale::by_reciprocal,
                      s.view());
    for (std::size_t t = 0; t < n; ++t)
      causal_softmax(weighing, std::as_const(s).column(t), t, Shift::by_maximum, Row<double>(e), p.column(t));
    mix(mixing, group_rows(v, h / shared), std::as_const(p).view(), mixed.view().rows_part(h * d_h, d_h));
  }
  product(output, w.o.view(), std::as_const(mixed).view(), y.view());
  return y;
}

struct Exactly {
  Matrix<Ball> q, k, v, o, x;
  explicit Exactly(const Weights& w)
      : q(balls(w.q)), k(balls(w.k)), v(balls(w.v)), o(balls(w.o)), x(balls(w.x)) {}
  static Matrix<Ball> balls(const Matrix<double>& m) { return enclosed(Arrays<double>{m})[0]; }
  static MatrixView<const Ball> part(const Matrix<Ball>& m, std::size_t g) {
    return m.view().rows_part(g * d_h, d_h);
  }

  std::vector<MixedHead<Ball>> mixed_heads() const {
    std::vector<MixedHead<Ball>> all;
    for (std::size_t h = 0; h < heads; ++h)
      all.emplace_back(projected(part(k, h / shared), x.view()), projected(part(q, h), x.view()),
                       projected(part(v, h / shared), x.view()), d);
    return all;
  }
  Matrix<Ball> attended(const std::vector<MixedHead<Ball>>& all) const {
    Matrix<Ball> y(d, n);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t t = 0; t < n; ++t)
        for (std::size_t c = 0; c < heads * d_h; ++c) y(i, t) += o(i, c) * all[c / d_h].means()(c % d_h, t);
    return y;
  }
};

TEST(MixedPrecisionAttention, ErrorStaysWithinTheBounds) {
  Draws draws(1);
  Sharpness rigorous("2.3 attention, mixed precision"),
      asymptotic("2.3 attention, mixed precision, first order");
  std::size_t statements = 0, small = 0;
  for (const Setting& setting : settings()) {
    const std::string format = "bin" + std::to_string(setting.low);
    const AttentionPrecision u = setting.precision();
    for (const double scale : {1.0, 4.0}) {
      for (const Shape shape : shapes) {
        const Weights w = random_weights(draws, shape, scale, setting.low);
        const Matrix<double> got = simulated(w, setting);
        const Exactly exactly(w);
        const auto all = exactly.mixed_heads();
        const Matrix<Ball> exact = exactly.attended(all);
        const Radii bound = attention_error(all, w.o.view(), u);
        const Matrix<Ball> order = attention_first_order(all, exactly.o.view(), u);
        for (std::size_t t = 0; t < n; ++t) {
          double log = 0;
          for (const auto& head : all)
            for (std::size_t i = 0; i <= t; ++i) log = std::fmax(log, upper_end(head.log_error(i, t, u)));
          for (std::size_t i = 0; i < d; ++i) {
            const double error = least_distance(Ball(got(i, t)), exact(i, t));
            const double radius = bound(i, t).value();
            if (std::isinf(radius)) continue;
            ++statements;
            ASSERT_LE(error, radius) << draws.replay() << ", " << format << ", entry " << i << " " << t;
            if (error > 0) rigorous.record(format, error / radius);
            // First order says something where it is small.
            if (log > 0.1) continue;
            ++small;
            ASSERT_LE(error, upper_end(order(i, t))) << draws.replay() << ", " << format;
            if (error > 0) asymptotic.record(format, error / upper_end(order(i, t)));
          }
        }
      }
    }
  }
  EXPECT_GT(statements, 10000u);
  EXPECT_GT(small, 3000u);
  rigorous.expect_recorded();
  asymptotic.expect_recorded();
}

TEST(MixedPrecisionAttention, NonAsymptoticBoundTendsToFirstOrder) {
  Draws draws(2);
  const Weights w = random_weights(draws, Shape::gaussian, 1, 24);
  const Exactly exactly(w);
  const auto all = exactly.mixed_heads();
  const Setting setting{24, 50, 40, 50, 50, 40, 40, 40, 40};
  const Radii bound = attention_error(all, w.o.view(), setting.precision());
  const Matrix<Ball> order = attention_first_order(all, exactly.o.view(), setting.precision());
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t t = 0; t < n; ++t)
      EXPECT_NEAR(bound(i, t).value() / upper_end(order(i, t)), 1, 0.01) << i << " " << t;
}

/// A light weight on a large value: the rounding of its shift, u_h (m - s), is then the whole error.
TEST(MixedPrecisionAttention, TheShiftsRoundingIsCounted) {
  Draws draws(7);
  AttentionPrecision u;
  u.softmax = u_of(8);
  double without_shift = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const auto exactly_known = [](double first, double second) {
      Projected<Ball> y{Matrix<Ball>(1, 2), Matrix<Ball>(1, 2), Matrix<Ball>(1, 2)};
      y.value(0, 0) = first;
      y.value(0, 1) = second;
      return y;
    };
    const double depth = 20 + 20 * draws.uniform(), large = exp(depth);
    const MixedHead<Ball> head(exactly_known(0, depth), exactly_known(1, 1), exactly_known(large, 0), 1);
    Simulated weighing = in_bits(50, 8, 8);
    const std::vector<double> s = {0, depth};
    std::vector<double> e(2), p(2);
    softmax(weighing, Row<const double>(s), Shift::by_maximum, Row<double>(e), Row<double>(p));
    const double error = least_distance(Ball(p[0]) * Ball(large), head.means()(0, 1));
    ASSERT_LE(error, head_error(head, 1, u)[0].value()) << draws.replay();
    ASSERT_LE(error, 1.2 * upper_end(head.mean_error(1, u)[0])) << draws.replay();  // L <= 41 u: e^L < 1.2
    const double own = head.own_roundings(1, u) + u.softmax;
    without_shift = std::fmax(without_shift, error / (own * magnitude(head.means()(0, 1))));
  }
  EXPECT_GT(without_shift, 2);
}

/// The factors of Section 2.3 bound the relative form, which bounds the entrywise one.
TEST(MixedPrecisionAttention, RelativeFormContainsTheEntrywiseOneAndKeepsToItsConstants) {
  Draws draws(3);
  for (const double scale : {1.0, 4.0}) {
    const Weights w = random_weights(draws, Shape::gaussian, scale, 11);
    const Exactly exactly(w);
    const auto all = exactly.mixed_heads();
    const double u_l = u_of(11), u_h = u_of(24);
    const AttentionPrecision u = AttentionPrecision::of(u_h, u_l, u_h, u_h, u_l, d_h);
    std::vector<MatrixView<const Ball>> wq, wk;
    double depth = 0, xi_scores = 0, b = 0;
    for (std::size_t h = 0; h < heads; ++h) {
      wq.push_back(Exactly::part(exactly.q, h));
      wk.push_back(Exactly::part(exactly.k, h / shared));
      xi_scores = std::fmax(xi_scores, upper_end(all[h].xi()));
      for (std::size_t t = 0; t < n; ++t)
        for (std::size_t i = 0; i <= t; ++i) {
          depth = std::fmax(depth, upper_end(all[h].depth(i, t)));
          b = std::fmax(b, upper_end(all[h].b(i, t)));
          EXPECT_LE(lower_end(all[h].b(i, t)), upper_end(all[h].a(i, t)));
          EXPECT_LE(lower_end(abs(all[h].scores()(i, t))), upper_end(all[h].b(i, t)));
        }
    }
    const auto relative = attention_relative(all, wq, wk, exactly.o.view(), exactly.x.view(), u);
    const double stated = (n + d + d_h + heads + 1) * u_l +
                          (n + 3 + 2 * depth + 2 * (3 * d + 1) * xi_scores) * u_h + 4 * u_l * b;
    EXPECT_LE(upper_end(relative.rounded), upper_end(relative.xi) * stated);
    EXPECT_GT(lower_end(relative.carried), lower_end(relative.xi));
    const Matrix<Ball> exact = exactly.attended(all);
    const Matrix<Ball> order = attention_first_order(all, exactly.o.view(), u);
    for (std::size_t k = 0; k < exact.values().size(); ++k)
      EXPECT_LE(lower_end(order.values()[k]),
                upper_end(relative.rounded) * magnitude(exact.values()[k]) * (1 + 1e-12));
  }
}

/// To first order an input error rho is carried by the factor `carried`.
TEST(MixedPrecisionAttention, CarriedErrorStaysWithinItsFactor) {
  Draws draws(4);
  const double rho = 0x1p-30;
  const AttentionPrecision exact_steps = AttentionPrecision::of(0, 0, 0, 0, 0, d_h);
  for (int trial = 0; trial < 6; ++trial) {
    Weights w = random_weights(draws, Shape::gaussian, trial % 2 == 0 ? 1 : 8, 11);
    const Exactly at(w);
    const auto all = at.mixed_heads();
    std::vector<MatrixView<const Ball>> wq, wk;
    for (std::size_t h = 0; h < heads; ++h) {
      wq.push_back(Exactly::part(at.q, h));
      wk.push_back(Exactly::part(at.k, h / shared));
    }
    const auto relative = attention_relative(all, wq, wk, at.o.view(), at.x.view(), exact_steps);
    EXPECT_EQ(upper_end(relative.rounded), 0);
    const Matrix<Ball> before = at.attended(all);
    for (double& x : w.x.values()) x *= 1 + (draws.uniform() < 0.5 ? -rho : rho);
    const Exactly moved(w);
    const double distance =
        componentwise_distance(moved.attended(moved.mixed_heads()).values(), before.values());
    EXPECT_LE(distance, 1.001 * rho * upper_end(relative.carried));
  }
}

/// Scores of size 100 of two nearly equal keys: an input error grows a hundredfold on values of one sign.
TEST(MixedPrecisionAttention, LargeScoresCarryErrorsAsFarAsTheFactorSays) {
  const auto head_of = [](const Matrix<Ball>& x) {
    Matrix<Ball> first(1, 2), second(1, 2);
    first(0, 0) = second(0, 1) = 1.0;
    return MixedHead<Ball>(projected(std::as_const(first).view(), x.view()),
                           projected(std::as_const(first).view(), x.view()),
                           projected(std::as_const(second).view(), x.view()), 2);
  };
  const double rho = 0x1p-30;
  Matrix<Ball> x(2, 2, Ball(10.0)), w(1, 2);
  x(1, 0) = 1.0;
  x(1, 1) = 0x1p-7;
  w(0, 0) = 1.0;
  const Matrix<Ball> wo(1, 1, Ball(1.0));
  const std::vector<MixedHead<Ball>> heads_at{head_of(x)};
  const AttentionPrecision exact_steps = AttentionPrecision::of(0, 0, 0, 0, 0, 1);
  const auto relative = attention_relative(heads_at, {std::as_const(w).view()}, {std::as_const(w).view()},
                                           wo.view(), std::as_const(x).view(), exact_steps);
  x(0, 0) = x(0, 0) * Ball(1 + rho);
  x(0, 1) = x(0, 1) * Ball(1 - rho);
  const double distance = componentwise_distance(head_of(x).means().values(), heads_at[0].means().values());
  EXPECT_LE(distance, 1.001 * rho * upper_end(relative.carried));
  EXPECT_GT(distance, 0.2 * rho * upper_end(relative.carried));
}

/// Queries and keys normalised and turned in simulated arithmetic: their scores stay within first order.
TEST(MixedPrecisionAttention, ScoresOfNormalisedAndTurnedKeysStayWithinFirstOrder) {
  Architecture architecture;
  architecture.rotary_dims = d_h;
  architecture.rope_theta = 10000;
  const std::size_t half = d_h / 2;
  for (const bool with_norm : {false, true}) {
    Draws draws(5);
    Sharpness sharpness(with_norm ? "2.2 scores, QK-norm and RoPE, first order"
                                  : "2.2 scores, RoPE, first order");
    for (const int bits : {8, 11, 24}) {
      for (const double scale : {0.5, 2.0}) {
        for (int trial = 0; trial < 8; ++trial) {
          const Weights w = random_weights(draws, Shape::gaussian, scale, bits);
          Simulated ar = in_bits(bits, bits, bits);
          BallArithmetic balls;
          const double u = u_of(bits);
          const Exactly exactly(w);
          std::vector<double> gain(d_h), cosine(half), sine(half);
          for (double& g : gain) g = ar.load(1 + 0.25 * draws.normal());
          const std::vector<Ball> exact_gain(gain.begin(), gain.end());
          Projected<Ball> q = projected(Exactly::part(exactly.q, 0), exactly.x.view());
          Projected<Ball> k = projected(Exactly::part(exactly.k, 0), exactly.x.view());
          Matrix<double> got_q(d_h, n), got_k(d_h, n), s(n, n);
          product(ar, group_rows(w.q, 0), w.x.view(), got_q.view());
          product(ar, group_rows(w.k, 0), w.x.view(), got_k.view());
          if (with_norm) {
            normalise_projected(q, exact_gain, u);
            normalise_projected(k, exact_gain, u);
          }
          Matrix<Ball> c(half, n), sn(half, n);
          std::vector<double> frequencies;
          for (const DoubleDouble& power : rotary_powers(architecture)) frequencies.push_back(1 / power.hi);
          for (std::size_t t = 0; t < n; ++t) {
            rope_table(balls, architecture, static_cast<double>(t), c.column(t), sn.column(t));
            rope_table(ar, architecture, static_cast<double>(t), Row<double>(cosine), Row<double>(sine));
            for (Matrix<double>* m : {&got_q, &got_k}) {
              std::vector<double> y(d_h);
              for (std::size_t a = 0; a < d_h; ++a) y[a] = (*m)(a, t);
              if (with_norm) {
                rms_norm_of_paper(ar, Row<const double>(y), 0.0, Row<double>(y));
                for (std::size_t a = 0; a < d_h; ++a) y[a] = ar.mul(y[a], gain[a]);
              }
              rope(ar, Row<const double>(y), Row<const double>(cosine), Row<const double>(sine),
                   m->column(t));
            }
          }
          const RotaryPrecision rotary{u, u, angle_errors(frequencies, n, u)};
          turn_projected(q, std::as_const(c).view(), std::as_const(sn).view(), rotary);
          turn_projected(k, std::as_const(c).view(), std::as_const(sn).view(), rotary);
          similarity_scores(ar, std::as_const(got_k).view(), std::as_const(got_q).view(),
                            ScoreScale::by_reciprocal, s.view());
          double largest_gain = 0;
          for (const double g : gain) largest_gain = std::fmax(largest_gain, std::fabs(g));
          const MixedHead<Ball> head(k, q, projected(Exactly::part(exactly.v, 0), exactly.x.view()), d);
          const AttentionPrecision precision = AttentionPrecision::of(u, 0, u, u, u, d_h);
          for (std::size_t t = 0; t < n; ++t) {
            for (std::size_t i = 0; i <= t; ++i) {
              const double bound = upper_end(head.score_error(i, t, precision));
              const double error = least_distance(Ball(s(i, t)), head.scores()(i, t));
              if (bound <= 0.1) {
                ASSERT_LE(error, bound) << draws.replay() << ", bin" << bits << ", " << i << " " << t;
                if (error > 0) sharpness.record("bin" + std::to_string(bits), error / bound);
              }
              // The architecture bounds the radius of the scores (rotation: |R| up to sqrt(2) twice).
              if (with_norm) {
                EXPECT_LE(lower_end(head.b(i, t)),
                          std::sqrt(static_cast<double>(d_h)) * largest_gain * largest_gain * (1 + 1e-12));
              }
            }
          }
        }
      }
    }
    sharpness.expect_recorded();
  }
}

/// Blocks of b accumulated in u_int, their results rounded to and added in u_fma, operands rounded to u_low.
TEST(BlockFusedAccumulation, ErrorStaysWithinItsRoundings) {
  Draws draws(6);
  Sharpness sharpness("2.2 block FMA");
  const std::size_t b = 4;
  for (const auto& [low, internal, result] :
       {std::array{4, 14, 24}, {8, 11, 24}, {8, 24, 11}, {11, 24, 24}}) {
    const Accumulation sum{u_of(internal), u_of(low), u_of(result), b};
    Simulated inside = in_bits(low, internal, result), after = in_bits(result, result, result);
    for (int trial = 0; trial < 200; ++trial) {
      const std::size_t terms = 1 + draws.below(20);
      const Matrix<double> x = draws.matrix(terms, 1), y = draws.matrix(terms, 1);
      Ball exact, size;
      double total = 0;
      for (std::size_t first = 0; first < terms; first += b) {
        const std::size_t count = std::min(b, terms - first);
        const auto loaded = [&](const Matrix<double>& m) {
          return [&](std::size_t i) { return inside.load(m(first + i, 0)); };
        };
        total = after.add(total, inside.store(dot_of(inside, count, loaded(x), loaded(y))));
      }
      for (std::size_t i = 0; i < terms; ++i) {
        exact += Ball(x(i, 0)) * Ball(y(i, 0));
        size += abs(Ball(x(i, 0)) * Ball(y(i, 0)));
      }
      const Upper bound = expm1(sum.logarithm(terms)) * magnitude(size);
      const double error = least_distance(Ball(total), exact);
      ASSERT_LE(error, bound.value()) << draws.replay();
      sharpness.record("bin" + std::to_string(low), error / bound.value());
      EXPECT_LE(sum.first_order(terms), sum.logarithm(terms).value());
    }
  }
  sharpness.expect_recorded();
  // FP8 on H100, promoted every 128 terms (docs/theory.md, 2).
  const Accumulation fp8{0x1p-13, 0, 0x1p-24, 128};
  EXPECT_EQ(fp8.first_order(4096), 128 * 0x1p-13 + 32 * 0x1p-24);
  EXPECT_EQ(Accumulation{0x1p-24}.first_order(4096), 4096 * 0x1p-24);
}

}  // namespace
}  // namespace halfulp
