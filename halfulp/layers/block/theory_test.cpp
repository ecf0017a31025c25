#include "halfulp/layers/block/error.hpp"
#include "halfulp/layers/block/hypotheses.hpp"
#include "halfulp/layers/block/rounding.hpp"
#include "halfulp/layers/room_laws_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::size_t arrays_of_a_block = 7;  // W_q, W_k, W_v, A_1, b_1, A_2, b_2 after X

template <class V>
std::vector<PaperBlock<V>> blocks_of(const Arrays<V>& in) {
  std::vector<PaperBlock<V>> blocks;
  for (std::size_t k = 1; k < in.size(); k += arrays_of_a_block)
    blocks.push_back(
        {in[k], in[k + 1], in[k + 2], in[k + 3], in[k + 5], in[k + 4].values(), in[k + 6].values()});
  return blocks;
}

template <class V>
std::vector<double> values(const V& e) {
  std::vector<double> all;
  for (const Upper& entry : vec(e)) all.push_back(entry.value());
  return all;
}

/// which: the parts of a block that run.
enum class Part { attention_half, perceptron_half, all };

template <Norm norm, Part part, NormPlace place = NormPlace::before_attention,
          ValueOrder order = ValueOrder::mix_first, Shift shift = Shift::none, RootOfD root = RootOfD::exact>
struct Room {
  static constexpr BlockForm form{norm, place, {order, shift, root}};

  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    using V = Value<A>;
    Matrix<V> x = in[0], z(x.rows(), x.columns());
    for (const PaperBlock<V>& weights : blocks_of(in)) {
      const MatrixView<const V> at(x.view());
      if (part == Part::attention_half) attention_half(ar, weights, form, at, z.view());
      if (part == Part::perceptron_half) perceptron_half(ar, weights, form, at, z.view());
      if (part == Part::all) block(ar, weights, form, at, z.view());
      x = z;
    }
    return vec(x);
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    TokensWithError x = tokens_with_error(in[0], rho);
    const auto blocks = blocks_of(in);
    if (part == Part::all) return values(transformer_with_error(blocks, form, x, model).e);
    for (const PaperBlock<Ball>& weights : blocks)
      x = part == Part::attention_half ? attention_half_with_error(weights, form, x, model)
                                       : perceptron_half_with_error(weights, form, x, model);
    return values(x.e);
  }
};

/// X [d, n] and `depth` blocks of width d, random or hostile.
Arrays<double> transformer(Draws& draws, double u, int trial, int depth) {
  const std::size_t d = 1 + draws.below(4), n = 1 + draws.below(4), wide = 1 + draws.below(6);
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  Arrays<double> in{argument(draws, d, n, shape, u)};
  for (int l = 0; l < depth; ++l) {
    // Large scores: their errors, through the softmax, are most of what comes out.
    const double score = trial % 6 == 2 ? 4 : 0.5;
    for (const double scale : {score, score, 0.5}) in.push_back(draws.matrix(d, d, scale));
    in.push_back(draws.matrix(wide, d, 0.5));
    in.push_back(draws.matrix(wide, 1, 0.5));
    in.push_back(draws.matrix(d, wide, 0.5));
    in.push_back(draws.matrix(d, 1, 0.5));
  }
  Matrix<double>&wk = in[2], &wv = in[3];
  if (trial % 6 == 3)  // a singular W_k^T W_q
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) wk(i, j) = wk(0, j);
  if (trial % 6 == 4) {  // X + A(R(X)) cancels for the first token, and nearly for equal ones
    double squares = 0;
    for (std::size_t i = 0; i < d; ++i) squares += in[0](i, 0) * in[0](i, 0);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)
        wv(i, j) = i == j ? -std::sqrt(squares / static_cast<double>(d)) : 0;
  }
  if (trial % 6 == 5)  // weights that are exactly zero hide nothing
    for (double& entry : in[1 + draws.below(arrays_of_a_block)].values()) entry = 0;
  return in;
}

auto one_block(int depth = 1) {
  return [depth](Draws& draws, double u, int trial) { return transformer(draws, u, trial, depth); };
}

TEST(BlockTheory, BallsContainTheReference) {
  Draws draws(1);
  for (int trial = 0; trial < 36; ++trial) {
    expect_ball_contains<Room<Norm::rms, Part::all>>(transformer(draws, 0x1p-20, trial, 1 + trial % 3));
    expect_ball_contains<Room<Norm::layer, Part::all>>(transformer(draws, 0x1p-20, trial, 1 + trial % 3));
  }
}

TEST(BlockTheory, ErrorOfHalvesStaysWithinTheBound) {
  const std::vector<double> both{0, 4};
  expect_bounds<Room<Norm::rms, Part::attention_half>>(
      {.row = "f_A, entrywise", .seed = 2, .trials = 24, .perturbations = both}, one_block());
  expect_bounds<Room<Norm::layer, Part::attention_half>>(
      {.row = "g_A, entrywise", .seed = 3, .trials = 24, .perturbations = both}, one_block());
  expect_bounds<Room<Norm::rms, Part::perceptron_half>>(
      {.row = "f_M, entrywise", .seed = 4, .trials = 24, .perturbations = both}, one_block());
  expect_bounds<Room<Norm::layer, Part::perceptron_half>>(
      {.row = "g_M, entrywise", .seed = 5, .trials = 24, .perturbations = both}, one_block());
}

TEST(BlockTheory, ErrorOfBlocksStaysWithinTheBound) {
  const std::vector<double> both{0, 4};
  expect_bounds<Room<Norm::rms, Part::all>>(
      {.row = "block Q, entrywise", .seed = 6, .trials = 24, .perturbations = both}, one_block());
  expect_bounds<Room<Norm::layer, Part::all>>(
      {.row = "block T, entrywise", .seed = 7, .trials = 24, .perturbations = both}, one_block());
}

TEST(BlockTheory, ErrorOfOtherFormsStaysWithinTheBound) {
  expect_bounds<Room<Norm::rms, Part::all, NormPlace::before_attention, ValueOrder::project_first,
                     Shift::by_maximum, RootOfD::rounded>>(
      {.row = "block Q as software does it, entrywise", .seed = 8, .trials = 24}, one_block());
  expect_bounds<Room<Norm::layer, Part::all, NormPlace::after_attention>>(
      {.row = "block T, post-norm, entrywise", .seed = 9, .trials = 24}, one_block());
  expect_bounds<
      Room<Norm::rms, Part::all, NormPlace::after_attention, ValueOrder::mix_first, Shift::by_maximum>>(
      {.row = "block Q, post-norm, entrywise", .seed = 10, .trials = 24, .perturbations = {2}}, one_block());
}

TEST(BlockTheory, ErrorOfTransformersStaysWithinTheBound) {
  for (const int depth : {2, 3, 4, 5, 6}) {
    const std::string layers = std::to_string(depth) + " blocks";
    const std::uint64_t seed = 20 + static_cast<std::uint64_t>(depth);
    expect_bounds<Room<Norm::rms, Part::all>>(
        {.row = "Q, " + layers + ", entrywise", .seed = seed, .trials = 9, .least_statements = 100},
        one_block(depth));
    expect_bounds<Room<Norm::layer, Part::all>>(
        {.row = "T, " + layers + ", entrywise", .seed = seed + 10, .trials = 9, .least_statements = 50},
        one_block(depth));
  }
}

/// No rounding at all: exact attention at tokens off by +-e.  Here every term of the propagation is nearly
/// attained by some choice of signs, so none can be missing.
TEST(BlockTheory, AttentionPropagatesErrorsOfTokensSharply) {
  Draws draws(60);
  constexpr double e = 0x1p-12;
  double sharpest = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const Matrix<double> wq = draws.matrix(1, 1, 4), wk = draws.matrix(1, 1, 4), wv = draws.matrix(1, 1);
    const Matrix<double> x = draws.matrix(1, 2);
    const Arrays<Ball> w = enclosed(Arrays<double>{wq, wk, wv, x});
    const PaperBlock<Ball> block{w[0], w[1], w[2], {}, {}, {}, {}};
    TokensWithError tokens = tokens_with_error(w[3]);
    for (Upper& entry : tokens.e.values()) entry = e;
    const TokensWithError y = attention_with_error(block, tokens, {}, RoundingModel{0});
    for (const double first : {-e, e}) {
      for (const double second : {-e, e}) {
        Matrix<Ball> moved = w[3], z(1, 2);
        moved(0, 0) += first;
        moved(0, 1) += second;
        BallArithmetic balls;
        self_attention(balls, w[0].view(), w[1].view(), w[2].view(), MatrixView<const Ball>(moved.view()),
                       AttentionForm{}, z.view());
        for (std::size_t t = 0; t < 2; ++t) {
          const double error = least_distance(z(0, t), y.x(0, t));
          ASSERT_LE(error, y.e(0, t).value()) << draws.replay();
          if (t == 1) sharpest = std::fmax(sharpest, error / y.e(0, t).value());
        }
      }
    }
  }
  EXPECT_GE(sharpest, 0.9);
}

TEST(BlockTheory, TokenWithoutStatementIsNotHiddenByZeroWeights) {
  const Matrix<Ball> zeros(2, 2), x(2, 1);  // R(0) is NaN, and so is 0 NaN
  const PaperBlock<Ball> weights{zeros, zeros, zeros, zeros, zeros, {0.0, 0.0}, {0.0, 0.0}};
  for (const Norm norm : {Norm::rms, Norm::layer}) {
    for (const NormPlace place : {NormPlace::before_attention, NormPlace::after_attention}) {
      const TokensWithError z = block_with_error(weights, {norm, place, {}}, tokens_with_error(x), {0x1p-11});
      for (const Upper& e : z.e.values()) EXPECT_EQ(e, Upper::no_statement());
    }
  }
}

/// Lemmas 4.25 to 4.29 and Theorem 4.30 where their hypotheses hold and value = (coefficient u) <= 0.1.
template <class A>
void expect_first_order(const std::string& name, int depth, std::uint64_t seed, A coefficient, auto room,
                        int least) {
  using R = decltype(room);
  Draws draws(seed);
  Sharpness sharpness(name + ", first order");
  int statements = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const std::string format = trial % 3 == 0 ? "bin11" : "bin24";
    const RoundingModel model{trial % 3 == 0 ? 0x1p-11 : 0x1p-24};
    Simulated ar(rounding_rule(format));
    const Arrays<double> in = in_format(ar, transformer(draws, model.u, trial, depth));
    if (in[0].rows() < 2) continue;
    const Arrays<Ball> at = enclosed(in);
    const double printed = upper_end(coefficient(at, model, Form::as_printed));
    const double repaired = upper_end(coefficient(at, model, Form::repaired));
    EXPECT_LE(repaired, printed * (1 + 0x1p-40)) << "the printed form is weaker, not false";
    const double value = repaired * model.u;
    if (!(value <= 0.1)) continue;
    BallArithmetic balls;
    const std::vector<double> got = R::run(ar, in);
    const std::vector<Ball> exact = R::run(balls, at);
    double relative = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double error = least_distance(Ball(got[i]), exact[i]);
      relative = std::fmax(relative, error == 0 ? 0 : error / magnitude(exact[i]));
    }
    ++statements;
    ASSERT_LE(relative, value) << draws.replay();
    sharpness.record(format, relative / value);
  }
  EXPECT_GE(statements, least) << name;
  sharpness.expect_recorded();
}

/// The coefficient, inf where a hypothesis fails (nonsingularity is not one: erratum E1).
double unless_violated(const std::vector<PaperBlock<Ball>>& blocks, Norm norm, const Matrix<Ball>& x,
                       const RoundingModel& model, const Ball& coefficient) {
  for (const Hypothesis& h : transformer_hypotheses<Ball>(blocks, norm, x, model))
    if (!h.holds() && !h.name.ends_with("WkTWq_nonsingular")) return std::numeric_limits<double>::infinity();
  return upper_end(coefficient);
}

TEST(BlockTheory, FirstOrderCoefficientsHoldUnderTheirHypotheses) {
  for (const Norm norm : {Norm::rms, Norm::layer}) {
    const bool rms = norm == Norm::rms;
    const auto attention = [norm](const Arrays<Ball>& at, const RoundingModel& model, Form form) {
      const auto blocks = blocks_of(at);
      return Ball(unless_violated(blocks, norm, at[0], model,
                                  attention_half_first_order<Ball>(blocks[0], norm, at[0], form).u));
    };
    const auto perceptron = [norm](const Arrays<Ball>& at, const RoundingModel& model, Form) {
      const auto block = blocks_of(at)[0];
      double largest = 0;
      for (std::size_t t = 0; t < at[0].columns(); ++t) {
        Matrix<Ball> token(at[0].rows(), 1);
        for (std::size_t i = 0; i < token.rows(); ++i) token(i, 0) = at[0](i, t);
        const FedToken<Ball> fed = fed_token<Ball>(block, norm, token);
        for (const Hypothesis& h : perceptron_hypotheses<Ball>(block.a1.view(), block.b1, block.a2.view(),
                                                               block.b2, fed.normed.column(0), model))
          if (!h.holds()) largest = std::numeric_limits<double>::infinity();
        largest = std::fmax(largest, upper_end(perceptron_half_first_order<Ball>(block, norm, token).u));
      }
      return Ball(largest);
    };
    const auto whole = [norm](const Arrays<Ball>& at, const RoundingModel& model, Form form) {
      const auto blocks = blocks_of(at);
      return Ball(unless_violated(blocks, norm, at[0], model,
                                  block_first_order<Ball>(blocks[0], norm, at[0], form).order.u));
    };
    const auto deep = [norm](const Arrays<Ball>& at, const RoundingModel& model, Form form) {
      const auto blocks = blocks_of(at);
      return Ball(unless_violated(blocks, norm, at[0], model,
                                  transformer_first_order<Ball>(blocks, norm, at[0], form)));
    };
    if (rms) {
      expect_first_order("4.25 f_A", 1, 41, attention, Room<Norm::rms, Part::attention_half>{}, 100);
      expect_first_order("4.27 f_M", 1, 42, perceptron, Room<Norm::rms, Part::perceptron_half>{}, 100);
      expect_first_order("4.29 block Q", 1, 43, whole, Room<Norm::rms, Part::all>{}, 60);
      expect_first_order("4.30 two blocks Q", 2, 44, deep, Room<Norm::rms, Part::all>{}, 5);
    } else {
      expect_first_order("4.26 g_A", 1, 45, attention, Room<Norm::layer, Part::attention_half>{}, 100);
      expect_first_order("4.28 g_M", 1, 46, perceptron, Room<Norm::layer, Part::perceptron_half>{}, 100);
      expect_first_order("4.29 block T", 1, 47, whole, Room<Norm::layer, Part::all>{}, 20);
    }
  }
}

TEST(BlockTheory, NonsingularityEntersTheTheoremOnlyAsPrinted) {
  Draws draws(50);
  Arrays<double> in = transformer(draws, 0x1p-24, 0, 1);
  while (in[0].rows() < 3) in = transformer(draws, 0x1p-24, 0, 1);
  for (std::size_t i = 0; i < in[2].rows(); ++i)
    for (std::size_t j = 0; j < in[2].rows(); ++j) in[2](i, j) = 1;
  const auto block = blocks_of(enclosed(in))[0];
  EXPECT_TRUE(std::isinf(upper_end(attention_sigma(block, Form::as_printed))));
  EXPECT_FALSE(std::isinf(upper_end(attention_sigma(block, Form::repaired))));
  EXPECT_FALSE(block_hypotheses<Ball>(block, Norm::rms, enclosed(in)[0], {0x1p-24})[1].holds());
}

}  // namespace
}  // namespace halfulp
