// The tiles of matrix products with binary32 carrier.
#include "halfulp/linalg/matmul_tile.hpp"
#include "halfulp/linalg/target_tables.hpp"

namespace halfulp::HALFULP_TARGET {

// In the order of ProductStep.
extern constexpr StepTable<float> float_steps = {{
    light_kernels<FusedStep<float>>(),
    light_kernels<PackedStep<Native<float>>>(),
    heavy_kernels<SplitStep<float>>(),
    heavy_kernels<FlooredStep<float, false>>(),
    heavy_kernels<FlooredStep<float, true>>(),
    heavy_kernels<SignedSplitStep<float>>(),
    heavy_kernels<PackedStep<Grid<float>>>(),
    heavy_kernels<PackedStep<IntegerBits>>(),
    {},
}};

}  // namespace halfulp::HALFULP_TARGET
