// Random models on packs: lane l is trial first + l.  A normal number is Box and Muller's from 32-bit words
// of philox(seed, {place / 4, 16 layer + tensor, trial}), scaled, then rounded to binary32.
#pragma once

#include "halfulp/arith/pack/normal.hpp"
#include "halfulp/experiments/trial_kernel.hpp"
#include "halfulp/layers/block/block.hpp"

namespace halfulp::HALFULP_TARGET {

class RandomModel {
 public:
  using P = Pack<double>;

  RandomModel(const Setup& setup, std::uint64_t seed, std::uint64_t first) : setup_(setup), keys_(seed) {
    alignas(64) std::uint64_t trials[P::lanes];
    for (std::size_t l = 0; l < P::lanes; ++l) trials[l] = first + l;
    const auto trial = Pack<std::uint64_t>::load(trials);
    trial_low_ = trial & Pack<std::uint64_t>(0xffffffffu);
    trial_high_ = shift_right<32>(trial);
  }

  /// X [d, n].
  Matrix<P> input() const {
    Matrix<P> x(setup_.d, setup_.n);
    normals(x, 0, Drawn::input, setup_.input_deviation);
    for (P& entry : x.values()) entry = binary32((entry + P(setup_.input_mean)) * P(setup_.input_scale));
    return x;
  }
  /// The weights of one layer, written where the last layer's were.
  void draw(std::size_t layer, PaperBlock<P>& b) const {
    const std::size_t d = setup_.d, inner = setup_.inner;
    const auto room_for = [](Matrix<P>& m, std::size_t rows, std::size_t columns) {
      if (m.rows() != rows || m.columns() != columns) m = Matrix<P>(rows, columns);
    };
    for (Matrix<P>* w : {&b.wq, &b.wk, &b.wv}) room_for(*w, d, d);
    if (setup_.attention_only) {
      for (std::size_t i = 0; i < d; ++i) b.wq(i, i) = b.wk(i, i) = b.wv(i, i) = P(1.0);
      return;
    }
    room_for(b.a1, inner, d);
    room_for(b.a2, d, inner);
    fill(b.wq, layer, Drawn::wq);
    fill(b.wk, layer, Drawn::wk);
    fill(b.wv, layer, Drawn::wv);
    fill(b.a1, layer, Drawn::a1);
    fill(b.a2, layer, Drawn::a2);
  }

 private:
  static constexpr std::uint32_t diagonal = 8;  // the diagonals' tensors: 8 + that of their matrix

  static HWY_INLINE P binary32(P x) { return P((x * P(0x1p29 + 1)).v) - (x * P(0x1p29 + 1) - x); }

  HWY_INLINE PhiloxWords words(std::size_t layer, std::uint32_t tensor, std::uint64_t block) const {
    using U = Pack<std::uint64_t>;
    return philox(keys_, {{U(block), U(16 * layer + tensor), trial_low_, trial_high_}});
  }
  void normals(Matrix<P>& m, std::size_t layer, Drawn tensor, double deviation) const {
    P* const entries = m.values().data();
    const std::size_t count = m.values().size();
    const auto four = [&](std::uint64_t block, P* to) HALFULP_INLINE {
      const PhiloxWords w = words(layer, static_cast<std::uint32_t>(tensor), block);
      const TwoNormals a = box_muller(uniform_of(w.word[0]), uniform_of(w.word[1]));
      const TwoNormals b = box_muller(uniform_of(w.word[2]), uniform_of(w.word[3]));
      to[0] = P(deviation) * a.x;
      to[1] = P(deviation) * a.y;
      to[2] = P(deviation) * b.x;
      to[3] = P(deviation) * b.y;
    };
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) four(i / 4, entries + i);
    if (i == count) return;
    P rest[4];
    four(i / 4, rest);
    for (std::size_t k = 0; i < count; ++i, ++k) entries[i] = rest[k];
  }
  /// W of one layer: normal, times a diagonal matrix from the right (W_q, W_k) and lambda (W_q).
  void fill(Matrix<P>& m, std::size_t layer, Drawn tensor) const {
    const bool scores = tensor == Drawn::wq || tensor == Drawn::wk;
    const bool attention = scores || tensor == Drawn::wv;
    normals(m, layer, tensor, attention ? setup_.attention_deviation : setup_.perceptron_deviation);
    if (scores && setup_.diagonal_low < setup_.diagonal_high) {
      for (std::size_t j = 0; j < m.columns(); ++j) {
        const PhiloxWords w = words(layer, diagonal + static_cast<std::uint32_t>(tensor), j);
        const P factor =
            P(setup_.diagonal_low) + P(setup_.diagonal_high - setup_.diagonal_low) * uniform_of(w.word[0]);
        for (std::size_t i = 0; i < m.rows(); ++i) m(i, j) = m(i, j) * factor;
      }
    } else if (scores) {
      for (P& entry : m.values()) entry = entry * P(setup_.diagonal_low);
    }
    for (P& entry : m.values()) entry = binary32(tensor == Drawn::wq ? entry * P(setup_.lambda) : entry);
  }

  const Setup& setup_;
  PhiloxKeys keys_;
  Pack<std::uint64_t> trial_low_, trial_high_;
};

}  // namespace halfulp::HALFULP_TARGET
