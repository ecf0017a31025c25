// Which entries of what a step stores share a rounding.
//
// Roundings of different results are told apart by an estimate that takes them for independent; one rounding
// that many results read (the statistics of a norm, the normaliser of a softmax, an entry of the rotary
// table, the stored root of d_h) moves them together, and its effects add before they are squared.
#pragma once

#include "halfulp/layers/site.hpp"

namespace halfulp {

struct Sharing {
  enum class Among {
    nobody,      // each entry has its own
    column,      // entries of one token, and of one head where the tensor is cut into heads
    token,       // entries of one token in all that the site stores
    everything,  // one number for the whole site
  };
  Among among = Among::nobody;
  bool all_layers = false;  // the same rounding in every layer

  bool operator==(const Sharing&) const = default;
};

/// Of one step, but for the constant of score.scale (local_errors.hpp).  fused: attention in one site, pv.
Sharing sharing_of(Site site, Step step, bool fused);

}  // namespace halfulp
