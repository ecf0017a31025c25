#include "halfulp/layers/transformer/tensors.hpp"

namespace halfulp {

std::vector<Site> layer_sites(const Architecture& architecture, bool flash) {
  std::vector<Site> sites = {Site::attn_norm, Site::qkv};
  if (architecture.rotary_dims > 0) sites.push_back(Site::rope);
  if (!flash) sites.insert(sites.end(), {Site::score, Site::softmax});
  sites.push_back(Site::pv);
  if (architecture.attn_out) sites.push_back(Site::attn_out);
  sites.insert(sites.end(), {Site::attn_residual, Site::mlp_norm, Site::mlp_in, Site::act, Site::mlp_out,
                             Site::mlp_residual});
  return sites;
}

SiteTensors tensors_of(Site site, const Architecture& architecture, bool flash) {
  const bool turned = architecture.rotary_dims > 0;
  const Tensor query = turned ? Tensor::turned_query : Tensor::query;
  const Tensor key = turned ? Tensor::turned_key : Tensor::key;
  const Tensor attention = architecture.attn_out ? Tensor::attn : Tensor::mixed;
  const bool gated = architecture.gated;
  switch (site) {
    case Site::embed:
      return {{}, {Tensor::stream}};
    case Site::attn_norm:
      return {{Tensor::stream}, {Tensor::attn_normed}};
    case Site::qkv:
      return {{Tensor::attn_normed}, {Tensor::query, Tensor::key, Tensor::value}};
    case Site::rope:
      return {{Tensor::query, Tensor::key}, {Tensor::turned_query, Tensor::turned_key}};
    case Site::score:
      return {{query, key}, {Tensor::score}};
    case Site::softmax:
      return {{Tensor::score}, {Tensor::weight}};
    case Site::pv:
      if (flash) return {{query, key, Tensor::value}, {Tensor::mixed}};
      return {{Tensor::weight, Tensor::value}, {Tensor::mixed}};
    case Site::attn_out:
      return {{Tensor::mixed}, {Tensor::attn}};
    case Site::attn_residual:
      return {{Tensor::stream, attention}, {Tensor::attn_stream}};
    case Site::mlp_norm:
      return {{Tensor::attn_stream}, {Tensor::mlp_normed}};
    case Site::mlp_in:
      if (gated) return {{Tensor::mlp_normed}, {Tensor::gate, Tensor::up}};
      return {{Tensor::mlp_normed}, {Tensor::up}};
    case Site::act:
      if (gated) return {{Tensor::gate, Tensor::up}, {Tensor::hidden}};
      return {{Tensor::up}, {Tensor::hidden}};
    case Site::mlp_out:
      return {{Tensor::hidden}, {Tensor::mlp}};
    case Site::mlp_residual:
      return {{Tensor::attn_stream, Tensor::mlp}, {Tensor::next_stream}};
    case Site::final_norm:
      return {{Tensor::stream}, {Tensor::final_normed}};
    case Site::head:
      return {{Tensor::final_normed}, {Tensor::logits}};
  }
  return {};
}

Site site_writing(Tensor tensor) {
  switch (tensor) {
    case Tensor::stream:
      return Site::embed;
    case Tensor::attn_normed:
      return Site::attn_norm;
    case Tensor::query:
    case Tensor::key:
    case Tensor::value:
      return Site::qkv;
    case Tensor::turned_query:
    case Tensor::turned_key:
      return Site::rope;
    case Tensor::score:
      return Site::score;
    case Tensor::weight:
      return Site::softmax;
    case Tensor::mixed:
      return Site::pv;
    case Tensor::attn:
      return Site::attn_out;
    case Tensor::attn_stream:
      return Site::attn_residual;
    case Tensor::mlp_normed:
      return Site::mlp_norm;
    case Tensor::gate:
    case Tensor::up:
      return Site::mlp_in;
    case Tensor::hidden:
      return Site::act;
    case Tensor::mlp:
      return Site::mlp_out;
    case Tensor::next_stream:
      return Site::mlp_residual;
    case Tensor::final_normed:
      return Site::final_norm;
    case Tensor::logits:
      break;
  }
  return Site::head;
}

std::size_t rows_of(Tensor tensor, const Architecture& a, std::size_t tokens) {
  switch (tensor) {
    case Tensor::query:
    case Tensor::turned_query:
    case Tensor::mixed:
      return a.heads * a.head_dim;
    case Tensor::key:
    case Tensor::turned_key:
    case Tensor::value:
      return a.kv_heads * a.head_dim;
    case Tensor::score:
    case Tensor::weight:
      return a.heads * tokens;
    case Tensor::gate:
    case Tensor::up:
    case Tensor::hidden:
      return a.inner;
    case Tensor::logits:
      return a.vocabulary;
    default:
      return a.width;
  }
}

}  // namespace halfulp
