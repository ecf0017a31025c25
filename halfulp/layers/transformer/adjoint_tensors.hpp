// The adjoints of a layer's tensors for P functionals of the output: the derivative of each functional with
// respect to each entry.  The adjoint of a tensor [rows, n] is [rows, n P]; column t P + p belongs to token t
// and functional p, so that the functionals of a token lie side by side.
#pragma once

#include "halfulp/layers/transformer/tensors.hpp"

namespace halfulp {

/// An adjoint begins as zeros before the first reader of its tensor is passed backwards, grows by what each
/// reader adds, and ends when the site that wrote the tensor has been passed.
class AdjointTensors {
 public:
  AdjointTensors(const Architecture& architecture, std::size_t tokens, std::size_t functionals)
      : architecture_(architecture), tokens_(tokens), functionals_(functionals) {}

  std::size_t functionals() const { return functionals_; }
  /// Zeros, unless it has begun.
  void begin(Tensor t) {
    Matrix<double>& m = tensors_[t];
    if (m.rows() == 0) m = Matrix<double>(rows_of(t, architecture_, tokens_), tokens_ * functionals_);
  }
  /// Empty before begin() and after end().
  MatrixView<double> operator[](Tensor t) { return tensors_[t].view(); }
  /// Those of a range of tokens.
  MatrixView<double> of_tokens(Tensor t, std::size_t first, std::size_t count) {
    return (*this)[t].columns_part(first * functionals_, count * functionals_);
  }
  void end(Tensor t) { tensors_[t] = Matrix<double>(); }
  /// The input of one block is the output of the block before.
  void retreat() { tensors_.advance(); }

 private:
  const Architecture& architecture_;
  std::size_t tokens_, functionals_;
  Tensors<double> tensors_;
};

}  // namespace halfulp
