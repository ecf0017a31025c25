#include "halfulp/models/paper_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "halfulp/base/error.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/base/suggest.hpp"
#include "halfulp/models/normal_numbers.hpp"

namespace halfulp {
namespace {

Matrix<double> matrix_of(const WeightView& view) {
  Matrix<double> m(view.rows, view.columns);
  for (std::size_t i = 0; i < m.rows(); ++i)
    for (std::size_t j = 0; j < m.columns(); ++j) m(i, j) = view.at(i, j);
  return m;
}
std::vector<double> row_of(const WeightView& view, std::size_t size) {
  std::vector<double> row(size, 0.0);
  if (!view.empty())
    for (std::size_t i = 0; i < size; ++i) row[i] = view.at(0, i);
  return row;
}

/// Standard normal numbers in the order of calls.
class Normal {
 public:
  explicit Normal(std::uint64_t seed) : stream_{seed, 0x70617065726d6f64} {}
  double operator()() {
    if (drawn_ % 2 == 0) pair_ = normal_pair(stream_, drawn_ / 2);
    return pair_[drawn_++ % 2];
  }
  Matrix<double> matrix(std::size_t rows, std::size_t columns, double deviation) {
    Matrix<double> m(rows, columns);
    for (double& entry : m.values()) entry = deviation * (*this)();
    return m;
  }

 private:
  Philox4x32 stream_;
  std::uint64_t drawn_ = 0;
  std::array<double, 2> pair_{};
};

template <class Number>
Number number_of(const std::string& key, std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most))
    throw usage_error(fmt::format("--random {}={}: a {}number from {} to {}", key,
                                  std::string(text.substr(0, 40)), std::is_integral_v<Number> ? "whole " : "",
                                  least, most));
  return value;
}

}  // namespace

PaperModel paper_model(const Checkpoint& checkpoint, std::span<const std::uint32_t> tokens,
                       std::string_view path) {
  const Architecture& a = checkpoint.architecture;
  if (a.family != Family::paper)
    throw input_error(fmt::format(
        "{}: not the paper's architecture (model_type 'paper': one head, ReLU, no gains); the bounds are "
        "theorems about it, `halfulp profile` measures any model",
        path));
  PaperModel model{a.norm, {}, Matrix<double>(a.width, tokens.size())};
  const TransformerWeights& weights = checkpoint.weights;
  for (std::size_t t = 0; t < tokens.size(); ++t)
    for (std::size_t i = 0; i < a.width; ++i)
      model.x(i, t) =
          weights.embedding.at(tokens[t], i) + (weights.positions.empty() ? 0.0 : weights.positions.at(t, i));
  for (const BlockWeights& block : weights.blocks)
    model.blocks.push_back({matrix_of(block.query.weight), matrix_of(block.key.weight),
                            matrix_of(block.value.weight), matrix_of(block.mlp_in.weight),
                            matrix_of(block.mlp_out.weight), row_of(block.mlp_in.bias, a.inner),
                            row_of(block.mlp_out.bias, a.width)});
  return model;
}

RandomPaperModel random_paper_model_named(const std::string& text) {
  RandomPaperModel random;
  const std::vector<std::string> keys{"d", "n", "D", "L", "norm", "seed", "scale"};
  std::vector<std::string> seen;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const std::size_t equals = item.find('=');
    const std::string key(item.substr(0, std::min(equals, std::size_t{64})));
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      throw usage_error(fmt::format("--random: '{}' stands twice", key));
    seen.push_back(key);
    const std::string_view value = equals == std::string_view::npos ? "" : item.substr(equals + 1);
    if (key == "d")
      random.d = number_of<std::size_t>(key, value, 1, 4096);
    else if (key == "n")
      random.n = number_of<std::size_t>(key, value, 1, 4096);
    else if (key == "D")
      random.inner = number_of<std::size_t>(key, value, 1, 65536);
    else if (key == "L")
      random.layers = number_of<std::size_t>(key, value, 1, 1000);
    else if (key == "seed")
      random.seed = number_of<std::uint64_t>(key, value, 0, ~std::uint64_t{0});
    else if (key == "scale")
      random.scale = number_of<double>(key, value, 1e-6, 1e6);
    else if (key == "norm" && (value == "rms" || value == "layer"))
      random.norm = value == "rms" ? Norm::rms : Norm::layer;
    else if (key == "norm")
      throw usage_error(fmt::format("--random norm={}: rms or layer", std::string(value.substr(0, 40))));
    else
      throw usage_error(
          fmt::format("--random: unknown '{}': did you mean {}?  It has d, n, D, L, norm, seed, scale", key,
                      list_of(nearest_names(key, keys))));
  }
  return random;
}

std::string text_of(const RandomPaperModel& r) {
  return fmt::format("d={},n={},D={},L={},norm={},seed={},scale={}", r.d, r.n, r.inner, r.layers,
                     r.norm == Norm::rms ? "rms" : "layer", r.seed, r.scale);
}

PaperModel paper_model(const RandomPaperModel& random) {
  Normal normal(random.seed);
  const double perceptron = std::sqrt(1 / std::sqrt(static_cast<double>(random.d)));
  PaperModel model{random.norm, {}, normal.matrix(random.d, random.n, 1)};
  for (std::size_t l = 0; l < random.layers; ++l) {
    throw_if_interrupted();
    PaperBlock<double> block;
    for (Matrix<double>* w : {&block.wq, &block.wk, &block.wv})
      *w = normal.matrix(random.d, random.d, random.scale);
    block.a1 = normal.matrix(random.inner, random.d, perceptron);
    block.a2 = normal.matrix(random.d, random.inner, perceptron);
    block.b1.assign(random.inner, 0.0);
    block.b2.assign(random.d, 0.0);
    model.blocks.push_back(std::move(block));
  }
  return model;
}

}  // namespace halfulp
