// The rooms as quantities of test vectors: each reads its inputs by name and runs in any arithmetic.
// Shapes: tokens are columns, X [d, n]; W_q, W_k, W_v [d, d]; A1 [D, d], b1 [D], A2 [d, D], b2 [d].
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "halfulp/analysis/check_values.hpp"
#include "halfulp/layers/block/block.hpp"

namespace halfulp {

/// The inputs of an entry (or of one layer of it) as values of an arithmetic.
template <class V>
class RoomInputs {
 public:
  using Read = std::optional<V> (*)(const Literal&);

  /// states_orders: the entry says how sqrt(d) is rounded, which product comes first and whether scores are
  /// shifted, as far as its quantity has these.  Otherwise they do not matter.
  RoomInputs(const VectorFields& fields, Read read, const char* kind, bool states_orders)
      : fields_(fields), read_(read), kind_(kind), states_orders_(states_orders) {}

  /// Of `size` entries, or of any number of them but none.
  std::vector<V> row(std::string_view name, std::size_t size = 0) const {
    const std::vector<Literal> literals = fields_.row(name);
    if (literals.empty() || (size != 0 && literals.size() != size))
      fields_.fail(name, fmt::format("has {} entries{}", literals.size(),
                                     size != 0 ? fmt::format(", not {}", size) : ""));
    std::vector<V> values;
    for (std::size_t i = 0; i < literals.size(); ++i) values.push_back(value(name, 1, i, 0, literals[i]));
    return values;
  }
  /// [rows, columns], either of which may be 0: any.
  Matrix<V> matrix(std::string_view name, std::size_t rows = 0, std::size_t columns = 0) const {
    const Matrix<Literal> literals = fields_.matrix(name);
    if (literals.values().empty() || (rows != 0 && literals.rows() != rows) ||
        (columns != 0 && literals.columns() != columns))
      fields_.fail(name, fmt::format("has shape {} x {}{}", literals.rows(), literals.columns(),
                                     rows + columns != 0
                                         ? fmt::format(", not {} x {}", size_name(rows), size_name(columns))
                                         : ""));
    Matrix<V> values(literals.rows(), literals.columns());
    for (std::size_t i = 0; i < values.rows(); ++i)
      for (std::size_t j = 0; j < values.columns(); ++j) values(i, j) = value(name, 2, i, j, literals(i, j));
    return values;
  }
  void read_attention(PaperBlock<V>& block, std::size_t d) const {
    block.wq = matrix("Wq", d, d);
    block.wk = matrix("Wk", d, d);
    block.wv = matrix("Wv", d, d);
  }
  void read_perceptron(PaperBlock<V>& block, std::size_t d) const {
    block.a1 = matrix("A1", 0, d);
    block.b1 = row("b1", block.a1.rows());
    block.a2 = matrix("A2", d, block.a1.rows());
    block.b2 = row("b2", d);
  }
  RootOfD root() const {
    if (!states_orders_) return RootOfD::exact;
    return one_of("sqrtd", "exact", "rounded") ? RootOfD::rounded : RootOfD::exact;
  }
  Shift shift() const {
    if (!states_orders_) return Shift::by_maximum;
    return fields_.flag("shift") ? Shift::by_maximum : Shift::none;
  }
  AttentionForm form() const {
    if (!states_orders_) return {ValueOrder::mix_first, Shift::by_maximum, RootOfD::exact};
    const bool projected = one_of("order", "Wv(Xpsi)", "(WvX)psi");
    return {projected ? ValueOrder::project_first : ValueOrder::mix_first, shift(), root()};
  }
  std::vector<RoomInputs> layers() const {
    std::vector<RoomInputs> all;
    for (const VectorFields& layer : fields_.objects("layers"))
      all.emplace_back(layer, read_, kind_, states_orders_);
    return all;
  }

 private:
  static std::string size_name(std::size_t size) { return size == 0 ? "any" : std::to_string(size); }
  V value(std::string_view name, int rank, std::size_t i, std::size_t j, const Literal& literal) const {
    return value_of(fields_, name, place_of(rank, i, j), literal, read_, kind_);
  }
  /// Whether the field is the second of two words.
  bool one_of(std::string_view name, std::string_view first, std::string_view second) const {
    const std::string text = fields_.text(name);
    if (text != first && text != second)
      fields_.fail(name, fmt::format("'{}' is neither {} nor {}", text.substr(0, 60), first, second));
    return text == second;
  }

  VectorFields fields_;
  Read read_;
  const char* kind_;
  bool states_orders_;
};

template <class V>
Shaped<V> as_number(V x) {
  return {0, Matrix<V>(1, 1, x)};
}
template <class V>
Shaped<V> as_vector(std::vector<V> x) {
  Matrix<V> column(x.size(), 1);
  column.values() = std::move(x);
  return {1, std::move(column)};
}
template <class V>
Matrix<V> column_of(std::vector<V> x) {
  return as_vector(std::move(x)).values;
}

namespace rooms {

struct Sum {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const std::vector<V> x = in.row("x");
    return as_number<V>(sum(ar, Row<const V>(x)));
  }
};

struct Mean {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const std::vector<V> x = in.row("x");
    return as_number<V>(mean(ar, Row<const V>(x)));
  }
};

struct Centring {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const std::vector<V> x = in.row("x");
    std::vector<V> y(x.size());
    centring(ar, Row<const V>(x), Row<V>(y));
    return as_vector(y);
  }
};

/// The mean square of the centred entries.
struct Variance {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const auto c = Centring::run(ar, in).values;
    const V squares = dot(ar, Row<const V>(c.column(0)), Row<const V>(c.column(0)));
    return as_number<V>(ar.div(squares, ar.exactly(static_cast<double>(c.rows()))));
  }
};

template <Norm norm>
struct Normalise {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = column_of(in.row("x"));
    Matrix<V> y(x.rows(), 1);
    normalise_tokens(ar, x.view(), norm, in.root(), y.view());
    return {1, std::move(y)};
  }
};

struct Matvec {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> a = in.matrix("A"), x = column_of(in.row("x", a.columns()));
    Matrix<V> y(a.rows(), 1);
    product(ar, a.view(), x.view(), y.view());
    return {1, std::move(y)};
  }
};

struct Affine {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> a = in.matrix("A"), x = column_of(in.row("x", a.columns()));
    const std::vector<V> b = in.row("b", a.rows());
    Matrix<V> y(a.rows(), 1);
    affine(ar, a.view(), Row<const V>(b), x.view(), y.view());
    return {1, std::move(y)};
  }
};

struct Mlp {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> a1 = in.matrix("A1"), a2 = in.matrix("A2", 0, a1.rows());
    const Matrix<V> x = column_of(in.row("x", a1.columns()));
    const std::vector<V> b1 = in.row("b1", a1.rows()), b2 = in.row("b2", a2.rows());
    Matrix<V> y(a2.rows(), 1);
    perceptron(ar, a1.view(), Row<const V>(b1), a2.view(), Row<const V>(b2), x.view(), y.view());
    return {1, std::move(y)};
  }
};

struct Softmax {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const std::vector<V> s = in.row("s");
    std::vector<V> e(s.size()), y(s.size());
    softmax(ar, Row<const V>(s), in.shift(), Row<V>(e), Row<V>(y));
    return as_vector(y);
  }
};

/// The scores of the last token.
struct Scores {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = in.matrix("X"), wq = in.matrix("Wq", 0, x.rows()),
                    wk = in.matrix("Wk", wq.rows(), x.rows());
    const std::size_t n = x.columns();
    Matrix<V> q(wq.rows(), n), k(wk.rows(), n), s(n, n);
    product(ar, wq.view(), x.view(), q.view());
    product(ar, wk.view(), x.view(), k.view());
    const auto how = in.root() == RootOfD::exact ? ScoreScale::by_exact_root : ScoreScale::by_rounded_root;
    similarity_scores(ar, std::as_const(k).view(), std::as_const(q).view(), how, s.view());
    Matrix<V> last(n, 1);
    for (std::size_t i = 0; i < n; ++i) last(i, 0) = s(i, n - 1);
    return {1, std::move(last)};
  }
};

struct Attention {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = in.matrix("X");
    PaperBlock<V> block;
    in.read_attention(block, x.rows());
    Matrix<V> y(x.rows(), x.columns());
    self_attention(ar, std::as_const(block.wq).view(), std::as_const(block.wk).view(),
                   std::as_const(block.wv).view(), x.view(), in.form(), y.view());
    return {2, std::move(y)};
  }
};

/// f_A, g_A, and X + N(A(X)).
template <Norm norm, NormPlace place>
struct AttentionHalf {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = in.matrix("X");
    PaperBlock<V> block;
    in.read_attention(block, x.rows());
    Matrix<V> y(x.rows(), x.columns());
    attention_half(ar, block, {norm, place, in.form()}, x.view(), y.view());
    return {2, std::move(y)};
  }
};

/// f_M, g_M of one token.
template <Norm norm>
struct PerceptronHalf {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    const Matrix<V> x = column_of(in.row("x"));
    PaperBlock<V> block;
    in.read_perceptron(block, x.rows());
    Matrix<V> y(x.rows(), 1);
    perceptron_half(ar, block, {norm, NormPlace::before_attention, {}}, x.view(), y.view());
    return {1, std::move(y)};
  }
};

template <Norm norm, NormPlace place>
struct Block {
  /// One block on `x`, with the weights of `in`.
  template <class A, class V = Value<A>>
  static Matrix<V> on(A& ar, const RoomInputs<V>& in, const Matrix<V>& x) {
    PaperBlock<V> weights;
    in.read_attention(weights, x.rows());
    in.read_perceptron(weights, x.rows());
    Matrix<V> z(x.rows(), x.columns());
    block(ar, weights, {norm, place, in.form()}, x.view(), z.view());
    return z;
  }
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    return {2, on(ar, in, in.matrix("X"))};
  }
};

template <Norm norm, NormPlace place>
struct Deep {
  template <class A, class V = Value<A>>
  static Shaped<V> run(A& ar, const RoomInputs<V>& in) {
    Matrix<V> x = in.matrix("X");
    for (const RoomInputs<V>& layer : in.layers()) x = Block<norm, place>::on(ar, layer, x);
    return {2, std::move(x)};
  }
};

}  // namespace rooms
}  // namespace halfulp
