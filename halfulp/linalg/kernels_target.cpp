// The table of this target.
#include "halfulp/arith/pack/pack.hpp"
#include "halfulp/linalg/target_tables.hpp"

namespace halfulp::HALFULP_TARGET {

#define HALFULP_TEXT_OF(name) #name
#define HALFULP_NAME_OF(name) HALFULP_TEXT_OF(name)

void fill(Kernels& t) {
  t.name = HALFULP_NAME_OF(HALFULP_TARGET);
  t.fused = has_fma;
  t.float_lanes = Pack<float>::lanes;
  t.double_lanes = Pack<double>::lanes;
  t.float_steps = &float_steps;
  t.double_steps = &double_steps;
  t.narrow = narrow;
  t.widen = widen;
  t.from_bf16 = from_bf16;
  t.from_fp16 = from_fp16;
  t.from_fp32 = from_fp32;
  t.range_float = range_float;
  t.range_double = range_double;
  t.scale_float = scale_float;
  t.scale_double = scale_double;
  t.add_float = add_float;
  t.round_float = round_float;
  t.round_double = round_double;
  t.stochastic_columns = stochastic_columns;
  t.stochastic = stochastic;
  t.double_double_columns = double_double_columns;
  t.double_double = double_double;
  t.spectrum = &spectrum();
}

}  // namespace halfulp::HALFULP_TARGET
