// Non-asymptotic rounding-error bounds on the user's own data: nothing dropped, inf where there is no
// statement. Inputs beside the room's: u, and rho >= rho_c(xhat, x) (0 where it is left out).  Recursive
// sums.
#include <array>

#include "halfulp/analysis/quantities/head_inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/block/error.hpp"
#include "halfulp/layers/block/hypotheses.hpp"
#include "halfulp/layers/block/rounding.hpp"
#include "halfulp/layers/layer_norm/rounding.hpp"
#include "halfulp/layers/self_attention/rounding.hpp"

namespace halfulp {
namespace {

RoundingModel model_of(const VectorFields& fields) { return {number_field(fields, "u", 0, 1), {}}; }
Upper rho_of(const VectorFields& fields) {
  return fields.has("rho") ? number_field(fields, "rho", 0, 1e300) : 0.0;
}
Shift shift_of(const VectorFields& fields) {
  return fields.has("shift") && fields.flag("shift") ? Shift::by_maximum : Shift::none;
}

QuantityValue rms_norm(const VectorFields& fields) {
  const std::vector<Ball> x = exact_inputs(fields).row("x");
  const Upper rho = rho_of(fields);
  if (upper_end(norm(Row<const Ball>(x), Exponent::infinity)) == 0) return value_of(Upper::no_statement());
  return value_of(rms_norm_error(model_of(fields), x.size(), rho));
}
QuantityValue centring_(const VectorFields& fields) {
  const std::vector<Ball> x = exact_inputs(fields).row("x");
  return value_of(centring_error<Ball>(x, model_of(fields), rho_of(fields)));
}
QuantityValue layer_norm(const VectorFields& fields) {
  const std::vector<Ball> x = exact_inputs(fields).row("x");
  return value_of(layer_norm_error<Ball>(x, model_of(fields), rho_of(fields)));
}
QuantityValue softmax_(const VectorFields& fields) {
  const std::vector<Ball> s = exact_inputs(fields).row("s");
  std::vector<Upper> errors;
  for (const Ball& score : s) errors.push_back(rho_of(fields) * magnitude(score));
  return value_of(softmax_error<Ball>(s, model_of(fields), shift_of(fields), errors));
}
QuantityValue scores(const VectorFields& fields) {
  const HeadInputs in(fields, false);
  return value_of(scores_error<Ball>(in.wq(), in.wk(), in.tokens(), model_of(fields), rho_of(fields)));
}
QuantityValue perceptron_(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const std::vector<Ball> x = in.row("x");
  PaperBlock<Ball> w;
  in.read_perceptron(w, x.size());
  return value_of(
      perceptron_error<Ball>(w.a1.view(), w.b1, w.a2.view(), w.b2, x, model_of(fields), rho_of(fields)));
}

BlockForm form_of(const VectorFields& fields, Norm norm) {
  return {norm, NormPlace::before_attention, {ValueOrder::mix_first, shift_of(fields), RootOfD::exact}};
}
QuantityValue attention(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const Matrix<Ball> x = in.matrix("X");
  PaperBlock<Ball> w;
  in.read_attention(w, x.rows());
  const AttentionForm form = form_of(fields, Norm::rms).attention;
  return value_of(attention_with_error(w, tokens_with_error(x, rho_of(fields)), form, model_of(fields)).e);
}
/// f_A, g_A.
template <Norm norm>
QuantityValue attention_half_(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const Matrix<Ball> x = in.matrix("X");
  PaperBlock<Ball> w;
  in.read_attention(w, x.rows());
  const TokensWithError tokens = tokens_with_error(x, rho_of(fields));
  return value_of(attention_half_with_error(w, form_of(fields, norm), tokens, model_of(fields)).e);
}
/// f_M, g_M of one token.
template <Norm norm>
QuantityValue perceptron_half_(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const Matrix<Ball> x = column_of(in.row("x"));
  PaperBlock<Ball> w;
  in.read_perceptron(w, x.rows());
  const TokensWithError token = tokens_with_error(x, rho_of(fields));
  return value_of(perceptron_half_with_error(w, form_of(fields, norm), token, model_of(fields)).e.values());
}
template <Norm norm>
QuantityValue block_(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const Matrix<Ball> x = in.matrix("X");
  PaperBlock<Ball> w;
  in.read_attention(w, x.rows());
  in.read_perceptron(w, x.rows());
  const TokensWithError tokens = tokens_with_error(x, rho_of(fields));
  return value_of(block_with_error(w, form_of(fields, norm), tokens, model_of(fields)).e);
}
template <Norm norm>
QuantityValue deep(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const Matrix<Ball> x = in.matrix("X");
  std::vector<PaperBlock<Ball>> blocks;
  for (const RoomInputs<Ball>& layer : in.layers()) {
    blocks.emplace_back();
    layer.read_attention(blocks.back(), x.rows());
    layer.read_perceptron(blocks.back(), x.rows());
  }
  return value_of(transformer_with_error(blocks, form_of(fields, norm), tokens_with_error(x, rho_of(fields)),
                                         model_of(fields))
                      .e);
}

QuantityValue margins_of(const std::vector<Hypothesis>& hypotheses) {
  std::vector<std::pair<std::string, QuantityValue>> all;
  for (const Hypothesis& hypothesis : hypotheses)
    all.emplace_back(hypothesis.name, value_of(Ball(hypothesis.margin)));
  return group(std::move(all));
}
double alpha_of(const VectorFields& fields) {
  return fields.has("alpha") ? number_field(fields, "alpha", 1, 1e300) : 1;
}
QuantityValue layer_norm_margins(const VectorFields& fields) {
  const std::vector<Ball> x = exact_inputs(fields).row("x");
  return margins_of(layer_norm_hypotheses<Ball>(x, number_field(fields, "u", 0, 1), alpha_of(fields)));
}
QuantityValue perceptron_margins(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const std::vector<Ball> x = in.row("x");
  PaperBlock<Ball> w;
  in.read_perceptron(w, x.size());
  return margins_of(perceptron_hypotheses<Ball>(w.a1.view(), w.b1, w.a2.view(), w.b2, x, model_of(fields),
                                                alpha_of(fields)));
}
template <Norm norm>
QuantityValue block_margins(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const Matrix<Ball> x = in.matrix("X");
  PaperBlock<Ball> w;
  in.read_attention(w, x.rows());
  in.read_perceptron(w, x.rows());
  return margins_of(block_hypotheses<Ball>(w, norm, x, model_of(fields), alpha_of(fields)));
}

constexpr const char* token = "x [d], u, rho";
constexpr const char* fed = "A1 [D, d], b1 [D], A2 [d, D], b2 [d], x [d], u, rho";
constexpr const char* headed = "Wq, Wk, Wv [d, d], X [d, n], u, rho, shift";
constexpr const char* whole = "as block_Q, and u, rho, shift";

constexpr std::array table = {
    Quantity{"rms_norm.round.error", "4.6, 4.9, non-asymptotic", token, "rho_c of the result", rms_norm},
    Quantity{"centring.round.error", "4.10, non-asymptotic", token, "[d], absolute", centring_},
    Quantity{"layer_norm.round.error", "4.11, 4.12, non-asymptotic", token, "rho_c of the result",
             layer_norm},
    Quantity{"softmax.round.error", "4.19, 4.20, E7, non-asymptotic", "s [n], u, rho, shift", "[n], relative",
             softmax_},
    Quantity{"scores.round.error", "4.17, non-asymptotic", "Wq, Wk [d, d], X [d, n], u, rho", "[n], absolute",
             scores},
    Quantity{"attention.round.error", "4.21 to 4.23, E1, non-asymptotic", headed, "[d, n], absolute",
             attention},
    Quantity{"mlp.round.error", "4.14, 4.16, any signs, non-asymptotic", fed, "[d], absolute", perceptron_},
    Quantity{"f_A.round.error", "4.25, non-asymptotic", headed, "[d, n], absolute",
             attention_half_<Norm::rms>},
    Quantity{"g_A.round.error", "4.26, non-asymptotic", headed, "[d, n], absolute",
             attention_half_<Norm::layer>},
    Quantity{"f_M.round.error", "4.27, non-asymptotic", fed, "[d], absolute", perceptron_half_<Norm::rms>},
    Quantity{"g_M.round.error", "4.28, non-asymptotic", fed, "[d], absolute", perceptron_half_<Norm::layer>},
    Quantity{"block_Q.round.error", "4.29.1, non-asymptotic", whole, "[d, n], absolute", block_<Norm::rms>},
    Quantity{"block_T.round.error", "4.29.2, non-asymptotic", whole, "[d, n], absolute", block_<Norm::layer>},
    Quantity{"deep_Q.round.error", "4.30.1, non-asymptotic",
             "layers [L] of Wq .. b2, X [d, n], u, rho, shift", "[d, n], absolute", deep<Norm::rms>},
    Quantity{"deep_T.round.error", "4.30.2, non-asymptotic",
             "layers [L] of Wq .. b2, X [d, n], u, rho, shift", "[d, n], absolute", deep<Norm::layer>},
    Quantity{"layer_norm.round.margins", "4.11, 4.12: hypotheses hold where > 0", "x [d], u, alpha",
             "{name: number}", layer_norm_margins},
    Quantity{"mlp.round.margins", "4.14, 4.16: hypotheses hold where > 0", "as mlp, and u, alpha",
             "{name: number}", perceptron_margins},
    Quantity{"block_Q.round.margins", "4.29.1: hypotheses hold where > 0", "as block_Q, and u, alpha",
             "{name: number}", block_margins<Norm::rms>},
    Quantity{"block_T.round.margins", "4.29.2: hypotheses hold where > 0", "as block_T, and u, alpha",
             "{name: number}", block_margins<Norm::layer>},
};

}  // namespace

std::span<const Quantity> error_quantities() { return table; }

}  // namespace halfulp
