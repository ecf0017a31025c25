// Halves, blocks and transformers: Lemmas 4.25 to 4.29, Theorem 4.30, erratum E1.
#include <array>

#include "halfulp/analysis/quantities/head_inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/block/hypotheses.hpp"
#include "halfulp/layers/block/rounding.hpp"

namespace halfulp {
namespace {

void require_non_singular(const VectorFields& fields, const PaperBlock<Ball>& weights, Form form) {
  if (form == Form::as_printed) require_non_singular_product(fields, weights.wq.view(), weights.wk.view());
}

/// X [d, n] and the weights of one block, or of its attention alone.
struct BlockInputs {
  Matrix<Ball> x;
  PaperBlock<Ball> weights;

  BlockInputs(const VectorFields& fields, bool has_perceptron) {
    const RoomInputs<Ball> in = exact_inputs(fields);
    x = in.matrix("X");
    in.read_attention(weights, x.rows());
    if (has_perceptron) in.read_perceptron(weights, x.rows());
  }
};
/// y [d, 1] and the perceptron's weights.
struct TokenInputs {
  Matrix<Ball> y;
  PaperBlock<Ball> weights;

  explicit TokenInputs(const VectorFields& fields) {
    const RoomInputs<Ball> in = exact_inputs(fields);
    y = column_of(in.row("x"));
    in.read_perceptron(weights, y.rows());
  }
};

template <Norm norm>
QuantityValue attention_xi_of_half(const VectorFields& fields) {
  const BlockInputs in(fields, false);
  return value_of(attention_half_xi<Ball>(in.weights, norm, in.x));
}
template <Norm norm, Form form>
QuantityValue attention_round(const VectorFields& fields) {
  const BlockInputs in(fields, false);
  require_non_singular(fields, in.weights, form);
  return value_of(attention_half_first_order<Ball>(in.weights, norm, in.x, form));
}
template <Norm norm>
QuantityValue perceptron_xi_of_half(const VectorFields& fields) {
  const TokenInputs in(fields);
  return value_of(perceptron_half_xi<Ball>(in.weights, norm, in.y));
}
template <Norm norm>
QuantityValue perceptron_round(const VectorFields& fields) {
  const TokenInputs in(fields);
  return value_of(perceptron_half_first_order<Ball>(in.weights, norm, in.y));
}
template <Norm norm, Form form>
QuantityValue block_round(const VectorFields& fields) {
  const BlockInputs in(fields, true);
  require_non_singular(fields, in.weights, form);
  const BlockFirstOrder<Ball> block = block_first_order<Ball>(in.weights, norm, in.x, form);
  return group(
      {{"u", value_of(block.order.u)}, {"rho", value_of(block.order.rho)}, {"chi", value_of(block.chi)}});
}
template <Norm norm>
QuantityValue hypotheses(const VectorFields& fields) {
  const BlockInputs in(fields, true);
  const RoundingModel model{number_field(fields, "u", 0, 1), {}};
  const double alpha = number_field(fields, "alpha", 1, 1e300);
  std::vector<std::pair<std::string, QuantityValue>> all;
  for (const Hypothesis& hypothesis : block_hypotheses<Ball>(in.weights, norm, in.x, model, alpha))
    all.emplace_back(hypothesis.name, value_of_flag(hypothesis.holds()));
  return group(std::move(all));
}
template <Norm norm, Form form>
QuantityValue deep_round(const VectorFields& fields) {
  const RoomInputs<Ball> in = exact_inputs(fields);
  const Matrix<Ball> x = in.matrix("X");
  std::vector<PaperBlock<Ball>> blocks;
  for (const RoomInputs<Ball>& layer : in.layers()) {
    PaperBlock<Ball> block;
    layer.read_attention(block, x.rows());
    layer.read_perceptron(block, x.rows());
    require_non_singular(layer.fields(), block, form);
    blocks.push_back(std::move(block));
    if (blocks.back().a1.rows() != blocks.front().a1.rows())
      layer.fields().fail("A1", "Theorem 4.30 is for blocks of the same D");
  }
  return value_of(transformer_first_order<Ball>(blocks, norm, x, form));
}

constexpr auto rms = Norm::rms, layer = Norm::layer;
constexpr auto printed = Form::as_printed, repaired = Form::repaired;
constexpr const char* head = "Wq, Wk, Wv [d, d], X [d, n]";
constexpr const char* fed = "A1 [D, d], b1 [D], A2 [d, D], b2 [d], x [d]";
constexpr const char* whole = "Wq, Wk, Wv [d, d], A1 [D, d], b1 [D], A2 [d, D], b2 [d], X [d, n]";
constexpr const char* at_u = "as block_Q, and u, alpha";
constexpr const char* deep = "layers [L] of Wq .. b2, X [d, n]";
constexpr const char* names = "{attention_generic, ...}: yes or no";

constexpr std::array table = {
    Quantity{"f_A.xi", "4.25", head, "number", attention_xi_of_half<rms>},
    Quantity{"g_A.xi", "4.26", head, "number", attention_xi_of_half<layer>},
    Quantity{"f_M.xi", "4.27", fed, "number", perceptron_xi_of_half<rms>},
    Quantity{"g_M.xi", "4.28", fed, "number", perceptron_xi_of_half<layer>},
    Quantity{"f_A.round", "4.25 as printed", head, "{u, rho}", attention_round<rms, printed>},
    Quantity{"f_A.round.repaired", "4.25, E1", head, "{u, rho}", attention_round<rms, repaired>},
    Quantity{"g_A.round", "4.26 as printed", head, "{u, rho}", attention_round<layer, printed>},
    Quantity{"g_A.round.repaired", "4.26, E1", head, "{u, rho}", attention_round<layer, repaired>},
    Quantity{"f_M.round", "4.27", fed, "{u, rho}", perceptron_round<rms>},
    Quantity{"g_M.round", "4.28", fed, "{u, rho}", perceptron_round<layer>},
    Quantity{"block_Q.round", "4.29.1 as printed", whole, "{u, rho, chi}", block_round<rms, printed>},
    Quantity{"block_Q.round.repaired", "4.29.1, E1", whole, "{u, rho, chi}", block_round<rms, repaired>},
    Quantity{"block_T.round", "4.29.2 as printed", whole, "{u, rho, chi}", block_round<layer, printed>},
    Quantity{"block_T.round.repaired", "4.29.2, E1", whole, "{u, rho, chi}", block_round<layer, repaired>},
    Quantity{"block_Q.round.hypotheses", "4.29.1", at_u, names, hypotheses<rms>},
    Quantity{"block_T.round.hypotheses", "4.29.2", at_u, names, hypotheses<layer>},
    Quantity{"deep_Q.round.coef_u", "4.30.1 as printed", deep, "number", deep_round<rms, printed>},
    Quantity{"deep_Q.round.coef_u.repaired", "4.30.1, E1", deep, "number", deep_round<rms, repaired>},
    Quantity{"deep_T.round.coef_u", "4.30.2 as printed", deep, "number", deep_round<layer, printed>},
    Quantity{"deep_T.round.coef_u.repaired", "4.30.2, E1", deep, "number", deep_round<layer, repaired>},
};

}  // namespace

std::span<const Quantity> block_quantities() { return table; }

}  // namespace halfulp
