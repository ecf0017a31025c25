#include "halfulp/models/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// One tensor to be written: entries mean + deviation * z.
struct Plan {
  std::string name;
  std::vector<std::size_t> shape;
  double mean, deviation;

  std::size_t size() const {
    std::size_t n = 1;
    for (const std::size_t k : shape) n *= k;
    return n;
  }
};

enum class Parts { whole, attention };

std::vector<Plan> plan_tensors(const Architecture& a, Parts parts) {
  const std::size_t d = a.width, queries = a.heads * a.head_dim, keys = a.kv_heads * a.head_dim;
  const double plain = 0.02, residual = plain / std::sqrt(2 * static_cast<double>(a.layers)), gain = 0.25;
  const bool whole = parts == Parts::whole;
  std::vector<Plan> plans;
  if (whole) plans.push_back({"model.embed_tokens.weight", {a.vocabulary, d}, 0, plain});
  for (std::size_t layer = 0; layer < a.layers; ++layer) {
    const std::string at = fmt::format("model.layers.{}.", layer);
    plans.insert(plans.end(), {{at + "input_layernorm.weight", {d}, 1, gain},
                               {at + "self_attn.q_proj.weight", {queries, d}, 0, plain},
                               {at + "self_attn.k_proj.weight", {keys, d}, 0, plain},
                               {at + "self_attn.v_proj.weight", {keys, d}, 0, plain},
                               {at + "self_attn.o_proj.weight", {d, queries}, 0, residual}});
    if (whole)
      plans.insert(plans.end(), {{at + "post_attention_layernorm.weight", {d}, 1, gain},
                                 {at + "mlp.gate_proj.weight", {a.inner, d}, 0, plain},
                                 {at + "mlp.up_proj.weight", {a.inner, d}, 0, plain},
                                 {at + "mlp.down_proj.weight", {d, a.inner}, 0, residual}});
  }
  if (!whole) return plans;
  plans.push_back({"model.norm.weight", {d}, 1, gain});
  if (!a.tied_head) plans.push_back({"lm_head.weight", {a.vocabulary, d}, 0, plain});
  return plans;
}

std::string config_text(const Architecture& a, DType dtype) {
  const json config{{"architectures", {"LlamaForCausalLM"}},
                    {"model_type", "llama"},
                    {"vocab_size", a.vocabulary},
                    {"hidden_size", a.width},
                    {"intermediate_size", a.inner},
                    {"num_hidden_layers", a.layers},
                    {"num_attention_heads", a.heads},
                    {"num_key_value_heads", a.kv_heads},
                    {"head_dim", a.head_dim},
                    {"max_position_embeddings", a.positions},
                    {"rms_norm_eps", a.epsilon},
                    {"rope_theta", a.rope_theta},
                    {"hidden_act", "silu"},
                    {"tie_word_embeddings", a.tied_head},
                    {"torch_dtype", dtype == DType::bf16 ? "bfloat16" : "float32"}};
  return config.dump(1) + "\n";
}

/// The header, padded with spaces so that the numbers begin at a multiple of 8, as the format recommends.
std::string header_text(const std::vector<Plan>& plans, DType dtype) {
  json header;
  std::size_t offset = 0;
  for (const Plan& plan : plans) {
    const std::size_t end = offset + plan.size() * size_of(dtype);
    header[plan.name] = {{"dtype", name_of(dtype)}, {"shape", plan.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return length + text;
}

/// Four 16-bit fields of two words as a number of mean 0 and variance 1 (to 2^-32), at most 3.47 in
/// magnitude.
double near_normal(std::uint32_t a, std::uint32_t b) {
  const double sum = static_cast<double>((a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff));
  // Each field is uniform on 0 .. 65535: mean 32767.5, variance (2^32 - 1) / 12; sqrt(3) = 1.7320508...
  return (sum - 4 * 32767.5) * (1.7320508075688772 / 65536);
}

/// `x`, finite and far from the ends of the range, as the bytes of `dtype`.
void store(double x, DType dtype, char* out) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(x));
  if (dtype == DType::fp32) {
    std::memcpy(out, &bits, 4);
  } else {  // to nearest even: half an ulp less one bit carries, one more if the last bit kept is odd
    const auto upper = static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    std::memcpy(out, &upper, 2);
  }
}

/// Entries first .. of the tensor, as many as `bytes` holds; first is even.
void fill(const Plan& plan, const Philox4x32& random, DType dtype, std::size_t first, std::span<char> bytes) {
  const std::size_t count = bytes.size() / size_of(dtype);
  std::vector<std::uint32_t> words(2 * count);
  random.fill(first / 2, words);  // a block of Philox makes two entries
  for (std::size_t i = 0; i < count; ++i)
    store(plan.mean + plan.deviation * near_normal(words[2 * i], words[2 * i + 1]), dtype,
          bytes.data() + i * size_of(dtype));
}

void write_tensor(std::ofstream& file, const Plan& plan, const Philox4x32& random, DType dtype) {
  constexpr std::size_t block = 1 << 15, step = 64 * block;  // entries of one task; entries in memory
  const std::size_t n = plan.size(), size = size_of(dtype);
  std::vector<char> bytes(std::min(step, n) * size);
  for (std::size_t start = 0; start < n && file; start += step) {
    const std::span<char> part(bytes.data(), std::min(step, n - start) * size);
    const std::size_t blocks = (part.size() + block * size - 1) / (block * size);
    parallel_for(blocks, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t b = first; b < last; ++b) {
        const std::size_t from = b * block * size;
        fill(plan, random, dtype, start + b * block,
             part.subspan(from, std::min(block * size, part.size() - from)));
      }
    });
    file.write(part.data(), static_cast<std::streamsize>(part.size()));
  }
}

/// Writes under another name first: a file under its own name is whole.  What is left of a failure goes.
template <class Write>
void write_whole(const fs::path& path, Write write) {
  struct Partial {
    fs::path path;
    ~Partial() {
      std::error_code ignored;
      fs::remove(path, ignored);
    }
  } const partial{path.string() + ".partial"};
  std::ofstream file(partial.path, std::ios::binary | std::ios::trunc);
  if (file) write(file);
  file.close();
  if (!file)
    throw resource_error(display(path) +
                         ": cannot be written; check the folder, its permissions and free space");
  std::error_code error;
  fs::rename(partial.path, path, error);
  if (error) throw resource_error(fmt::format("{}: {}", display(path), error.message()));
}

void check_can_write(const Architecture& a, DType dtype) {
  const Architecture plain;
  const bool is_plain_llama = a.family == Family::llama && a.norm == Norm::rms && a.norm_gain &&
                              !a.norm_bias && !a.qkv_bias && a.attn_out && !a.attn_out_bias && !a.mlp_bias &&
                              a.gated && a.activation == Activation::silu && !a.learned_positions &&
                              a.rotary_dims == a.head_dim && a.rope_scaling == plain.rope_scaling;
  if (!is_plain_llama) throw usage_error("write_synthetic_llama: only plain Llama architectures can be made");
  if (dtype != DType::bf16 && dtype != DType::fp32)
    throw usage_error(
        fmt::format("write_synthetic_llama: dtype {} cannot be made; BF16 and F32 can", name_of(dtype)));
}

void write_parts(const fs::path& folder, const Architecture& architecture, std::uint64_t seed, DType dtype,
                 Parts parts) {
  check_can_write(architecture, dtype);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw resource_error(fmt::format("{}: {}", display(folder), error.message()));
  const std::vector<Plan> plans = plan_tensors(architecture, parts);
  write_whole(folder / "config.json", [&](std::ofstream& file) { file << config_text(architecture, dtype); });
  write_whole(folder / "model.safetensors", [&](std::ofstream& file) {
    file << header_text(plans, dtype);
    for (std::size_t i = 0; i < plans.size() && file; ++i)
      write_tensor(file, plans[i], Philox4x32{seed, i}, dtype);
  });
}

}  // namespace

Architecture llama_architecture(std::size_t vocabulary, std::size_t width, std::size_t layers,
                                std::size_t heads, std::size_t kv_heads, std::size_t inner,
                                std::size_t positions) {
  Architecture a;
  a.vocabulary = vocabulary;
  a.width = width;
  a.layers = layers;
  a.heads = heads;
  a.kv_heads = kv_heads;
  a.head_dim = a.rotary_dims = heads > 0 ? width / heads : 0;
  a.inner = inner;
  a.positions = positions;
  a.epsilon = 1e-5;
  return a;
}

void write_synthetic_llama(const fs::path& folder, const Architecture& architecture, std::uint64_t seed,
                           DType dtype) {
  write_parts(folder, architecture, seed, dtype, Parts::whole);
}

void write_synthetic_attention(const fs::path& folder, const Architecture& architecture, std::uint64_t seed,
                               DType dtype) {
  write_parts(folder, architecture, seed, dtype, Parts::attention);
}

}  // namespace halfulp
