// What changed between two checkpoints of one shape: a base model and its fine-tuned one, two steps of
// training.
#pragma once

#include "halfulp/analysis/spectra/spectra.hpp"

namespace halfulp {

/// One head: the number before (the other model) and after (the model asked about).
struct HeadChange {
  std::size_t layer = 0, head = 0;
  const HeadSpectra *before = nullptr, *after = nullptr;
  /// The largest |sigma_i - sigma_i'| of W_k^T W_q and of W_o W_v over the larger sigma_1 (0 where both are
  /// 0). Singular values do not see bases: this is a lower bound of ||C - C'||_2 / max sigma_1 (Weyl).
  double kq = 0, ov = 0;
  bool proved = false;  // some singular value's intervals are disjoint
};

/// Heads in the order of `after`; both must outlive the result.  Throws input_error where the models' heads
/// do not correspond: other shapes.
std::vector<HeadChange> compared(const AttentionModel& before_model, const ModelSpectra& before,
                                 const AttentionModel& after_model, const ModelSpectra& after);

/// Throws as compared(), before anything is computed.
void check_comparable(const AttentionModel& before, const AttentionModel& after);

}  // namespace halfulp
