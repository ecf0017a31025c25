// The activations of a forward pass, by name.  Tokens are columns.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "halfulp/base/view.hpp"
#include "halfulp/layers/architecture.hpp"
#include "halfulp/layers/site.hpp"

namespace halfulp {

enum class Tensor : std::uint8_t {
  stream,        // x entering the block            [d, n]
  attn_normed,   //                                 [d, n]
  query,         //                                 [h d_h, n]
  key,           //                                 [kv d_h, n]
  value,         //                                 [kv d_h, n]
  turned_query,  // after the rotary embedding
  turned_key,
  score,         // head by head, key i, query t    [h n, n]
  weight,        // softmax of the scores           [h n, n]
  mixed,         // weights times values            [h d_h, n]
  attn,          // after the output projection     [d, n]
  attn_stream,   // x + attention                   [d, n]
  mlp_normed,    //                                 [d, n]
  gate,          //                                 [D, n]
  up,            //                                 [D, n]
  hidden,        // after the activation            [D, n]
  mlp,           //                                 [d, n]
  next_stream,   // x leaving the block             [d, n]
  final_normed,  //                                 [d, n]
  logits,        //                                 [vocabulary, n]
};
constexpr std::size_t tensor_count = 20;

/// What a site reads and writes.
struct SiteTensors {
  std::vector<Tensor> reads, writes;
};

/// The sites of one layer in order, as this architecture has them (no rope, attn_out where there is none;
/// fused attention joins score, softmax and pv).
std::vector<Site> layer_sites(const Architecture& architecture, bool flash);
/// The tensors of a site under this architecture.
SiteTensors tensors_of(Site site, const Architecture& architecture, bool flash);
/// The site that writes a tensor (for the stream, embed: later layers have it from the mlp_residual before).
Site site_writing(Tensor tensor);
/// Rows of a tensor for n tokens.
std::size_t rows_of(Tensor tensor, const Architecture& architecture, std::size_t tokens);

/// The activations of one layer (and of the ends of the network).
template <class V>
class Tensors {
 public:
  Matrix<V>& operator[](Tensor t) { return matrices_[static_cast<std::size_t>(t)]; }
  const Matrix<V>& operator[](Tensor t) const { return matrices_[static_cast<std::size_t>(t)]; }
  /// Makes room for what the site writes.
  void prepare(Site site, const Architecture& architecture, bool flash, std::size_t tokens) {
    for (const Tensor t : tensors_of(site, architecture, flash).writes) {
      Matrix<V>& m = (*this)[t];
      const std::size_t rows = rows_of(t, architecture, tokens);
      if (m.rows() != rows || m.columns() != tokens) m = Matrix<V>(rows, tokens);
    }
  }
  /// The block's output becomes the next block's input.
  void advance() { std::swap((*this)[Tensor::stream], (*this)[Tensor::next_stream]); }

 private:
  std::array<Matrix<V>, tensor_count> matrices_;
};

}  // namespace halfulp
