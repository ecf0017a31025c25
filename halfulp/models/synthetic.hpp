// A Llama checkpoint with random weights of any size, for benchmarks: written tensor by tensor, so that a
// model larger than memory can be made.  It computes nothing sensible, but its sizes and the scale of its
// activations are those of a model at the beginning of its training.
#pragma once

#include <cstdint>
#include <filesystem>

#include "halfulp/layers/architecture.hpp"

namespace halfulp {

/// A Llama's architecture from its sizes: RMS norm with gain (1e-5), SiLU, gated, rotary, untied.
Architecture llama_architecture(std::size_t vocabulary, std::size_t width, std::size_t layers,
                                std::size_t heads, std::size_t kv_heads, std::size_t inner,
                                std::size_t positions);

/// Writes config.json and model.safetensors of a Llama into `folder`, which is made if need be.  Weights are
/// near normal (sums of four uniforms) with deviation 0.02, those of attn_out and mlp_out 0.02 / sqrt(2 L);
/// gains have mean 1 and deviation 0.25 and are positive.  Every weight is a function of (seed, tensor,
/// place), rounded to nearest even.  `dtype` is bf16 (default) or fp32. Throws usage_error for an
/// architecture or dtype that it cannot write, resource_error when the disk refuses; the folder then holds no
/// model.safetensors.
void write_synthetic_llama(const std::filesystem::path& folder, const Architecture& architecture,
                           std::uint64_t seed, DType dtype = DType::bf16);

/// The same with the attention alone: the norm before it, queries, keys, values and output; nothing that can
/// be run, but all that read_attention() needs.  32 layers of 32 heads of 128 take 4.3 GB in bf16.
void write_synthetic_attention(const std::filesystem::path& folder, const Architecture& architecture,
                               std::uint64_t seed, DType dtype = DType::bf16);

}  // namespace halfulp
