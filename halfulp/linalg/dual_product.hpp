// Products of matrices of numbers with derivatives in k directions, on the kernels of Native: values as
// Native's own products give them, and beside them
//
//   Y = W X + b     Y'_p = W X'_p                    W data, read once for all directions
//   Y = A X         Y'_p = A X'_p + A'_p X           both computed
//
// To be included wherever rooms are run in DualAlong: without it the definitions would serve, slowly.
// Shapes as in matmul.hpp and product.hpp; the slopes of a matrix [m, n] are [m, n k], column j k + p.
#pragma once

#include "halfulp/arith/slopes.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {

namespace detail {

/// A matrix taken apart into what the kernels read.
struct Parts {
  Matrix<double> values, slopes;

  template <std::size_t k>
  explicit Parts(MatrixView<const NumberAlong<k>> x)
      : values(x.rows(), x.columns()), slopes(x.rows(), x.columns() * k) {
    parallel_for(x.rows(), 32, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i)
        for (std::size_t j = 0; j < x.columns(); ++j) {
          values(i, j) = x(i, j).x;
          for (std::size_t p = 0; p < k; ++p) slopes(i, j * k + p) = x(i, j).dx.along[p];
        }
    });
  }
  Parts(std::size_t rows, std::size_t columns, std::size_t k)
      : values(rows, columns), slopes(rows, columns * k) {}

  template <std::size_t k>
  void put_together(MatrixView<NumberAlong<k>> y) const {
    parallel_for(y.rows(), 32, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i)
        for (std::size_t j = 0; j < y.columns(); ++j) {
          y(i, j).x = values(i, j);
          for (std::size_t p = 0; p < k; ++p) y(i, j).dx.along[p] = slopes(i, j * k + p);
        }
    });
  }
};

/// A X, or A^T X.
template <std::size_t k>
void product_of_duals(MatrixView<const NumberAlong<k>> a, bool transposed, MatrixView<const NumberAlong<k>> x,
                      MatrixView<NumberAlong<k>> y) {
  Native ar;
  const Parts of_a = Parts(a), of_x = Parts(x);
  Parts of_y(y.rows(), y.columns(), k);
  const Operand left = operand_of(of_a.values.view(), transposed);
  matmul(ar, left, {}, of_x.values.view(), of_y.values.view());
  matmul(ar, left, {}, of_x.slopes.view(), of_y.slopes.view());
  Matrix<double> slope(a.rows(), a.columns()), term(y.rows(), y.columns());
  for (std::size_t p = 0; p < k; ++p) {
    for (std::size_t i = 0; i < a.rows(); ++i)
      for (std::size_t j = 0; j < a.columns(); ++j) slope(i, j) = a(i, j).dx.along[p];
    matmul(ar, operand_of(slope.view(), transposed), {}, of_x.values.view(), term.view());
    for (std::size_t i = 0; i < y.rows(); ++i)
      for (std::size_t j = 0; j < y.columns(); ++j) of_y.slopes(i, j * k + p) += term(i, j);
  }
  of_y.put_together<k>(y);
}

}  // namespace detail

template <std::size_t k>
void matmul(DualAlong<k>&, const Operand& w, const Operand& bias, MatrixView<const Value<DualAlong<k>>> x,
            MatrixView<Value<DualAlong<k>>> y) {
  Native ar;
  const detail::Parts of_x = detail::Parts(x);
  detail::Parts of_y(y.rows(), y.columns(), k);
  matmul(ar, w, bias, of_x.values.view(), of_y.values.view());
  matmul(ar, w, {}, of_x.slopes.view(), of_y.slopes.view());
  of_y.put_together<k>(y);
}

template <std::size_t k>
void product(DualAlong<k>&, MatrixView<const Value<DualAlong<k>>> a, MatrixView<const Value<DualAlong<k>>> x,
             MatrixView<Value<DualAlong<k>>> y) {
  detail::product_of_duals<k>(a, false, x, y);
}
template <std::size_t k>
void product_of_columns(DualAlong<k>&, MatrixView<const Value<DualAlong<k>>> a,
                        MatrixView<const Value<DualAlong<k>>> x, MatrixView<Value<DualAlong<k>>> y) {
  detail::product_of_duals<k>(a, true, x, y);
}

}  // namespace halfulp
