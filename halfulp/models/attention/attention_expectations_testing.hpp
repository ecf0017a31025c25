// For tests: every entry of every view of a model that was read must be the one that it tells.
#pragma once

#include <optional>
#include <string>

#include "halfulp/models/attention/attention_model.hpp"
#include "halfulp/models/attention/told_tensors_testing.hpp"

namespace halfulp::testing {

inline AttentionModel model_of(const TinyCheckpoint& tiny) {
  const TemporaryFolder folder;
  tiny.write(folder.path());
  return read_attention(folder.path());  // what is mapped stays when its name goes
}

inline void expect_heads(const HeadViews& views, Role role, std::size_t layer, std::size_t heads,
                         std::size_t rows, std::size_t columns) {
  SCOPED_TRACE("role " + std::to_string(static_cast<int>(role)));
  ASSERT_FALSE(views.empty());
  ASSERT_EQ(views.heads, heads);
  for (std::size_t h = 0; h < heads; ++h) {
    const WeightView w = views.head(h);
    ASSERT_EQ(w.rows, rows);
    ASSERT_EQ(w.columns, columns);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        ASSERT_EQ(w.at(i, j), told(role, layer, h, i, j)) << "head " << h << " " << i << " " << j;
  }
}

inline void expect_plain(const WeightView& w, Role role, std::size_t layer, std::size_t rows,
                         std::size_t columns) {
  SCOPED_TRACE("role " + std::to_string(static_cast<int>(role)));
  ASSERT_FALSE(w.empty());
  ASSERT_EQ(w.rows, rows);
  ASSERT_EQ(w.columns, columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      ASSERT_EQ(w.at(i, j), told(role, layer, 0, i, j)) << i << " " << j;
}

/// The gain is 1 + what is stored, or what is stored; so is what gain_at says.
inline void expect_norm(const NormParameters& n, NormParameters::Kind kind, Role gain,
                        std::optional<Role> bias, std::size_t layer, std::size_t width, bool one_plus) {
  SCOPED_TRACE("norm, role " + std::to_string(static_cast<int>(gain)));
  EXPECT_EQ(n.kind, kind);
  EXPECT_EQ(n.one_plus_gain, one_plus);
  expect_plain(n.gain, gain, layer, 1, width);
  for (std::size_t i = 0; i < width; ++i)
    EXPECT_EQ(n.gain_at(i), (one_plus ? 1.0 : 0.0) + told(gain, layer, 0, 0, i));
  EXPECT_EQ(n.bias.empty(), !bias);
  if (bias) {
    expect_plain(n.bias, *bias, layer, 1, width);
    EXPECT_EQ(n.bias_at(1), told(*bias, layer, 0, 0, 1));
  }
}

struct Expected {
  TinySizes sizes;
  NormParameters::Kind kind = NormParameters::Kind::rms;
  bool biases = false, out_bias = false, mlp_biases = false, gated = true, head_norms = false,
       one_plus = false, post_norms = false;
};

inline void expect_head_norm(const HeadNorm& n, Role role, std::size_t layer, std::size_t heads,
                             const Expected& e) {
  EXPECT_EQ(n.kind, NormParameters::Kind::rms);
  EXPECT_FALSE(n.across_heads);
  EXPECT_EQ(n.gain.heads, heads);
  for (std::size_t h = 0; h < heads; ++h)
    for (std::size_t i = 0; i < e.sizes.head_width; ++i)
      EXPECT_EQ(n.gain_at(h, i), (e.one_plus ? 1.0 : 0.0) + told(role, layer, 0, 0, i));
}

inline void expect_layer(const AttentionWeights& w, const Expected& e, std::size_t layer,
                         bool has_norm = true) {
  SCOPED_TRACE("layer " + std::to_string(layer));
  const TinySizes& s = e.sizes;
  const std::size_t a = s.head_width, d = s.width;
  EXPECT_EQ(w.layer, layer);
  expect_heads(w.query.weight, Role::query, layer, s.heads, a, d);
  expect_heads(w.key.weight, Role::key, layer, s.kv_heads, a, d);
  expect_heads(w.value.weight, Role::value, layer, s.kv_heads, a, d);
  expect_heads(w.out.weight, Role::out, layer, s.heads, d, a);
  EXPECT_EQ(w.query.bias.empty(), !e.biases);
  if (e.biases) {
    expect_heads(w.query.bias, Role::query_bias, layer, s.heads, 1, a);
    expect_heads(w.key.bias, Role::key_bias, layer, s.kv_heads, 1, a);
    expect_heads(w.value.bias, Role::value_bias, layer, s.kv_heads, 1, a);
  }
  EXPECT_EQ(w.out_bias.empty(), !e.out_bias);
  if (e.out_bias) expect_plain(w.out_bias, Role::out_bias, layer, 1, d);
  const bool has_bias = e.kind == NormParameters::Kind::layer;
  const auto bias = [&](Role role) { return has_bias ? std::optional(role) : std::nullopt; };
  if (has_norm)
    expect_norm(w.norm, e.kind, Role::norm, bias(Role::norm_bias), layer, d, e.one_plus);
  else
    EXPECT_EQ(w.norm.kind, NormParameters::Kind::none);
  expect_norm(w.mlp.norm, e.kind, Role::mlp_norm, bias(Role::mlp_norm_bias), layer, d, e.one_plus);
  expect_plain(w.mlp.up.weight, Role::up, layer, s.inner, d);
  expect_plain(w.mlp.down.weight, Role::down, layer, d, s.inner);
  EXPECT_EQ(w.mlp.gate.weight.empty(), !e.gated);
  if (e.gated) expect_plain(w.mlp.gate.weight, Role::gate, layer, s.inner, d);
  EXPECT_EQ(w.mlp.up.bias.empty(), !e.mlp_biases);
  if (e.mlp_biases) {
    expect_plain(w.mlp.up.bias, Role::up_bias, layer, 1, s.inner);
    expect_plain(w.mlp.down.bias, Role::down_bias, layer, 1, d);
  }
  EXPECT_EQ(w.query_norm.kind == NormParameters::Kind::none, !e.head_norms);
  if (e.head_norms) {
    expect_head_norm(w.query_norm, Role::query_norm, layer, s.heads, e);
    expect_head_norm(w.key_norm, Role::key_norm, layer, s.kv_heads, e);
  }
  EXPECT_EQ(w.post_norm.kind == NormParameters::Kind::none, !e.post_norms);
  if (e.post_norms) {
    expect_norm(w.post_norm, e.kind, Role::post_norm, {}, layer, d, e.one_plus);
    expect_norm(w.mlp.post_norm, e.kind, Role::mlp_post_norm, {}, layer, d, e.one_plus);
  }
}

/// Reads it, expects every entry, no warning, and the sizes.
inline AttentionModel expect_model(const TinyCheckpoint& tiny, const std::string& family, const Expected& e) {
  SCOPED_TRACE(family);
  AttentionModel m = model_of(tiny);
  EXPECT_EQ(m.family, family);
  EXPECT_EQ(m.shape.layers, e.sizes.layers);
  EXPECT_EQ(m.shape.width, e.sizes.width);
  EXPECT_EQ(m.shape.heads, e.sizes.heads);
  EXPECT_EQ(m.shape.kv_heads, e.sizes.kv_heads);
  EXPECT_EQ(m.shape.head_width, e.sizes.head_width);
  EXPECT_EQ(m.shape.value_width, e.sizes.head_width);
  EXPECT_EQ(m.shape.inner, e.sizes.inner);
  EXPECT_EQ(m.shape.positions, 64U);
  EXPECT_EQ(m.layers.size(), e.sizes.layers);
  for (const AttentionWeights& w : m.layers) expect_layer(w, e, w.layer);
  for (const std::string& warning : m.warnings) ADD_FAILURE() << warning;
  return m;
}

}  // namespace halfulp::testing
