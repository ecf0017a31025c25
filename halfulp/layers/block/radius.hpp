// The paper's block in simulated arithmetic with an entrywise error bound beside every value: from
// |Xhat - X| <= E to |Zhat - Z| <= E', a posteriori, through as many blocks as one likes.
//
// Rigorous under Model 4.1 with one format for every operation, round to nearest, without overflow and
// underflow (run in bin<t>): no condition number, no generic outputs, no O(u^2).  But E grows by about 10^2 a
// block: a certificate for a few blocks, not for fifty (docs/theory.md, 6; adjoints serve there).
// Where the arithmetic overflowed or made a NaN: "no statement".
// Shapes: X, Y, Z, E [d, n].
#pragma once

#include <span>

#include "halfulp/layers/block/block.hpp"
#include "halfulp/layers/layer_norm/radius.hpp"
#include "halfulp/layers/perceptron/radius.hpp"
#include "halfulp/layers/residual/radius.hpp"
#include "halfulp/layers/self_attention/radius.hpp"

namespace halfulp {

/// What the bounds may assume of a simulated arithmetic with in = acc = out: u, doubled where it does not
/// round to nearest.
inline RoundingModel rounding_model_of(const Simulated& ar) {
  const RoundingRule& rule = ar.acc().rule();
  // dec<p> is the binary64 operation, rounded to p digits, rounded to binary64: (1 + u)(1 + 2^-53)^2 - 1.
  const double u0 = rule.format.unit_roundoff();
  const double u = rule.format.is_decimal() ? u0 * (1 + 0x1p-50) + 0x1.01p-52 * (1 + u0) : u0;
  return {rule.is_to_nearest() ? u : 2 * u, ar.summation()};
}

/// N of every token, computed and bounded.
inline WithRadii normalise_tokens_with_radii(Simulated& ar, const WithRadii& x, const BlockForm& form) {
  const RoundingModel model = rounding_model_of(ar);
  const RootOfD root = form.attention.root;
  WithRadii y{Matrix<double>(x.x.rows(), x.x.columns()), Radii(x.x.rows(), x.x.columns())};
  normalise_tokens(ar, x.x.view(), form.norm, root, y.x.view());
  for (std::size_t t = 0; t < x.x.columns(); ++t) {
    const auto radius = form.norm == Norm::rms
                            ? rms_norm_of_paper_radius(model, x.x.column(t), x.e.column(t), 0.0, root)
                            : layer_norm_of_paper_radius(model, x.x.column(t), x.e.column(t), root);
    for (std::size_t i = 0; i < radius.size(); ++i) y.e(i, t) = radius[i];
  }
  return y;
}

namespace detail {

/// x + f, computed and bounded.
inline WithRadii residual_with_radii(Simulated& ar, const WithRadii& x, const WithRadii& f) {
  WithRadii y{Matrix<double>(x.x.rows(), x.x.columns()), {}};
  residual(ar, x.x.view(), f.x.view(), y.x.view());
  y.e = residual_radius(rounding_model_of(ar), x.e, f.e, y.x.view());
  const Events events = ar.events();
  if (events.overflow + events.underflow + events.nan > 0) y.e = no_radii(y.e.rows(), y.e.columns());
  return y;
}

}  // namespace detail

/// attention_half(), bounded.
inline WithRadii attention_half_with_radii(Simulated& ar, const PaperBlock<double>& block, BlockForm form,
                                           const WithRadii& x,
                                           Composition composition = Composition::signed_products) {
  const RoundingModel model = rounding_model_of(ar);
  const auto attend = [&](const WithRadii& in) {
    AttentionRun run = run_self_attention(ar, block.wq.view(), block.wk.view(), block.wv.view(), in.x.view(),
                                          form.attention);
    Radii e = self_attention_radius(model, block.wq.view(), block.wk.view(), block.wv.view(), in.x.view(),
                                    in.e, run, form.attention, composition);
    return WithRadii{std::move(run.y), std::move(e)};
  };
  const auto normalise = [&](const WithRadii& in) { return normalise_tokens_with_radii(ar, in, form); };
  const bool before = form.place == NormPlace::before_attention;
  return detail::residual_with_radii(ar, x, before ? attend(normalise(x)) : normalise(attend(x)));
}

/// perceptron_half(), bounded.
inline WithRadii perceptron_half_with_radii(Simulated& ar, const PaperBlock<double>& block, BlockForm form,
                                            const WithRadii& y,
                                            Composition composition = Composition::signed_products) {
  const RoundingModel model = rounding_model_of(ar);
  const WithRadii normed = normalise_tokens_with_radii(ar, y, form);
  const Row<const double> b1(block.b1), b2(block.b2);
  PerceptronRun run = run_perceptron(ar, block.a1.view(), b1, block.a2.view(), b2, normed.x.view());
  Radii e = perceptron_radius(model, block.a1.view(), b1, block.a2.view(), b2, normed.x.view(), normed.e, run,
                              composition);
  return detail::residual_with_radii(ar, y, {std::move(run.y), std::move(e)});
}

/// block(), bounded.
inline WithRadii block_with_radii(Simulated& ar, const PaperBlock<double>& weights, BlockForm form,
                                  const WithRadii& x,
                                  Composition composition = Composition::signed_products) {
  const WithRadii y = attention_half_with_radii(ar, weights, form, x, composition);
  return perceptron_half_with_radii(ar, weights, form, y, composition);
}

/// The streams of a network: [0] the exact input, [2 l - 1] after the attention half and [2 l] after the
/// perceptron half of block l.
inline std::vector<WithRadii> network_with_radii(Simulated& ar, std::span<const PaperBlock<double>> blocks,
                                                 BlockForm form, MatrixView<const double> x,
                                                 Composition composition = Composition::signed_products) {
  WithRadii in{Matrix<double>(x.rows(), x.columns()), Radii(x.rows(), x.columns())};
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t t = 0; t < x.columns(); ++t) in.x(i, t) = x(i, t);
  std::vector<WithRadii> streams{std::move(in)};
  for (const PaperBlock<double>& block : blocks) {
    streams.push_back(attention_half_with_radii(ar, block, form, streams.back(), composition));
    streams.push_back(perceptron_half_with_radii(ar, block, form, streams.back(), composition));
  }
  return streams;
}

}  // namespace halfulp
