// What the *_target.cpp files of this folder give to the table of their target.
#pragma once

#ifndef HALFULP_TARGET
#define HALFULP_TARGET baseline
#endif

#include "halfulp/linalg/spectrum/spectrum_kernels.hpp"

namespace halfulp::HALFULP_TARGET {

void fill_gram(SpectrumKernels& table);
void fill_factors(SpectrumKernels& table);
void fill_bidiagonal(SpectrumKernels& table);

}  // namespace halfulp::HALFULP_TARGET
