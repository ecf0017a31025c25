// For tests: a tiny checkpoint of every architecture whose entries say what they are.  The layouts are
// written here a second time, tensor by tensor, as transformers' modeling files define them.
#pragma once

#include <functional>
#include <string>

#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp::testing {

enum class Role {
  query,
  key,
  value,
  out,
  query_bias,
  key_bias,
  value_bias,
  out_bias,
  norm,
  norm_bias,
  query_norm,
  key_norm,
  post_norm,
  mlp_norm,
  mlp_norm_bias,
  mlp_post_norm,
  gate,
  up,
  down,
  gate_bias,
  up_bias,
  down_bias,
  embedding_norm,
  embedding_norm_bias,
};

/// Entry (row, column) of a head's matrix: any two differ, and all are binary32 numbers.
inline float told(Role role, std::size_t layer, std::size_t head, std::size_t row, std::size_t column) {
  const std::size_t code =
      (((static_cast<std::size_t>(role) * 4 + layer) * 8 + head) * 32 + row) * 32 + column;
  return static_cast<float>(code + 1) * 0x1p-12F;
}

using Entry = std::function<float(std::size_t row, std::size_t column)>;

inline void fill(TinyCheckpoint& c, const std::string& name, std::size_t rows, std::size_t columns,
                 const Entry& f) {
  TinyTensor t{name, {rows, columns}, "F32", {}};
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      t.bytes += little_endian(std::bit_cast<std::uint32_t>(f(i, j)), 4);
  c.tensors.push_back(std::move(t));
}

inline void fill_vector(TinyCheckpoint& c, const std::string& name, std::size_t n, const Entry& f) {
  fill(c, name, 1, n, f);
  c.tensors.back().shape = {n};
}

/// A vector of the whole width.
inline void fill_norm(TinyCheckpoint& c, const std::string& name, std::size_t n, Role role,
                      std::size_t layer) {
  fill_vector(c, name, n, [=](std::size_t, std::size_t j) { return told(role, layer, 0, 0, j); });
}

inline void fill_layer_norm(TinyCheckpoint& c, const std::string& name, std::size_t n, Role gain, Role bias,
                            std::size_t layer) {
  fill_norm(c, name + ".weight", n, gain, layer);
  fill_norm(c, name + ".bias", n, bias, layer);
}

struct TinySizes {
  std::size_t layers = 2, width = 12, heads = 4, kv_heads = 2, head_width = 4, inner = 6;
};

/// Heads one after the other as rows.
inline void fill_heads(TinyCheckpoint& c, const std::string& name, const TinySizes& s, std::size_t heads,
                       Role role, std::size_t layer) {
  fill(c, name, heads * s.head_width, s.width, [=](std::size_t i, std::size_t j) {
    return told(role, layer, i / s.head_width, i % s.head_width, j);
  });
}

inline void fill_head_bias(TinyCheckpoint& c, const std::string& name, const TinySizes& s, std::size_t heads,
                           Role role, std::size_t layer) {
  fill_vector(c, name, heads * s.head_width, [=](std::size_t, std::size_t j) {
    return told(role, layer, j / s.head_width, 0, j % s.head_width);
  });
}

inline void fill_out(TinyCheckpoint& c, const std::string& name, const TinySizes& s, std::size_t layer) {
  fill(c, name, s.width, s.heads * s.head_width, [=](std::size_t i, std::size_t j) {
    return told(Role::out, layer, j / s.head_width, i, j % s.head_width);
  });
}

inline void fill_plain(TinyCheckpoint& c, const std::string& name, std::size_t rows, std::size_t columns,
                       Role role, std::size_t layer, bool transposed = false) {
  if (transposed)
    fill(c, name, columns, rows, [=](std::size_t i, std::size_t j) { return told(role, layer, 0, j, i); });
  else
    fill(c, name, rows, columns, [=](std::size_t i, std::size_t j) { return told(role, layer, 0, i, j); });
}

}  // namespace halfulp::testing
