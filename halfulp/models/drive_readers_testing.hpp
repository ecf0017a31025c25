// For tests: hostile bytes through every reader, in memory.  Only input_error may come out, and it must be
// one line.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/base/error.hpp"
#include "halfulp/models/attention/attention_model.hpp"
#include "halfulp/models/config.hpp"
#include "halfulp/models/finite.hpp"
#include "halfulp/models/safetensors.hpp"
#include "halfulp/models/token_ids.hpp"
#include "halfulp/models/weight_names.hpp"

namespace halfulp::testing {

/// Runs `read`; true when it accepts.  Any exception but input_error escapes.
template <class Read>
bool accepts(Read read) {
  try {
    read();
    return true;
  } catch (const input_error& e) {
    const std::string_view message = e.what();
    if (message.empty() || message.find_first_of("\n\r") != std::string_view::npos || message.size() > 5000) {
      std::fprintf(stderr, "not one line: %.200s\n", e.what());
      std::abort();
    }
    return false;
  }
}

inline std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Every byte of the tensors is touched, as loading a checkpoint would.
inline bool accepts_safetensors(std::span<const std::byte> file) {
  return accepts([&] {
    for (const StoredTensor& t : parse_safetensors(file, "fuzz"))
      if (t.dtype) (void)first_nonfinite(t.contents(), *t.dtype);
  });
}

inline bool accepts_config(std::span<const std::byte> file) {
  return accepts([&] { (void)parse_config(text_of(file), "fuzz").architecture.parameters(); });
}

inline bool accepts_token_ids(std::span<const std::byte> file) {
  return accepts([&] { (void)parse_token_ids(file, "fuzz"); });
}

inline double sum_of(const WeightView& w) {
  double sum = 0;
  std::vector<double> row(w.columns);
  for (std::size_t i = 0; i < w.rows; ++i) {
    w.read_row(i, 0, row);
    for (const double x : row) sum += x;
  }
  return sum;
}

/// A whole checkpoint: config and weights, and every weight read through its view.
inline bool accepts_checkpoint(std::span<const std::byte> config, std::span<const std::byte> file) {
  return accepts([&] {
    const Architecture a = parse_config(text_of(config), "fuzz").architecture;
    std::vector<TensorInfo> tensors;
    for (StoredTensor& t : parse_safetensors(file, "fuzz")) tensors.push_back({std::move(t), "fuzz"});
    TensorTable table("fuzz", tensors);
    const TransformerWeights w = find_weights(a, table);
    double sum =
        sum_of(w.embedding) + sum_of(w.positions) + sum_of(w.final_norm.gain) + sum_of(w.head.weight);
    for (const BlockWeights& b : w.blocks)
      for (const LinearWeights* l :
           {&b.query, &b.key, &b.value, &b.attn_out, &b.mlp_gate, &b.mlp_in, &b.mlp_out})
        sum += sum_of(l->weight) + sum_of(l->bias);
    (void)sum;
  });
}

inline double sum_of(const HeadViews& views) {
  double sum = 0;
  for (std::size_t h = 0; h < views.heads; ++h) sum += sum_of(views.head(h));
  return sum;
}

/// The same read for its attention alone.
inline bool accepts_attention(std::span<const std::byte> config, std::span<const std::byte> file) {
  return accepts([&] {
    AttentionModel m;
    m.config_text = text_of(config);
    for (StoredTensor& t : parse_safetensors(file, "fuzz")) m.tensors.push_back({std::move(t), "fuzz"});
    find_attention(m, "fuzz", "fuzz");
    double sum = 0;
    for (const AttentionWeights& w : m.layers) {
      for (const HeadProjection* p : {&w.query, &w.key, &w.value, &w.out})
        sum += sum_of(p->weight) + sum_of(p->bias);
      for (const NormParameters* n : {&w.norm, &w.post_norm, &w.mlp.norm, &w.mlp.post_norm})
        sum += sum_of(n->gain) + sum_of(n->bias);
      for (const LinearWeights* l : {&w.mlp.gate, &w.mlp.up, &w.mlp.down})
        sum += sum_of(l->weight) + sum_of(l->bias);
      for (const HeadNorm* n : {&w.query_norm, &w.key_norm}) sum += sum_of(n->gain) + sum_of(n->bias);
      for (const double f : w.rotary.frequencies)
        if (!(f >= 0 && f <= 1)) throw std::logic_error("a frequency is no number from 0 to 1");
      if (!(w.score_scale > 0)) throw std::logic_error("a scale is not positive");
    }
    (void)sum;
  });
}

}  // namespace halfulp::testing
