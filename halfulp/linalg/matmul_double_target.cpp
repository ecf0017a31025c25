// The tiles of matrix products with binary64 carrier.
#include "halfulp/arith/pack/digits.hpp"
#include "halfulp/linalg/matmul_tile.hpp"
#include "halfulp/linalg/target_tables.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

constexpr StepKernels<double> digits_kernels() {
#if defined(HWY_NATIVE_FMA) && HWY_NATIVE_FMA
  return {tile_kernel<PackedStep<Digits>, 4, 2>(), tile_kernel<PackedStep<Digits>, 4, 1>()};
#else
  return {};
#endif
}

}  // namespace

// In the order of ProductStep.  Fused needs the instruction: products are not exact here.
extern constexpr StepTable<double> double_steps = {{
    has_fma ? light_kernels<FusedStep<double>>() : StepKernels<double>{},
    light_kernels<PackedStep<Native<double>>>(),
    heavy_kernels<SplitStep<double>>(),
    heavy_kernels<FlooredStep<double, false>>(),
    heavy_kernels<FlooredStep<double, true>>(),
    heavy_kernels<SignedSplitStep<double>>(),
    heavy_kernels<PackedStep<Grid<double>>>(),
    {},
    digits_kernels(),
}};

}  // namespace halfulp::HALFULP_TARGET
