#include <algorithm>

#include "halfulp/layers/room_laws_testing.hpp"
#include "halfulp/layers/self_attention/rounding.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// in: X, W_q, W_k, W_v.
struct Head {
  MatrixView<const Ball> x, wq, wk, wv;
  explicit Head(const Arrays<Ball>& in) : x(in[0]), wq(in[1]), wk(in[2]), wv(in[3]) {}
  AttentionJacobian<Ball> jacobian() const { return {wq, wk, wv, x}; }
};

template <ValueOrder order, Shift shift = Shift::none, RootOfD root = RootOfD::exact>
struct Room {
  static constexpr AttentionForm form{order, shift, root};
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    Matrix<Value<A>> y(in[3].rows(), in[0].columns());
    self_attention(ar, in[1].view(), in[2].view(), in[3].view(), in[0].view(), form, y.view());
    return vec(y);
  }
  static AttentionJacobian<Ball> jacobian(const Arrays<Ball>& in) { return Head(in).jacobian(); }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    const Head head(in);
    std::vector<double> bounds;
    for (const Upper e : attention_error(head.wq, head.wk, head.wv, head.x, form, model, rho))
      bounds.push_back(e.value());
    return bounds;
  }
};
using MixFirst = Room<ValueOrder::mix_first>;
using ProjectFirst = Room<ValueOrder::project_first>;

/// The same with the coefficient of a lemma.
using Coefficient = FirstOrder<Ball> (*)(MatrixView<const Ball>, MatrixView<const Ball>,
                                         MatrixView<const Ball>, MatrixView<const Ball>, Form);
template <class Base, Coefficient coefficient, Form statement>
struct WithCoefficient : Base {
  static FirstOrder<Ball> first_order(const Arrays<Ball>& in) {
    const Head head(in);
    return coefficient(head.wq, head.wk, head.wv, head.x, statement);
  }
};

/// X = [(1, 1), (1, last)], all matrices I_2.
Arrays<double> two_tokens(double last) {
  Arrays<double> in{Matrix<double>(2, 2, 1.0), Matrix<double>(2, 2), Matrix<double>(2, 2),
                    Matrix<double>(2, 2)};
  in[0](1, 1) = last;
  for (std::size_t k = 1; k < 4; ++k) in[k](0, 0) = in[k](1, 1) = 1;
  return in;
}

/// Makes the scores at most 100 in size, whatever their errors, by scaling the tokens.
void tame(Arrays<double>& in) {
  const Matrix<double> zeta = causal_zeta<double>(in[1], in[2], in[0]);
  const double largest = *std::max_element(zeta.values().begin(), zeta.values().end());
  if (largest <= 100) return;
  for (double& entry : in[0].values()) entry *= std::sqrt(100 / largest);
}

enum class Kind { random, orthogonal, singular, nearly_singular, cancelling_values, narrow_head };

/// Heads [d, n], kinds and shapes of tokens in all combinations; entries of tokens may be 0.
Arrays<double> any_head(Draws& draws, double u, int trial, std::size_t d, std::size_t n, Kind kind) {
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  const std::size_t rows = kind == Kind::narrow_head ? (d + 1) / 2 : d;
  Arrays<double> in{argument(draws, d, n, shape, u), draws.matrix(rows, d), draws.matrix(rows, d),
                    draws.matrix(d, d)};
  for (std::size_t i = 0; i < d; ++i) {
    if (draws.below(6) == 0) in[0](i, 0) = 0;
    for (std::size_t j = 0; j < d; ++j) {
      if (kind == Kind::orthogonal) in[1](i, j) = in[2](i, j) = i == j;
      if (kind == Kind::singular) in[1](i, j) = in[1](0, j);
      if (kind == Kind::nearly_singular && i > 0) in[1](i, j) = in[1](0, j) * (1 + 8 * u * draws.normal());
      if (kind == Kind::cancelling_values) in[1](i, j) *= 0x1p-6;
    }
    for (std::size_t t = 1; t < n && kind == Kind::cancelling_values; t += 2)
      in[0](i, t) = -in[0](i, t - 1) * (1 + 4 * u);
  }
  tame(in);
  return in;
}

Arrays<double> heads(Draws& draws, double u, int trial) {
  const std::size_t widths[] = {1, 2, 3, 5}, lengths[] = {1, 2, 3, 6};
  const std::size_t d = widths[draws.below(4)], n = lengths[draws.below(4)];
  return any_head(draws, u, trial, d, n, static_cast<Kind>(draws.below(6)));
}

/// What Remark 4.22 and Corollary 4.23 ask for: d = d_h >= 2.
Arrays<double> square_heads(Draws& draws, double u, int trial) {
  const std::size_t d = 2 + draws.below(3), n = 1 + draws.below(4);
  return any_head(draws, u, trial, d, n, static_cast<Kind>(draws.below(5)));
}

TEST(SelfAttentionTheory, JacobianIsThatOfTheRoom) {
  Draws draws(1);
  for (int trial = 0; trial < 45; ++trial) {
    expect_jacobian<MixFirst>(heads(draws, 0x1p-11, trial), draws);
    expect_jacobian<Room<ValueOrder::project_first, Shift::by_maximum>>(heads(draws, 0x1p-11, trial), draws);
  }
}

TEST(SelfAttentionTheory, BallsContainTheReference) {
  Draws draws(2);
  for (int trial = 0; trial < 45; ++trial) {
    expect_ball_contains<MixFirst>(heads(draws, 0x1p-20, trial));
    expect_ball_contains<ProjectFirst>(heads(draws, 0x1p-20, trial));
  }
}

TEST(SelfAttentionTheory, ErrorStaysWithinLemma421) {
  using Repaired = WithCoefficient<MixFirst, attention_first_order<Ball>, Form::repaired>;
  using AsPrinted = WithCoefficient<MixFirst, attention_first_order<Ball>, Form::as_printed>;
  expect_bounds<Repaired>({.row = "4.21 self-attention, W_v (X psi)", .seed = 3, .trials = 27}, heads);
  expect_bounds<AsPrinted>({.row = "4.21 self-attention, as printed", .seed = 3, .trials = 18}, heads);
}

TEST(SelfAttentionTheory, ErrorWithProjectedValuesStaysWithinLemma421) {
  using Repaired = WithCoefficient<ProjectFirst, attention_first_order<Ball>, Form::repaired>;
  expect_bounds<Repaired>({.row = "4.21 self-attention, (W_v X) psi", .seed = 4, .trials = 27}, heads);
}

TEST(SelfAttentionTheory, ErrorWithShiftAndRoundedRootStaysWithinBound) {
  expect_bounds<Room<ValueOrder::mix_first, Shift::by_maximum, RootOfD::rounded>>(
      {.row = "4.21 self-attention, shifted, sqrt(d) rounded", .seed = 5, .trials = 18}, heads);
  expect_bounds<Room<ValueOrder::project_first, Shift::by_maximum>>(
      {.row = "4.21 self-attention, (W_v X) psi, shifted", .seed = 6, .trials = 18}, heads);
}

TEST(SelfAttentionTheory, ErrorOfPerturbedTokensStaysWithinCorollary423) {
  using Repaired = WithCoefficient<MixFirst, attention_perturbed<Ball>, Form::repaired>;
  using AsPrinted = WithCoefficient<ProjectFirst, attention_perturbed<Ball>, Form::as_printed>;
  expect_bounds<Repaired>(
      {.row = "4.23 self-attention, perturbed", .seed = 7, .trials = 18, .perturbations = {1, 16}},
      square_heads);
  expect_bounds<AsPrinted>({.row = "4.23 self-attention, perturbed, as printed",
                            .seed = 8,
                            .trials = 18,
                            .perturbations = {1, 16}},
                           square_heads);
}

TEST(SelfAttentionTheory, ErrorStaysWithinRemark422) {
  using Repaired = WithCoefficient<MixFirst, attention_first_order_simple<Ball>, Form::repaired>;
  expect_bounds<Repaired>({.row = "4.22 self-attention", .seed = 9, .trials = 18}, square_heads);
}

/// E1: what the repair leaves is never above the paper's, and the simple forms never below.
TEST(SelfAttentionTheory, RepairedCoefficientsAreBelowThePrinted) {
  Draws draws(10);
  const auto expect_ordered = [&](const Ball& a, const Ball& b) {
    if (a.is_bounded() && b.is_bounded()) {
      EXPECT_LE(lower_end(a), upper_end(b)) << draws.replay();
    }
  };
  for (int trial = 0; trial < 54; ++trial) {
    const Arrays<Ball> in = enclosed(square_heads(draws, 0x1p-11, trial));
    const Head head(in);
    const auto of = [&](Coefficient coefficient, Form form) {
      return coefficient(head.wq, head.wk, head.wv, head.x, form);
    };
    const auto repaired = of(attention_first_order<Ball>, Form::repaired);
    const auto simple = of(attention_first_order_simple<Ball>, Form::repaired);
    const auto perturbed = of(attention_perturbed<Ball>, Form::repaired);
    expect_ordered(repaired.u, of(attention_first_order<Ball>, Form::as_printed).u);
    expect_ordered(repaired.u, simple.u);
    expect_ordered(simple.u, of(attention_first_order_simple<Ball>, Form::as_printed).u);
    expect_ordered(simple.u, perturbed.u);
    expect_ordered(perturbed.rho, of(attention_perturbed<Ball>, Form::as_printed).rho);
    expect_ordered(simple.rho, perturbed.rho);
    expect_ordered(repaired.rho, simple.rho);
    EXPECT_TRUE(perturbed.u.is_bounded() || !attention_xi(head.jacobian()).is_bounded());
  }
}

/// E1: an orthogonal or nearly orthogonal key does no harm.
TEST(SelfAttentionTheory, CounterexampleToRemark418StaysWithinRepairedLemma421) {
  for (const double last : {-1.0, -0.99}) {
    const Arrays<double> in = two_tokens(last);
    const Arrays<Ball> at = enclosed(in);
    const Head head(at);
    BallArithmetic balls;
    const std::vector<Ball> exact = MixFirst::run(balls, at);
    const auto repaired = attention_first_order(head.wq, head.wk, head.wv, head.x, Form::repaired);
    const auto printed = attention_first_order(head.wq, head.wk, head.wv, head.x, Form::as_printed);
    EXPECT_LT(upper_end(repaired.u), 600);
    EXPECT_GT(lower_end(printed.u), last == -1 ? 1e300 : 6000);
    for (const Examined& examined : examined_arithmetics()) {
      in_arithmetic(examined, [&](auto& ar) {
        const auto got = MixFirst::run(ar, in_format(ar, in));
        if (in_format(ar, in)[0](1, 1) != ar.exactly(last)) return;
        for (std::size_t i = 0; i < got.size(); ++i)
          EXPECT_LE(least_distance(enclosed(got[i]), exact[i]),
                    upper_end(repaired.u) * examined.model.u * magnitude(exact[i]))
              << examined.name() << ", last " << last << ", entry " << i;
      });
    }
  }
}

TEST(SelfAttentionTheory, SingularKeyQueryProductsHaveRepairedBoundsOnly) {
  Draws draws(11);
  const Arrays<Ball> in = enclosed(any_head(draws, 0x1p-11, 0, 4, 3, Kind::singular));
  const Head head(in);
  const auto printed = attention_perturbed(head.wq, head.wk, head.wv, head.x, Form::as_printed);
  EXPECT_EQ(upper_end(printed.u), HUGE_VAL);
  EXPECT_FALSE(all_hold(attention_hypotheses(head.wq, head.wk, head.wv, head.x, Form::as_printed)));
  EXPECT_TRUE(all_hold(attention_hypotheses(head.wq, head.wk, head.wv, head.x, Form::repaired)));
  EXPECT_LT(upper_end(attention_perturbed(head.wq, head.wk, head.wv, head.x, Form::repaired).u), 1e6);
}

/// Lemma 3.14, Remark 3.15: exact is exact, bounds are bounds, each coarser one above the finer.
TEST(SelfAttentionTheory, NormsAndConditionNumbersStayBelowLemma314) {
  Draws draws(12);
  for (int trial = 0; trial < 36; ++trial) {
    const Arrays<Ball> in = enclosed(heads(draws, 0x1p-11, trial));
    const Head head(in);
    const AttentionJacobian<Ball> j = head.jacobian();
    const Matrix<Ball> matrix = dense(j);
    for (const Exponent p : {Exponent::one, Exponent::two, Exponent::infinity})
      EXPECT_EQ(least_distance(norm_to_inf(j, p), operator_norm(matrix.view(), p, Exponent::infinity)), 0);
    for (std::size_t t = 0; t < j.tokens(); ++t) {
      const Matrix<Ball> block = j.row_block(t);
      for (std::size_t a = 0; a < block.rows(); ++a)
        for (std::size_t k = 0; k < block.columns(); ++k)
          ASSERT_EQ(least_distance(block(a, k), matrix(t * block.rows() + a, k)), 0) << draws.replay();
    }
    const auto expect_ordered = [&](const Ball& a, const Ball& b) {
      EXPECT_LE(lower_end(a), upper_end(b)) << draws.replay();
    };
    expect_ordered(norm_infinf(j), norm_infinf_bound_by_blocks(j));
    expect_ordered(norm_infinf_bound_by_blocks(j), norm_infinf_bound(j));
    expect_ordered(norm_1inf(j), norm_2inf(j));
    expect_ordered(norm_2inf(j), norm_22(j));
    expect_ordered(kappa_cinf(j), kappa_cinf_bound(j));
    if (kappa_cc(j).is_bounded()) expect_ordered(kappa_cc(j), kappa_cc_bound(j));
    if (kappa_cc_bound(j).is_bounded())
      expect_ordered(kappa_cc_bound(j), kappa_cc_bound_simple(j, head.wq, head.wk));
    const std::vector<Ball> sizes = absolute(Row<const Ball>(vec(in[0])));
    const auto sums = j.absolute_times(sizes), bounds = j.absolute_times_bound(sizes);
    for (std::size_t i = 0; i < sums.size(); ++i) expect_ordered(sums[i], bounds[i]);
  }
}

/// By hand: d = 1, tokens 1 and -1, scores -w and w, so that A = (1, -tanh w) and every sum of Lemma 3.14.3
/// is 1 + 4 w.
TEST(SelfAttentionTheory, BoundsOfTwoOppositeTokensAreThoseByHand) {
  const double w = 0.5, generic = tanh(DoubleDouble{w}).hi;
  const Matrix<double> one(1, 1, 1.0), wq(1, 1, w);
  Matrix<double> x(1, 2, 1.0);
  x(0, 1) = -1;
  const AttentionJacobian<double> j(wq, one, one, x);
  EXPECT_NEAR(j.y()(0, 1), -generic, 1e-15);
  EXPECT_NEAR(attention_xi(j), 1 / generic, 1e-15);
  EXPECT_NEAR(kappa_cinf_bound(j), 1 + 4 * w, 1e-14);
  EXPECT_NEAR(kappa_cc_bound(j), (1 + 4 * w) / generic, 1e-14);
  EXPECT_NEAR(kappa_cc_bound_simple<double>(j, wq, one), (1 + 4 * w) / generic, 1e-14);
}

/// Where every score is an exact 0, the proof of Lemma 4.21 multiplies 0 by an infinite relative error.
TEST(SelfAttentionTheory, KeysOrthogonalToTheirQueryHaveRepairedBoundsOnly) {
  Arrays<double> in = two_tokens(1);
  in[2](0, 0) = in[2](1, 1) = 0;
  in[2](0, 1) = 1, in[2](1, 0) = -1;
  const Arrays<Ball> balls = enclosed(in);
  const Head head(balls);
  EXPECT_EQ(magnitude(norm_inf(head.jacobian().scores(1))), 0);
  EXPECT_EQ(lower_end(attention_first_order(head.wq, head.wk, head.wv, head.x, Form::as_printed).u),
            HUGE_VAL);
  EXPECT_LT(upper_end(attention_first_order(head.wq, head.wk, head.wv, head.x, Form::repaired).u), 100);
}

/// Component k of all keys times b^m, of all queries divided by it, b the base of the arithmetic: no bit of
/// the result changes, nor do the bounds, which see |W_k|^T |W_q| only.
TEST(SelfAttentionTheory, ScalingsByPowersOfTheBaseLeaveEveryBitAndTheBound) {
  Draws draws(13);
  for (const Examined& examined : examined_arithmetics()) {
    in_arithmetic(examined, [&](auto& ar) {
      for (int trial = 0; trial < 4; ++trial) {
        auto in = in_format(ar, square_heads(draws, examined.model.u, trial));
        const auto plain = ProjectFirst::run(ar, in);
        const auto plain_mixed = MixFirst::run(ar, in);
        const std::vector<double> bound = MixFirst::bound(enclosed(in), examined.model, 0);
        for (std::size_t k = 0; k < in[1].rows(); ++k) {
          const auto up = ar.exactly(examined.digits > 0 ? std::pow(10.0, k) : std::exp2(9.0 * double(k)));
          for (std::size_t j = 0; j < in[1].columns(); ++j) {
            in[1](k, j) = ar.div(in[1](k, j), up);
            in[2](k, j) = ar.mul(in[2](k, j), up);
          }
        }
        ASSERT_EQ(ProjectFirst::run(ar, in), plain) << examined.name();
        ASSERT_EQ(MixFirst::run(ar, in), plain_mixed) << examined.name();
        const std::vector<double> scaled = MixFirst::bound(enclosed(in), examined.model, 0);
        for (std::size_t i = 0; i < bound.size(); ++i) {
          if (bound[i] == 0 || std::isinf(bound[i]))
            ASSERT_EQ(scaled[i], bound[i]);
          else
            ASSERT_NEAR(scaled[i] / bound[i], 1, 0x1p-36);
        }
      }
    });
  }
}

}  // namespace
}  // namespace halfulp
