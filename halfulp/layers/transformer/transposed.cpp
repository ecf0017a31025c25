#include "halfulp/layers/transformer/transposed.hpp"

#include "halfulp/layers/layer_norm/transposed.hpp"
#include "halfulp/layers/linear/transposed.hpp"
#include "halfulp/layers/perceptron/transposed.hpp"
#include "halfulp/layers/residual/transposed.hpp"
#include "halfulp/layers/rms_norm/transposed.hpp"
#include "halfulp/layers/rope/transposed.hpp"
#include "halfulp/layers/self_attention/transposed.hpp"
#include "halfulp/layers/similarity_scores/transposed.hpp"

namespace halfulp {
namespace {

/// What the passage of a site needs besides its values.
struct Passage {
  const Place& place;
  const Tensors<double>& values;
  AdjointTensors& adjoints;

  const Architecture& architecture() const { return place.architecture; }
  std::size_t tokens() const { return place.tokens.size(); }
  MatrixView<double> of_token(Tensor tensor, std::size_t t) const { return adjoints.of_tokens(tensor, t, 1); }

  /// body(t) for every token, shared among threads.
  template <class Body>
  void over_tokens(Body body) const {
    parallel_for(tokens(), 4, [&](std::size_t first, std::size_t last) {
      for (std::size_t t = first; t < last; ++t) body(t);
    });
  }

  void norm(const NormWeights& weights, Tensor x, Tensor y) const {
    const Operand gain = place.operand(weights.gain);
    const Architecture& a = architecture();
    const bool rms = a.family == Family::paper || a.norm == Norm::rms;
    over_tokens([&](std::size_t t) {
      const auto go = rms ? rms_norm_transposed<double> : layer_norm_transposed<double>;
      go(values[x].column(t), gain, a.epsilon, of_token(y, t), of_token(x, t));
    });
  }
  void linear(const LinearWeights& weights, Tensor x, Tensor y) const {
    linear_transposed<double>(place.operand(weights.weight), adjoints[y], adjoints[x]);
  }
  void residual(Tensor x, Tensor f, Tensor y) const {
    residual_transposed<double>(adjoints[y], adjoints[x], adjoints[f]);
  }
  void turn() const {
    const Architecture& a = architecture();
    over_tokens([&](std::size_t t) {
      Native ar;
      std::vector<double> cosine(a.rotary_dims / 2), sine(a.rotary_dims / 2);
      rope_table(ar, a, static_cast<double>(t), Row<double>(cosine), Row<double>(sine));
      const auto turn_heads = [&](Tensor from, Tensor to, std::size_t heads) {
        for (std::size_t h = 0; h < heads; ++h)
          rope_transposed<double>(cosine, sine, of_token(to, t).rows_part(h * a.head_dim, a.head_dim),
                                  of_token(from, t).rows_part(h * a.head_dim, a.head_dim));
      };
      turn_heads(Tensor::query, Tensor::turned_query, a.heads);
      turn_heads(Tensor::key, Tensor::turned_key, a.kv_heads);
    });
  }
  void activation() const {
    const Architecture& a = architecture();
    over_tokens([&](std::size_t t) {
      const MatrixView<double> hidden = of_token(Tensor::hidden, t), up = of_token(Tensor::up, t);
      for (std::size_t i = 0; i < a.inner; ++i) {
        const double u = values[Tensor::up](i, t);
        if (a.gated)
          gated_activation_transposed<double>(a.activation, values[Tensor::gate](i, t), u, hidden.row(i),
                                              of_token(Tensor::gate, t).row(i), up.row(i));
        else
          activation_transposed<double>(a.activation, u, hidden.row(i), up.row(i));
      }
    });
  }
};

}  // namespace

void transposed_site(Site site, const Place& place, const Tensors<double>& values, AdjointTensors& adjoints) {
  const Passage back{place, values, adjoints};
  const Architecture& a = place.architecture;
  for (const Tensor read : tensors_of(site, a, false).reads) adjoints.begin(read);
  switch (site) {
    case Site::embed:
    case Site::score:
    case Site::softmax:
    case Site::pv:
    case Site::head:
      return;
    case Site::attn_norm:
      return back.norm(place.block().attn_norm, Tensor::stream, Tensor::attn_normed);
    case Site::qkv:
      back.linear(place.block().query, Tensor::attn_normed, Tensor::query);
      back.linear(place.block().key, Tensor::attn_normed, Tensor::key);
      return back.linear(place.block().value, Tensor::attn_normed, Tensor::value);
    case Site::rope:
      return back.turn();
    case Site::attn_out:
      return back.linear(place.block().attn_out, Tensor::mixed, Tensor::attn);
    case Site::attn_residual:
      return back.residual(Tensor::stream, a.attn_out ? Tensor::attn : Tensor::mixed, Tensor::attn_stream);
    case Site::mlp_norm:
      return back.norm(place.block().mlp_norm, Tensor::attn_stream, Tensor::mlp_normed);
    case Site::mlp_in:
      if (a.gated) back.linear(place.block().mlp_gate, Tensor::mlp_normed, Tensor::gate);
      return back.linear(place.block().mlp_in, Tensor::mlp_normed, Tensor::up);
    case Site::act:
      return back.activation();
    case Site::mlp_out:
      return back.linear(place.block().mlp_out, Tensor::hidden, Tensor::mlp);
    case Site::mlp_residual:
      return back.residual(Tensor::attn_stream, Tensor::mlp, Tensor::next_stream);
    case Site::final_norm:
      return back.norm(place.weights.final_norm, Tensor::stream, Tensor::final_normed);
  }
}

void transposed_attention(const Place& place, const Tensors<double>& values, AdjointTensors& adjoints,
                          const VisitHead& visit) {
  const Architecture& a = place.architecture;
  const std::size_t n = place.tokens.size(), shared = a.heads / a.kv_heads;
  const Tensor query = a.rotary_dims > 0 ? Tensor::turned_query : Tensor::query;
  const Tensor key = a.rotary_dims > 0 ? Tensor::turned_key : Tensor::key;
  for (const Tensor read : {query, key, Tensor::value}) adjoints.begin(read);
  for (std::size_t h = 0; h < a.heads; ++h) {
    const auto rows = [&](auto matrix, std::size_t head) {
      return matrix.rows_part(head * a.head_dim, a.head_dim);
    };
    const MatrixView<const double> weights = values[Tensor::weight].view().rows_part(h * n, n);
    Matrix<double> weights_bar(n, n * adjoints.functionals()), scores_bar(n, n * adjoints.functionals());
    mix_transposed<double>(rows(values[Tensor::value].view(), h / shared), weights,
                           rows(adjoints[Tensor::mixed], h), rows(adjoints[Tensor::value], h / shared),
                           weights_bar);
    visit(Tensor::weight, h * n, weights_bar.view());
    causal_softmax_transposed<double>(weights, weights_bar, scores_bar);
    visit(Tensor::score, h * n, scores_bar.view());
    similarity_scores_transposed<double>(rows(values[key].view(), h / shared), rows(values[query].view(), h),
                                         scores_bar, rows(adjoints[key], h / shared),
                                         rows(adjoints[query], h));
  }
}

}  // namespace halfulp
