// For tests: temporary folders, tiny checkpoints that can be broken in one place, and what an error must say.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/base/error.hpp"

namespace halfulp::testing {

/// A folder that vanishes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "halfulp-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// `n` in little-endian bytes.
inline std::string little_endian(std::uint64_t n, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(n >> (8 * i) & 0xff);
  return out;
}

/// A safetensors file with exactly this header, whether it makes sense or not.
inline std::string safetensors_file(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

struct TinyTensor {
  std::string name;
  std::vector<std::size_t> shape;
  std::string dtype = "F32";
  std::string bytes;  // filled by the constructor of a tiny checkpoint, or by the test
};

/// Entry i of tensor number t of a tiny checkpoint: any two differ.
inline float tiny_value(std::size_t t, std::size_t i) {
  return 0.0078125F * static_cast<float>(t + 1) + static_cast<float>(i) / 65536;
}

struct TinyCheckpoint {
  nlohmann::ordered_json config;
  std::vector<TinyTensor> tensors;

  void add(const std::string& name, std::vector<std::size_t> shape) {
    std::size_t n = 1;
    for (const std::size_t k : shape) n *= k;
    TinyTensor t{name, std::move(shape), "F32", {}};
    for (std::size_t i = 0; i < n; ++i)
      t.bytes += little_endian(std::bit_cast<std::uint32_t>(tiny_value(tensors.size(), i)), 4);
    tensors.push_back(std::move(t));
  }
  TinyTensor& tensor(const std::string& name) {
    for (TinyTensor& t : tensors)
      if (t.name == name) return t;
    throw std::runtime_error("no tensor " + name);
  }
  std::size_t number_of(const std::string& name) {
    return static_cast<std::size_t>(&tensor(name) - tensors.data());
  }
  void remove(const std::string& name) {
    tensors.erase(tensors.begin() + static_cast<long>(number_of(name)));
  }

  nlohmann::ordered_json header() const {
    nlohmann::ordered_json h;
    std::size_t offset = 0;
    for (const TinyTensor& t : tensors) {
      h[t.name] = {
          {"dtype", t.dtype}, {"shape", t.shape}, {"data_offsets", {offset, offset + t.bytes.size()}}};
      offset += t.bytes.size();
    }
    return h;
  }
  std::string data() const {
    std::string all;
    for (const TinyTensor& t : tensors) all += t.bytes;
    return all;
  }
  std::string file() const { return safetensors_file(header().dump(), data()); }
  void write(const std::filesystem::path& folder) const {
    write_file(folder / "config.json", config.dump());
    write_file(folder / "model.safetensors", file());
  }
};

inline TinyCheckpoint tiny_llama() {
  TinyCheckpoint c;
  c.config = {{"architectures", {"LlamaForCausalLM"}},
              {"model_type", "llama"},
              {"vocab_size", 7},
              {"hidden_size", 8},
              {"intermediate_size", 6},
              {"num_hidden_layers", 2},
              {"num_attention_heads", 4},
              {"num_key_value_heads", 2},
              {"max_position_embeddings", 16},
              {"rms_norm_eps", 1e-5},
              {"hidden_act", "silu"},
              {"tie_word_embeddings", false}};
  c.add("model.embed_tokens.weight", {7, 8});
  for (const std::string layer : {"0", "1"}) {
    const std::string at = "model.layers." + layer + ".";
    c.add(at + "input_layernorm.weight", {8});
    c.add(at + "self_attn.q_proj.weight", {8, 8});
    c.add(at + "self_attn.k_proj.weight", {4, 8});
    c.add(at + "self_attn.v_proj.weight", {4, 8});
    c.add(at + "self_attn.o_proj.weight", {8, 8});
    c.add(at + "post_attention_layernorm.weight", {8});
    c.add(at + "mlp.gate_proj.weight", {6, 8});
    c.add(at + "mlp.up_proj.weight", {6, 8});
    c.add(at + "mlp.down_proj.weight", {8, 6});
  }
  c.add("model.norm.weight", {8});
  c.add("lm_head.weight", {7, 8});
  return c;
}

inline TinyCheckpoint tiny_gpt2(const std::string& prefix = "transformer.") {
  TinyCheckpoint c;
  c.config = {{"architectures", {"GPT2LMHeadModel"}},
              {"model_type", "gpt2"},
              {"vocab_size", 5},
              {"n_embd", 4},
              {"n_layer", 1},
              {"n_head", 2},
              {"n_positions", 6},
              {"activation_function", "gelu_new"},
              {"layer_norm_epsilon", 1e-5}};
  c.add(prefix + "wte.weight", {5, 4});
  c.add(prefix + "wpe.weight", {6, 4});
  const std::string at = prefix + "h.0.";
  for (const std::string norm : {"ln_1", "ln_2"}) {
    c.add(at + norm + ".weight", {4});
    c.add(at + norm + ".bias", {4});
  }
  c.add(at + "attn.c_attn.weight", {4, 12});
  c.add(at + "attn.c_attn.bias", {12});
  c.add(at + "attn.c_proj.weight", {4, 4});
  c.add(at + "attn.c_proj.bias", {4});
  c.add(at + "mlp.c_fc.weight", {4, 16});
  c.add(at + "mlp.c_fc.bias", {16});
  c.add(at + "mlp.c_proj.weight", {16, 4});
  c.add(at + "mlp.c_proj.bias", {4});
  c.add(prefix + "ln_f.weight", {4});
  c.add(prefix + "ln_f.bias", {4});
  return c;
}

inline TinyCheckpoint tiny_paper() {
  TinyCheckpoint c;
  c.config = {{"architectures", {"PaperTransformer"}},
              {"model_type", "paper"},
              {"vocab_size", 5},
              {"hidden_size", 4},
              {"intermediate_size", 6},
              {"num_hidden_layers", 1},
              {"num_attention_heads", 1},
              {"max_position_embeddings", 6},
              {"rms_norm_eps", 1e-6},
              {"hidden_act", "relu"},
              {"rms_norm_gain", false},
              {"attention_bias", false},
              {"attention_output_projection", false},
              {"attention_scale", "1/sqrt(4)"},
              {"mlp_bias", true},
              {"positions", "learned, added to the input"},
              {"tie_word_embeddings", false}};
  c.add("embed.weight", {5, 4});
  c.add("position.weight", {6, 4});
  for (const std::string name : {"query", "key", "value"})
    c.add("blocks.0.attention." + name + ".weight", {4, 4});
  c.add("blocks.0.mlp.0.weight", {6, 4});
  c.add("blocks.0.mlp.0.bias", {6});
  c.add("blocks.0.mlp.2.weight", {4, 6});
  c.add("blocks.0.mlp.2.bias", {4});
  c.add("head.weight", {5, 4});
  return c;
}

/// The message of the input_error that `run` throws; it must be one line.
template <class Run>
std::string message_of(Run run) {
  try {
    run();
  } catch (const input_error& e) {
    const std::string message = e.what();
    EXPECT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
    return message;
  }
  ADD_FAILURE() << "no input_error";
  return "";
}

/// `run` throws an input_error of one line that says all of `parts`.
template <class Run>
void expect_input_error(Run run, const std::vector<std::string>& parts) {
  const std::string message = message_of(run);
  for (const std::string& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
}

/// Real checkpoints, which are not part of the repository: $HALFULP_DATA, or ../shared/data beside the
/// repository.
inline std::filesystem::path data_folder() {
  if (const char* const folder = ::getenv("HALFULP_DATA"); folder != nullptr && *folder != '\0')
    return folder;
#ifdef HALFULP_SOURCE_DIR
  return std::filesystem::path(HALFULP_SOURCE_DIR) / ".." / "shared" / "data";
#else
  return "../shared/data";
#endif
}

}  // namespace halfulp::testing
