// The paper's single head as inputs of a quantity, and what its statements require of them.
#pragma once

#include <fmt/format.h>

#include "halfulp/analysis/quantities/inputs.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/self_attention/jacobian.hpp"
#include "halfulp/layers/similarity_scores/rounding.hpp"
#include "halfulp/linalg/singular_values.hpp"

namespace halfulp {

inline constexpr std::size_t largest_dense = 2000;  // columns of a Jacobian written as a matrix

/// Throws resource_error (exit code 4) beyond the limit.
inline void require_dense_limits(std::size_t rows, std::size_t columns) {
  if (columns > largest_dense || rows > largest_dense)
    throw resource_error(
        fmt::format("a dense Jacobian of {} x {} entries: at most {} rows and columns; use fewer "
                    "tokens, or the condition numbers, which need no matrix",
                    rows, columns, largest_dense));
}
template <Jacobian J>
Matrix<Ball> dense_within_limits(const J& j) {
  require_dense_limits(j.outputs(), j.inputs());
  return dense(j);
}

/// Throws input_error where sigma_min(W_k^T W_q) may be 0.
inline void require_non_singular_product(const VectorFields& fields, MatrixView<const Ball> wq,
                                         MatrixView<const Ball> wk) {
  const Matrix<Ball> product = key_query_product<Ball>(wq, wk);
  if (!(lower_end(singular_range<Ball>(product.view()).smallest) > 0))
    fields.fail("Wk",
                "Wk^T Wq is singular, as far as can be told, and the statement as printed needs it "
                "non-singular; quantities whose names end in .repaired do not");
}

/// W_q, W_k [d, d].
struct KeyQuery {
  Matrix<Ball> wq, wk;

  explicit KeyQuery(const VectorFields& fields) {
    const RoomInputs<Ball> in = exact_inputs(fields);
    wq = in.matrix("Wq");
    wk = in.matrix("Wk", wq.rows(), wq.columns());
  }
  SingularRange<Ball> range() const {
    const Matrix<Ball> product = key_query_product<Ball>(wq.view(), wk.view());
    return singular_range<Ball>(product.view());
  }
};

/// W_q, W_k, X, and W_v where it takes part.
class HeadInputs {
 public:
  explicit HeadInputs(const VectorFields& fields, bool has_values = true) : fields_(fields) {
    const RoomInputs<Ball> in = exact_inputs(fields);
    x_ = in.matrix("X");
    const std::size_t d = x_.rows();
    weights_.wq = in.matrix("Wq", d, d);
    weights_.wk = in.matrix("Wk", d, d);
    if (has_values) weights_.wv = in.matrix("Wv", d, d);
  }
  MatrixView<const Ball> wq() const { return weights_.wq.view(); }
  MatrixView<const Ball> wk() const { return weights_.wk.view(); }
  MatrixView<const Ball> wv() const { return weights_.wv.view(); }
  MatrixView<const Ball> tokens() const { return x_.view(); }
  AttentionJacobian<Ball> jacobian() const { return {wq(), wk(), wv(), tokens()}; }
  void require_non_singular() const { require_non_singular_product(fields_, wq(), wk()); }

 private:
  VectorFields fields_;
  PaperBlock<Ball> weights_;
  Matrix<Ball> x_;
};

}  // namespace halfulp
