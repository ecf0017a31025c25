// The sizes of a model's attention, and what happens to a product q.k before the softmax:
//
//   score = cap(scale * turn(q) . turn(k)),   cap(s) = c tanh(s / c) where there is a soft-cap c.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace halfulp {

/// The rotary embedding of one layer: the first `dims` entries of each head turn in pairs, pair i by the
/// angle position * frequencies[i]; cos and sin are multiplied by `amplitude`, so that the turned part of q.k
/// has the factor amplitude^2 (1 except under some scalings).
struct RotaryEmbedding {
  std::size_t dims = 0;      // r, even, at most the head's width; 0: no rotary embedding
  bool interleaved = false;  // pairs (2i, 2i + 1); otherwise (i, i + r/2)
  double base = 10000;
  std::string scaling = "default";  // as config.json names it
  double amplitude = 1;
  /// omega_i, i < r/2, in radians a token.  Empty where there are no fixed ones (scalings that depend on the
  /// length of the text) or we do not compute them: then only what holds at every angle can be said.
  std::vector<double> frequencies;
};

struct AttentionShape {
  std::size_t layers = 0;       // of the model; layers without attention among them
  std::size_t width = 0;        // d
  std::size_t heads = 0;        // h, of queries
  std::size_t kv_heads = 0;     // divides h
  std::size_t head_width = 0;   // of a query and a key
  std::size_t value_width = 0;  // of a value
  std::size_t inner = 0;        // D, the width inside the perceptron; 0 where it is not read
  std::size_t positions = 0;    // longest admitted sequence; 0 where config.json does not say
  /// "rotary", "learned" (added to the embedding), "none", or what else config.json says: "alibi",
  /// "relative_key".
  std::string position_kind;
  double score_cap = 0;  // c; 0: none

  /// The key and value head that query head h reads: h / (heads / kv_heads).
  std::size_t kv_head_of(std::size_t head) const { return head / (heads / kv_heads); }
};

}  // namespace halfulp
