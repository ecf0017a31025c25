// The values of the layers, in balls.
#include <array>

#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/analysis/quantities/rooms.hpp"
#include "halfulp/arith/ball.hpp"

namespace halfulp {
namespace {

template <class Room>
QuantityValue layer(const VectorFields& in) {
  BallArithmetic balls;
  return value_of(Room::run(balls, exact_inputs(in)));
}

constexpr auto before = NormPlace::before_attention, after = NormPlace::after_attention;

constexpr std::array table = {
    Quantity{"mean", "(1)", "x [d]", "number", layer<rooms::Mean>},
    Quantity{"variance", "(1)", "x [d]", "number", layer<rooms::Variance>},
    Quantity{"centring", "3.2", "x [d]", "[d]", layer<rooms::Centring>},
    Quantity{"rms_norm", "(8)", "x [d]", "[d]", layer<rooms::Normalise<Norm::rms>>},
    Quantity{"layer_norm", "(1)", "x [d]", "[d]", layer<rooms::Normalise<Norm::layer>>},
    Quantity{"affine", "(2)", "A [D, d], b [D], x [d]", "[D]", layer<rooms::Affine>},
    Quantity{"mlp", "(2)", "A1 [D, d], b1 [D], A2 [d, D], b2 [d], x [d]", "[d]", layer<rooms::Mlp>},
    Quantity{"softmax", "(4)", "s [n]", "[n]", layer<rooms::Softmax>},
    Quantity{"scores", "(3), the last token", "Wq, Wk [d, d], X [d, n]", "[n]", layer<rooms::Scores>},
    Quantity{"attention", "(5)", "Wq, Wk, Wv [d, d], X [d, n]", "[d, n]", layer<rooms::Attention>},
    Quantity{"f_A", "4.25", "Wq, Wk, Wv [d, d], X [d, n]", "[d, n]",
             layer<rooms::AttentionHalf<Norm::rms, before>>},
    Quantity{"g_A", "4.26", "Wq, Wk, Wv [d, d], X [d, n]", "[d, n]",
             layer<rooms::AttentionHalf<Norm::layer, before>>},
    Quantity{"post_A", "Figure 4b", "Wq, Wk, Wv [d, d], X [d, n]", "[d, n]",
             layer<rooms::AttentionHalf<Norm::layer, after>>},
    Quantity{"f_M", "4.27", "A1 [D, d], b1 [D], A2 [d, D], b2 [d], x [d]", "[d]",
             layer<rooms::PerceptronHalf<Norm::rms>>},
    Quantity{"g_M", "4.28", "A1 [D, d], b1 [D], A2 [d, D], b2 [d], x [d]", "[d]",
             layer<rooms::PerceptronHalf<Norm::layer>>},
    Quantity{"block_Q", "(9)", "Wq, Wk, Wv [d, d], A1 [D, d], b1 [D], A2 [d, D], b2 [d], X [d, n]", "[d, n]",
             layer<rooms::Block<Norm::rms, before>>},
    Quantity{"block_T", "(6)", "Wq, Wk, Wv [d, d], A1 [D, d], b1 [D], A2 [d, D], b2 [d], X [d, n]", "[d, n]",
             layer<rooms::Block<Norm::layer, before>>},
    Quantity{"block_T_post", "Figure 4b", "Wq, Wk, Wv [d, d], A1 [D, d], b1 [D], A2 [d, D], b2 [d], X [d, n]",
             "[d, n]", layer<rooms::Block<Norm::layer, after>>},
    Quantity{"deep_Q", "(10)", "layers [L] of Wq .. b2, X [d, n]", "[d, n]",
             layer<rooms::Deep<Norm::rms, before>>},
    Quantity{"deep_T", "(7)", "layers [L] of Wq .. b2, X [d, n]", "[d, n]",
             layer<rooms::Deep<Norm::layer, before>>},
    Quantity{"deep_T_post", "Figure 4b", "layers [L] of Wq .. b2, X [d, n]", "[d, n]",
             layer<rooms::Deep<Norm::layer, after>>},
};

}  // namespace

std::span<const Quantity> layer_quantities() { return table; }

}  // namespace halfulp
