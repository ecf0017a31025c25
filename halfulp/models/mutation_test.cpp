// Thousands of broken files, each a small mutation of an honest one, through every reader.  Deterministic:
// mutation number m is a function of (seed, m), printed when it fails.  TEST_EFFORT=10 in the environment
// makes ten times more.
#include <cmath>
#include <cstdlib>

#include "halfulp/base/random.hpp"
#include "halfulp/models/attention/attention_testing.hpp"
#include "halfulp/models/drive_readers_testing.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

std::size_t effort() {
  const char* const text = std::getenv("TEST_EFFORT");
  return text == nullptr ? 1 : std::max<std::size_t>(1, static_cast<std::size_t>(std::atoi(text)));
}

/// The choices of one mutation.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t trial) : random_{seed, trial} {}
  std::size_t below(std::size_t n) { return n == 0 ? 0 : next() % n; }

 private:
  std::uint64_t next() {
    const auto b = random_.block(counter_++);
    return std::uint64_t{b[0]} << 32 | b[1];
  }
  Philox4x32 random_;
  std::uint64_t counter_ = 0;
};

const std::vector<std::string> splices{"0",
                                       "-1",
                                       "1",
                                       "4294967296",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "9223372036854775808",
                                       "1e999",
                                       "0.5",
                                       "1e3",
                                       "null",
                                       "true",
                                       "[]",
                                       "{}",
                                       "\"\"",
                                       "\"F64\"",
                                       "\"I64\"",
                                       "\"F8_E4M3\"",
                                       "[",
                                       "{",
                                       "]",
                                       "}",
                                       ",",
                                       ":",
                                       "\"",
                                       "\\u0000",
                                       "\\ud800",
                                       "\x80",
                                       std::string(1, '\0'),
                                       "(",
                                       ")",
                                       "'",
                                       "\n",
                                       "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                                       "\"__metadata__\":3,",
                                       "\"a\":1,\"a\":1,"};

/// One change, of a kind that files suffer or that attackers make.
void mutate(std::string& file, Dice& dice) {
  if (file.empty()) file = "x";
  const std::size_t at = dice.below(file.size());
  switch (dice.below(8)) {
    case 0:
      file[at] = static_cast<char>(file[at] ^ (1 << dice.below(8)));
      break;
    case 1:
      file[at] = static_cast<char>(dice.below(256));
      break;
    case 2:
      file.resize(at);
      break;
    case 3:
      file.erase(at, 1 + dice.below(16));
      break;
    case 4:
      file.insert(at, splices[dice.below(splices.size())]);
      break;
    case 5:
      file.insert(at, file.substr(dice.below(file.size()), dice.below(64)));
      break;
    case 6: {  // a number in the text becomes another
      const std::size_t first = file.find_first_of("0123456789", at);
      if (first == std::string::npos) break;
      const std::size_t last = file.find_first_not_of("0123456789", first);
      file.replace(first, last == std::string::npos ? std::string::npos : last - first,
                   splices[dice.below(splices.size())]);
      break;
    }
    default:  // eight bytes become a length
      file.replace(at, 8, little_endian(dice.below(2) ? dice.below(file.size() + 16) : ~dice.below(1000), 8));
  }
}

/// Mutations of `honest` through `read`; reports how many were accepted.
template <class Read>
void attack(const std::string& honest, std::uint64_t seed, std::size_t trials, Read read) {
  ASSERT_TRUE(read(honest));
  std::size_t accepted = 0;
  for (std::size_t trial = 0; trial < trials * effort(); ++trial) {
    Dice dice(seed, trial);
    std::string file = honest;
    for (std::size_t n = 1 + dice.below(3); n > 0; --n) mutate(file, dice);
    try {
      accepted += read(file);
    } catch (const std::exception& e) {
      FAIL() << "seed " << seed << ", trial " << trial << ": " << e.what();
    }
  }
  ::testing::Test::RecordProperty("accepted", static_cast<int>(accepted));
}

TEST(Mutations, OfSafetensorsAreReadOrRefused) {
  const auto read = [](const std::string& file) { return accepts_safetensors(bytes_of(file)); };
  attack(tiny_paper().file(), 1, 2000, read);
  // Only the header, where one byte says most.
  const std::string header = tiny_paper().header().dump(), data = tiny_paper().data();
  attack(header, 2, 4000, [&](const std::string& text) { return read(safetensors_file(text, data)); });
}

TEST(Mutations, OfConfigsAreReadOrRefused) {
  const auto read = [](const std::string& text) { return accepts_config(bytes_of(text)); };
  auto llama = tiny_llama().config;
  llama["rope_scaling"] = {{"rope_type", "llama3"},
                           {"factor", 8.0},
                           {"low_freq_factor", 1.0},
                           {"high_freq_factor", 4.0},
                           {"original_max_position_embeddings", 8192}};
  attack(llama.dump(), 3, 3000, read);
  attack(tiny_gpt2().config.dump(), 4, 1500, read);
  attack(tiny_paper().config.dump(), 5, 1500, read);
}

TEST(Mutations, OfTokenIdsAreReadOrRefused) {
  const auto read = [](const std::string& file) { return accepts_token_ids(bytes_of(file)); };
  attack(R"({"text": "a\n[1]", "ids": [3, 1, 4, 1, 5, 92653], "norms": {"a": [1.5, -2]}})", 6, 2000, read);
  attack("3 1 4 1 5\n92653 ", 7, 1000, read);
  const std::string dictionary = "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 3), }   \n";
  attack("\x93NUMPY" + std::string("\x01\0", 2) + little_endian(dictionary.size(), 2) + dictionary +
             std::string("\1\0\0\0\2\0\0\0\3\0\0\0", 12),
         8, 3000, read);
}

TEST(Mutations, OfCheckpointsAreLoadedOrRefused) {
  std::uint64_t seed = 9;
  for (const TinyCheckpoint& tiny : {tiny_llama(), tiny_gpt2(), tiny_paper()}) {
    const std::string config = tiny.config.dump(), header = tiny.header().dump(), data = tiny.data();
    attack(config, seed++, 400, [&](const std::string& text) {
      return accepts_checkpoint(bytes_of(text), bytes_of(safetensors_file(header, data)));
    });
    attack(header, seed++, 400, [&](const std::string& text) {
      return accepts_checkpoint(bytes_of(config), bytes_of(safetensors_file(text, data)));
    });
  }
}

TEST(Mutations, OfAttentionAreReadOrRefused) {
  TinyCheckpoint unknown = told_gpt_neox();
  unknown.config["architectures"] = {"OtherForCausalLM"};
  unknown.config["model_type"] = "other";
  TinyCheckpoint scaled = told_llama("Qwen3ForCausalLM", "qwen3");
  scaled.config["rope_parameters"] = {
      {"rope_type", "yarn"}, {"factor", 4.0}, {"beta_fast", 32}, {"mscale", 0.7}};
  std::uint64_t seed = 100;
  for (const TinyCheckpoint& tiny :
       {told_llama("Qwen2ForCausalLM", "qwen2"), scaled, told_gemma(3), told_phi3(), told_gpt2(),
        told_opt(false), told_gpt_neox(), told_bert(), unknown}) {
    const std::string config = tiny.config.dump(), header = tiny.header().dump(), data = tiny.data();
    attack(config, seed++, 400, [&](const std::string& text) {
      return accepts_attention(bytes_of(text), bytes_of(safetensors_file(header, data)));
    });
    attack(header, seed++, 400, [&](const std::string& text) {
      return accepts_attention(bytes_of(config), bytes_of(safetensors_file(text, data)));
    });
  }
}

}  // namespace
}  // namespace halfulp
