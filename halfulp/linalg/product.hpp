// Products of two computed matrices: keys with queries, values with attention weights.  The same definition
// as linalg/matmul.hpp, with both operands values of the arithmetic:  y_ij = store( sum_k load(a_ik)
// load(x_kj) ).
#pragma once

#include "halfulp/arith/ball.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {

/// Y = A X.  Shapes: A [m, k], X [k, n], Y [m, n].
template <Arithmetic A>
void product(A& ar, MatrixView<const Value<A>> a, MatrixView<const Value<A>> x, MatrixView<Value<A>> y) {
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      begin_entry(ar, i, j);
      y(i, j) = ar.store(dot_of(
          ar, a.columns(), [&](std::size_t k) { return ar.load(a(i, k)); },
          [&](std::size_t k) { return ar.load(x(k, j)); }));
    }
  }
}

/// Y = A^T X.  Shapes: A [k, m], X [k, n], Y [m, n].
template <Arithmetic A>
void product_of_columns(A& ar, MatrixView<const Value<A>> a, MatrixView<const Value<A>> x,
                        MatrixView<Value<A>> y) {
  for (std::size_t i = 0; i < a.columns(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      begin_entry(ar, i, j);
      y(i, j) = ar.store(dot_of(
          ar, a.rows(), [&](std::size_t k) { return ar.load(a(k, i)); },
          [&](std::size_t k) { return ar.load(x(k, j)); }));
    }
  }
}

/// In balls, columns of Y shared among threads.
inline void product(BallArithmetic& ar, MatrixView<const Ball> a, MatrixView<const Ball> x,
                    MatrixView<Ball> y) {
  parallel_for(x.columns(), 4, [&](std::size_t first, std::size_t last) {
    product<BallArithmetic>(ar, a, x.columns_part(first, last - first), y.columns_part(first, last - first));
  });
}
inline void product_of_columns(BallArithmetic& ar, MatrixView<const Ball> a, MatrixView<const Ball> x,
                               MatrixView<Ball> y) {
  parallel_for(x.columns(), 4, [&](std::size_t first, std::size_t last) {
    product_of_columns<BallArithmetic>(ar, a, x.columns_part(first, last - first),
                                       y.columns_part(first, last - first));
  });
}

/// The same on the fast kernels.
inline void product(Simulated& ar, MatrixView<const double> a, MatrixView<const double> x,
                    MatrixView<double> y) {
  matmul(ar, operand_of(a), {}, x, y);
}
inline void product(Native& ar, MatrixView<const double> a, MatrixView<const double> x,
                    MatrixView<double> y) {
  matmul(ar, operand_of(a), {}, x, y);
}
inline void product_of_columns(Simulated& ar, MatrixView<const double> a, MatrixView<const double> x,
                               MatrixView<double> y) {
  matmul(ar, operand_of(a, true), {}, x, y);
}
inline void product_of_columns(Native& ar, MatrixView<const double> a, MatrixView<const double> x,
                               MatrixView<double> y) {
  matmul(ar, operand_of(a, true), {}, x, y);
}

void product(SimulatedRunningError& ar, MatrixView<const Bounded> a, MatrixView<const Bounded> x,
             MatrixView<Bounded> y);
void product_of_columns(SimulatedRunningError& ar, MatrixView<const Bounded> a, MatrixView<const Bounded> x,
                        MatrixView<Bounded> y);

/// Y = W X + b with computed weights (the paper's small models): products and sums rounded, then the bias
/// added. Shapes: W [m, k], b [m] or empty, X [k, n], Y [m, n].  Source: Lemma 4.3.
template <Arithmetic A>
void affine(A& ar, MatrixView<const Value<A>> w, Row<const Value<A>> b, MatrixView<const Value<A>> x,
            MatrixView<Value<A>> y) {
  product(ar, w, x, y);
  if (b.empty()) return;
  for (std::size_t i = 0; i < y.rows(); ++i)
    for (std::size_t j = 0; j < y.columns(); ++j) y(i, j) = ar.add(y(i, j), b[i]);
}

}  // namespace halfulp
