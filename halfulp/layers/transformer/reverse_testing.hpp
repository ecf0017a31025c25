// For tests only: all that a reverse sweep shows, kept, and what a perturbation of the tensors does to the
// functionals.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "halfulp/layers/room_laws_testing.hpp"
#include "halfulp/layers/transformer/reverse.hpp"

namespace halfulp::testing {

/// A site's tensor, and all adjoints of it [rows, n P].
struct KeptAdjoint {
  Site site = Site::embed;
  Matrix<double> value, adjoint;
  Matrix<int> seen;  // how often each entry was in a piece
};
using Kept = std::map<std::pair<std::size_t, Tensor>, KeptAdjoint>;

/// Keeps every piece.
inline VisitAdjoint keeping(Kept& kept, const Architecture& a, std::size_t tokens, std::size_t functionals) {
  return [&kept, a, tokens, functionals](const SiteAdjoint& piece) {
    KeptAdjoint& all = kept[{piece.layer, piece.tensor}];
    const std::size_t rows = rows_of(piece.tensor, a, tokens);
    if (all.value.rows() == 0)
      all = {piece.site, Matrix<double>(rows, tokens), Matrix<double>(rows, tokens * functionals),
             Matrix<int>(rows, tokens)};
    EXPECT_EQ(piece.adjoint.columns(), piece.value.columns() * functionals);
    EXPECT_EQ(piece.site, site_writing(piece.tensor));
    EXPECT_EQ(piece.tensors[piece.tensor].rows(), rows);
    for (std::size_t i = 0; i < piece.value.rows(); ++i)
      for (std::size_t t = 0; t < piece.value.columns(); ++t) {
        const std::size_t row = piece.first_row + i, column = piece.first_token + t;
        all.value(row, column) = piece.value(i, t);
        ++all.seen(row, column);
        for (std::size_t p = 0; p < functionals; ++p)
          all.adjoint(row, column * functionals + p) = piece.adjoint(i, t * functionals + p);
      }
  };
}

/// Perturbations of tensors by layer.
using Perturbation = std::map<std::pair<std::size_t, Tensor>, Matrix<double>>;

/// A random one of everything kept, each entry in proportion to the value; none where masked.
inline Perturbation random_perturbation(const Kept& kept, std::size_t tokens, double relative, Draws& draws) {
  Perturbation all;
  for (const auto& [where, k] : kept) {
    const bool masked = where.second == Tensor::score || where.second == Tensor::weight;
    Matrix<double>& delta = all[where];
    delta = Matrix<double>(k.value.rows(), tokens);
    for (std::size_t i = 0; i < delta.rows(); ++i)
      for (std::size_t t = masked ? i % tokens : 0; t < tokens; ++t)
        delta(i, t) = relative * draws.normal() * k.value(i, t);
  }
  return all;
}

/// The logits' change under a perturbation: forward() in A, add(value, delta) after each site.
template <class A, class PlaceFor, class Add>
Matrix<Value<A>> perturbed_logits(const Architecture& a, PlaceFor place_of, const Perturbation& perturbation,
                                  Add add) {
  auto end = forward(
      a, place_of, [](std::size_t, Site) { return A(); },
      [&](std::size_t layer, Site site, Tensors<Value<A>>& tensors) {
        for (const Tensor tensor : tensors_of(site, a, false).writes) {
          const auto found = perturbation.find({layer, tensor});
          if (found == perturbation.end()) continue;
          Matrix<Value<A>>& y = tensors[tensor];
          for (std::size_t i = 0; i < y.values().size(); ++i)
            y.values()[i] = add(y.values()[i], found->second.values()[i]);
        }
      });
  return std::move(end[Tensor::logits]);
}

/// lambda_p^T delta, and the sum of the moduli of its terms.
struct FirstOrderChange {
  double change = 0, moduli = 0;
};
inline FirstOrderChange first_order_change(const Kept& kept, const Perturbation& perturbation, std::size_t p,
                                           std::size_t functionals) {
  FirstOrderChange sum;
  for (const auto& [where, delta] : perturbation) {
    const KeptAdjoint& k = kept.at(where);
    for (std::size_t i = 0; i < delta.rows(); ++i)
      for (std::size_t t = 0; t < delta.columns(); ++t) {
        const double term = k.adjoint(i, t * functionals + p) * delta(i, t);
        sum.change += term;
        sum.moduli += std::fabs(term);
      }
  }
  return sum;
}

}  // namespace halfulp::testing
