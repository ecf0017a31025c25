// What the *_target.cpp files of this floor give to the table of their target.
#pragma once

#ifndef HALFULP_TARGET
#define HALFULP_TARGET baseline
#endif

#include "halfulp/linalg/kernels.hpp"

namespace halfulp::HALFULP_TARGET {

extern const StepTable<float> float_steps;
extern const StepTable<double> double_steps;

bool narrow(const double* in, std::size_t n, float* out);
bool widen(const float* before, const float* in, std::size_t n, double* out);
void from_bf16(const std::byte* in, std::size_t n, float* out);
void from_fp16(const std::byte* in, std::size_t n, float* out);
void from_fp32(const std::byte* in, std::size_t n, float* out);
void range_float(const float* in, std::size_t n, BitRange& range);
void range_double(const double* in, std::size_t n, BitRange& range);
void scale_float(const float* in, std::size_t n, float factor, float* out);
void scale_double(const double* in, std::size_t n, double factor, double* out);
void add_float(float* s, const float* b, std::size_t n);

void round_float(const ArrayJob& job, const float* in, float* out, std::size_t n);
void round_double(const ArrayJob& job, const double* in, double* out, std::size_t n);

/// Null where the target has too few lanes for them.
extern void (*const stochastic)(StochasticJob& job);
extern const std::size_t stochastic_columns;
extern void (*const double_double)(const DoubleDoubleJob& job);
extern const std::size_t double_double_columns;

const SpectrumKernels& spectrum();

/// The whole table.
void fill(Kernels& table);

}  // namespace halfulp::HALFULP_TARGET
