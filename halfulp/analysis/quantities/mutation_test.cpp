// Every quantity on hostile inputs: documents with bytes changed, fields swapped, sizes that do not fit. Each
// either has a value or is refused in one line that names the file; nothing crashes and nothing else is
// thrown.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/random.hpp"

namespace halfulp {
namespace {

constexpr const char* whole = R"json({
 "x": [0.5, -1.25, 3.0], "xhat": [0.5, -1.26, 3.0], "s": [0.5, -2, 1.5], "u": 0.00390625, "alpha": 2,
 "rho": 0.001, "n": 5, "t": 8, "p": 4, "arith": "bin8", "format": "fp16", "overflow": "ieee",
 "sqrtd": "exact", "shift": false, "order": "Wv(Xpsi)", "a": "0x1.8p0", "b": [0.5, 1, -2, 0.25],
 "A": [[1, 2, 3], [0.5, -1, 2], [3, 1, 1], [1, 0, -1]],
 "A1": [[1, 2, 3], [0.5, -1, 2], [3, 1, 1], [1, 0, -1]], "b1": [0.5, 1, -2, 0.25],
 "A2": [[1, 2, 3, 1], [0.5, -1, 2, 0], [3, 1, 1, -2]], "b2": [0.5, 1, -2],
 "Wq": [[1, 0.5, 0], [0, 2, 1], [1, 0, 1]], "Wk": [[1, 0, 1], [0.5, 1, 0], [0, 1, 2]],
 "Wv": [[1, 0, 0], [0, 1, 0], [0.25, 0, 1]], "X": [[1, 0.5], [-0.5, 2], [0.25, 1]],
 "layers": [{"A1": [[1, 2, 3]], "b1": [0.5], "A2": [[1], [2], [3]], "b2": [0, 1, 2],
   "Wq": [[1, 0.5, 0], [0, 2, 1], [1, 0, 1]], "Wk": [[1, 0, 1], [0.5, 1, 0], [0, 1, 2]],
   "Wv": [[1, 0, 0], [0, 1, 0], [0.25, 0, 1]]}]})json";

/// Evaluates all quantities; returns how many have a value.
std::size_t evaluate_all(const std::string& text) {
  std::size_t values = 0;
  for (const Quantity* quantity : all_quantities()) {
    try {
      const QuantityFile file = parse_quantity_inputs(text, "m.json");
      quantity->evaluate(file.inputs);
      ++values;
    } catch (const input_error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("m.json: ")) << error.what();
    } catch (const resource_error&) {
    }
  }
  return values;
}

TEST(QuantityMutation, TheWholeDocumentFitsNearlyAllQuantities) {
  EXPECT_GT(evaluate_all(whole), all_quantities().size() - 20);
}

TEST(QuantityMutation, ChangedDocumentsAreEvaluatedOrRefused) {
  const std::string text = whole;
  constexpr std::array<const char*, 16> pieces = {
      "0",       "-0",   "1e308", "-1e-320", "[]",    "[[]]",          "{}", "null", "\"inf\"",
      "\"nan\"", "true", "[[1]]", "[1, 2]",  "1e999", "\"0x1p-1074\"", "2"};
  std::size_t values = 0;
  for (std::uint64_t trial = 0; trial < 400; ++trial) {
    const auto bits = Philox4x32{trial, 0}.block(0);
    std::string changed = text;
    const std::size_t at = bits[0] % changed.size();
    if (trial % 3 == 0) {
      changed[at] = static_cast<char>(bits[1] & 0x7f);
    } else {  // what stands after a colon or a comma becomes a piece
      const std::size_t begin = changed.find_first_of(":,", at);
      if (begin == std::string::npos) continue;
      const std::size_t end = changed.find_first_of(",]}\n", begin + 1);
      changed.replace(begin + 1, end - begin - 1, pieces[bits[2] % pieces.size()]);
    }
    values += evaluate_all(changed);
  }
  EXPECT_GT(values, 10000u);
}

}  // namespace
}  // namespace halfulp
