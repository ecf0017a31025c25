// The table of this target.
#include "halfulp/linalg/spectrum/spectrum_targets.hpp"
#include "halfulp/linalg/target_tables.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

SpectrumKernels table;

}  // namespace

const SpectrumKernels& spectrum() {
  fill_gram(table);
  fill_factors(table);
  fill_bidiagonal(table);
  return table;
}

}  // namespace halfulp::HALFULP_TARGET
