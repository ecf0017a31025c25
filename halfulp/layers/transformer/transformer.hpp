// The forward pass of a decoder-only transformer, site by site, for any arithmetic.
//
// evaluate_site() runs one site: it reads the tensors that the site reads from `in` and writes those that it
// writes to `out` (which may be the same).  forward() runs them all.  A profile runs the same sites on chosen
// inputs. Llama and GPT-2 order their operations as Hugging Face's eager code does; the paper's model as the
// paper does.
#pragma once

#include <span>

#include "halfulp/base/parallel.hpp"
#include "halfulp/layers/layer_norm/layer_norm.hpp"
#include "halfulp/layers/perceptron/activation.hpp"
#include "halfulp/layers/residual/residual.hpp"
#include "halfulp/layers/rope/rope.hpp"
#include "halfulp/layers/self_attention/flash_attention.hpp"
#include "halfulp/layers/transformer/tensors.hpp"

namespace halfulp {

/// Where a site stands: the model, the layer, the tokens, and what of the recipe is not rounding.
struct Place {
  const Architecture& architecture;
  const TransformerWeights& weights;
  std::span<const std::uint32_t> tokens;  // token ids; activations have this many columns
  std::size_t layer = 0;
  Rounder stored{};             // the format in which this site's weights are stored
  std::size_t flash_block = 0;  // keys per block of fused attention; 0: scores and weights are stored
  Shift shift = Shift::by_maximum;

  bool flash() const { return flash_block > 0; }
  const BlockWeights& block() const { return weights.blocks[layer]; }
  Operand operand(const WeightView& view) const { return {view, stored}; }
};

/// The same place with attention taken apart, in the form that cannot overflow.
inline Place unfused(Place place) {
  place.flash_block = 0;
  place.shift = Shift::by_maximum;
  return place;
}

namespace detail {

/// body(arithmetic, t) for every token, shared among threads; events are counted in `ar`.
template <class A, class Body>
void over_tokens(A& ar, std::size_t tokens, Body body) {
  constexpr std::size_t grain = 4;
  std::vector<A> chunks((tokens + grain - 1) / grain, ar);
  parallel_for(tokens, grain, [&](std::size_t first, std::size_t last) {
    A& mine = chunks[first / grain];
    if constexpr (requires { mine.clear_events(); }) mine.clear_events();
    for (std::size_t t = first; t < last; ++t) body(mine, t);
  });
  if constexpr (requires { ar.count_events_of(ar); })
    for (const A& chunk : chunks) ar.count_events_of(chunk);
}

template <class A>
void embed(A& ar, const Place& place, Tensors<Value<A>>& out) {
  const Operand table = place.operand(place.weights.embedding),
                positions = place.operand(place.weights.positions);
  auto& op = step(ar, Step::add);
  auto& x = out[Tensor::stream];
  for (std::size_t t = 0; t < place.tokens.size(); ++t) {
    for (std::size_t i = 0; i < x.rows(); ++i) {
      begin_entry(op, i, t);
      const auto row = op.exactly(table.at(place.tokens[t], i));
      x(i, t) = positions.empty() ? row : op.store(op.add(row, op.exactly(positions.at(t, i))));
    }
  }
}

template <class A>
void norm(A& ar, const Place& place, const NormWeights& weights, const Matrix<Value<A>>& x,
          Matrix<Value<A>>& y) {
  const Architecture& architecture = place.architecture;
  const Operand gain = place.operand(weights.gain), bias = place.operand(weights.bias);
  over_tokens(ar, x.columns(), [&](A& mine, std::size_t t) {
    begin_entry(mine, 0, t);
    if (architecture.family == Family::paper) {
      rms_norm_of_paper(mine, x.column(t), architecture.epsilon, y.column(t));
    } else if (architecture.norm == Norm::rms) {
      rms_norm(mine, x.column(t), gain, architecture.epsilon, y.column(t));
    } else {
      std::vector<Value<A>> centred(x.rows());
      layer_norm(mine, x.column(t), gain, bias, architecture.epsilon, Row<Value<A>>(centred), y.column(t));
    }
  });
}

template <class A>
void linear(A& ar, const Place& place, const LinearWeights& weights, const Matrix<Value<A>>& x,
            Matrix<Value<A>>& y) {
  matmul(step(ar, Step::product), place.operand(weights.weight), place.operand(weights.bias), x.view(),
         y.view());
}

template <class A>
void turn(A& ar, const Place& place, const Tensors<Value<A>>& in, Tensors<Value<A>>& out) {
  const Architecture& a = place.architecture;
  over_tokens(ar, place.tokens.size(), [&](A& mine, std::size_t t) {
    std::vector<Value<A>> cosine(a.rotary_dims / 2), sine(a.rotary_dims / 2);
    begin_entry(mine, 0, t);
    rope_table(mine, a, static_cast<double>(t), Row<Value<A>>(cosine), Row<Value<A>>(sine));
    const auto turn_heads = [&](Tensor from, Tensor to, std::size_t heads) {
      for (std::size_t h = 0; h < heads; ++h)
        rope(mine, in[from].column(t).part(h * a.head_dim, a.head_dim), Row<const Value<A>>(cosine),
             Row<const Value<A>>(sine), out[to].column(t).part(h * a.head_dim, a.head_dim));
    };
    turn_heads(Tensor::query, Tensor::turned_query, a.heads);
    turn_heads(Tensor::key, Tensor::turned_key, a.kv_heads);
  });
}

inline ScoreScale score_scale(Family family) {
  switch (family) {
    case Family::llama:
      return ScoreScale::by_reciprocal;
    case Family::gpt2:
      return ScoreScale::by_stored_root;
    case Family::paper:
      break;
  }
  return ScoreScale::by_exact_root;
}

/// Rows of head h of a tensor of `count` rows a head.
template <class V>
auto head_of(Matrix<V>& m, std::size_t h, std::size_t count) {
  return m.view().rows_part(h * count, count);
}
template <class V>
auto head_of(const Matrix<V>& m, std::size_t h, std::size_t count) {
  return m.view().rows_part(h * count, count);
}

template <class A>
void attention(Site site, A& ar, const Place& place, const Tensors<Value<A>>& in, Tensors<Value<A>>& out) {
  const Architecture& a = place.architecture;
  const std::size_t n = place.tokens.size(), shared = a.heads / a.kv_heads;
  const bool turned = a.rotary_dims > 0;
  const auto& queries = in[turned ? Tensor::turned_query : Tensor::query];
  const auto& keys = in[turned ? Tensor::turned_key : Tensor::key];
  const ScoreScale how = score_scale(a.family);
  if (site == Site::pv && place.flash()) {
    over_tokens(ar, n, [&](A& mine, std::size_t t) {
      for (std::size_t h = 0; h < a.heads; ++h) {
        begin_entry(mine, h, t);
        flash_attention(mine, head_of(queries, h, a.head_dim).column(t),
                        head_of(keys, h / shared, a.head_dim),
                        head_of(in[Tensor::value], h / shared, a.head_dim), t + 1, place.flash_block, how,
                        head_of(out[Tensor::mixed], h, a.head_dim).column(t));
      }
    });
    return;
  }
  if (site == Site::softmax) {
    over_tokens(ar, n, [&](A& mine, std::size_t t) {
      std::vector<Value<A>> exponentials(n);
      for (std::size_t h = 0; h < a.heads; ++h) {
        begin_entry(mine, h, t);
        causal_softmax(mine, head_of(in[Tensor::score], h, n).column(t), t, place.shift,
                       Row<Value<A>>(exponentials), head_of(out[Tensor::weight], h, n).column(t));
      }
    });
    return;
  }
  for (std::size_t h = 0; h < a.heads; ++h) {
    if (site == Site::score)
      similarity_scores(ar, head_of(keys, h / shared, a.head_dim), head_of(queries, h, a.head_dim), how,
                        head_of(out[Tensor::score], h, n));
    if (site == Site::pv)
      mix(ar, head_of(in[Tensor::value], h / shared, a.head_dim), head_of(in[Tensor::weight], h, n),
          head_of(out[Tensor::mixed], h, a.head_dim));
  }
}

template <class A>
void activation(A& ar, const Place& place, const Tensors<Value<A>>& in, Tensors<Value<A>>& out) {
  const Architecture& a = place.architecture;
  over_tokens(ar, place.tokens.size(), [&](A& mine, std::size_t t) {
    begin_entry(mine, 0, t);
    auto& activating = step(mine, Step::activate);
    auto& gating = step(mine, Step::gate);
    for (std::size_t i = 0; i < a.inner; ++i) {
      auto& y = out[Tensor::hidden](i, t);
      y = activate(activating, a.activation, in[a.gated ? Tensor::gate : Tensor::up](i, t));
      if (a.gated) y = gating.store(gating.mul(gating.load(y), gating.load(in[Tensor::up](i, t))));
    }
  });
}

}  // namespace detail

/// One site.  Shapes: Tensors.  `out` must have room (Tensors::prepare).
template <class A>
void evaluate_site(Site site, A& ar, const Place& place, const Tensors<Value<A>>& in,
                   Tensors<Value<A>>& out) {
  const Architecture& a = place.architecture;
  switch (site) {
    case Site::embed:
      return detail::embed(ar, place, out);
    case Site::attn_norm:
      return detail::norm(ar, place, place.block().attn_norm, in[Tensor::stream], out[Tensor::attn_normed]);
    case Site::qkv:
      detail::linear(ar, place, place.block().query, in[Tensor::attn_normed], out[Tensor::query]);
      detail::linear(ar, place, place.block().key, in[Tensor::attn_normed], out[Tensor::key]);
      return detail::linear(ar, place, place.block().value, in[Tensor::attn_normed], out[Tensor::value]);
    case Site::rope:
      return detail::turn(ar, place, in, out);
    case Site::score:
    case Site::softmax:
    case Site::pv:
      return detail::attention(site, ar, place, in, out);
    case Site::attn_out:
      return detail::linear(ar, place, place.block().attn_out, in[Tensor::mixed], out[Tensor::attn]);
    case Site::attn_residual:
      return residual(ar, in[Tensor::stream].view(), in[a.attn_out ? Tensor::attn : Tensor::mixed].view(),
                      out[Tensor::attn_stream].view());
    case Site::mlp_norm:
      return detail::norm(ar, place, place.block().mlp_norm, in[Tensor::attn_stream],
                          out[Tensor::mlp_normed]);
    case Site::mlp_in:
      if (a.gated)
        detail::linear(ar, place, place.block().mlp_gate, in[Tensor::mlp_normed], out[Tensor::gate]);
      return detail::linear(ar, place, place.block().mlp_in, in[Tensor::mlp_normed], out[Tensor::up]);
    case Site::act:
      return detail::activation(ar, place, in, out);
    case Site::mlp_out:
      return detail::linear(ar, place, place.block().mlp_out, in[Tensor::hidden], out[Tensor::mlp]);
    case Site::mlp_residual:
      return residual(ar, in[Tensor::attn_stream].view(), in[Tensor::mlp].view(),
                      out[Tensor::next_stream].view());
    case Site::final_norm:
      return detail::norm(ar, place, place.weights.final_norm, in[Tensor::stream], out[Tensor::final_normed]);
    case Site::head:
      return detail::linear(ar, place, place.weights.head, in[Tensor::final_normed], out[Tensor::logits]);
  }
}

/// The whole pass.  place_of(layer, site) and arithmetic_of(layer, site) say where and in which arithmetic;
/// visit(layer, site, tensors) sees each site's result.  Returns the tensors of the end, logits among them.
template <class PlaceOf, class ArithmeticOf, class Visit>
auto forward(const Architecture& architecture, PlaceOf place_of, ArithmeticOf arithmetic_of, Visit visit) {
  using A = decltype(arithmetic_of(std::size_t{0}, Site::embed));
  Tensors<Value<A>> tensors;
  const auto run = [&](std::size_t layer, Site site) {
    const Place place = place_of(layer, site);
    A ar = arithmetic_of(layer, site);
    tensors.prepare(site, architecture, place.flash(), place.tokens.size());
    evaluate_site(site, ar, place, tensors, tensors);
    visit(layer, site, tensors);
  };
  run(0, Site::embed);
  for (std::size_t layer = 0; layer < architecture.layers; ++layer) {
    for (const Site site : layer_sites(architecture, place_of(layer, Site::pv).flash())) run(layer, site);
    tensors.advance();
  }
  run(architecture.layers, Site::final_norm);
  run(architecture.layers, Site::head);
  return tensors;
}

}  // namespace halfulp
