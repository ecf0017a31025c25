// Every attention head of a checkpoint from its weights alone: how the singular values of W_k^T W_q and W_o
// W_v lie, how far rounding of the scores can be amplified (the paper's factors, as printed and repaired),
// how large a logit can be.
//
// Norm gains are folded in; biases have fields of their own (the augmented product); a rotary embedding is
// taken at relative distance 0 and bounded for all distances; gains of norms of q and k scale the rows, and
// then the norm of W_k^T W_q says nothing about logits.  Memory: a few factors a thread, never a d x d
// matrix.
#pragma once

#include <optional>

#include "halfulp/analysis/spectra/logit_bound.hpp"
#include "halfulp/analysis/spectra/weight_functionals.hpp"
#include "halfulp/base/progress.hpp"

namespace halfulp {

struct HeadSpectra {
  std::size_t layer = 0, head = 0, kv_head = 0;

  Circuit kq;                        // W_k^T W_q, at distance 0 where q and k turn
  Bracket abs_sigma_max;             // of |W_k|^T |W_q|
  std::optional<Circuit> kq_biased;  // [W_k | c_k]^T [W_q | c_q]
  bool full_rank_possible = false;   // r = d: the printed factor may be finite
  double factor_as_printed = 0;      // 1 + 4 d scale sigma_max(|W_k|^T|W_q|) sigma_1 / sigma_d; inf for r < d
  double factor_repaired = 0;        // the same without sigma_1 / sigma_d
  double rotary_sigma = 0;  // sigma_1 at any distance is at most this; sigma_1 itself without rotation
  LogitBound logit;
  double typical_logit = 0;        // scale ||C||_F: rms over independent inputs, isotropic, of variance 1
  bool logits_normalised = false;  // norms of q and k
  bool gauge_is_free = true;       // W_q -> G W_q, W_k -> G^-T W_k is possible for every G
  Functional omega_kq;

  std::optional<Circuit> ov, ov_biased;  // W_o W_v, W_o [W_v | c_v]
  Bracket ov_abs_sigma_max;              // of |W_o| |W_v|
  bool ov_gauge_is_free = true;

  std::vector<std::string> flags;
};

struct LayerSpectra {
  std::size_t layer = 0;
  Functional omega_kq;  // the largest of its heads
  std::optional<Functional> omega_ov, omega_ud;
};

struct ModelSpectra {
  std::vector<HeadSpectra> heads;  // by layer, then head
  std::vector<LayerSpectra> layers;
};

struct SpectraOptions {
  std::size_t first_layer = 0;
  std::optional<std::size_t> last_layer;  // numbers in the model, both included; none: to the end
};

/// The same bits for any number of threads and any instruction set.  Throws usage_error for layers that the
/// model does not have, input_error for weights that are not finite, interrupted.
ModelSpectra spectra(const AttentionModel& model, const SpectraOptions& options = {},
                     const Progress& progress = {});

}  // namespace halfulp
