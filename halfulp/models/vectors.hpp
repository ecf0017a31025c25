// Test vectors: quantities, their inputs and what they must be.
//
//   {"schema", "seed", "entries": [{"id", "quantity", "inputs", "expected"[, "expected_decimal", ...]}]}
//
// Numbers stay text until it is known what they are (a hexadecimal float, a decimal of 4 or of 34 digits).
// Every complaint names file, entry and field.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/base/view.hpp"

namespace halfulp {

/// A number as the file writes it: a string, or a JSON number (then in shortest decimal digits).
struct Literal {
  std::string text;
  bool is_string = true;
};

/// [+-]0xH.HHHp+-E, "inf", "nan" (also with a sign) as the binary64 number that it is; a JSON number as the
/// nearest one.  None for other text, and where binary64 cannot hold the number exactly.
std::optional<double> binary64_of(const Literal& literal);

/// A value of the file whose kind the reader asks for.  Valid as long as its VectorFile.
class VectorValue {
 public:
  VectorValue(const nlohmann::json& value, std::string where, std::string path);

  bool is_list() const;
  bool is_group() const;
  bool is_flag() const;
  bool is_literal() const;
  /// Each throws input_error where the value is of another kind.
  bool flag() const;
  Literal literal() const;
  std::vector<VectorValue> items() const;
  VectorValue member(std::string_view name) const;
  /// "a list of 3", "an object": what is there.
  std::string kind() const;
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  const nlohmann::json* value_;
  std::string where_, path_;  // "FILE: entry ID"; "expected[2]"
};

/// A JSON object of the file: an entry, its inputs, one layer of them.  Valid as long as its VectorFile.
class VectorFields {
 public:
  VectorFields(const nlohmann::json& object, std::string where, std::string path);

  bool has(std::string_view name) const;
  /// Each throws input_error where the field is missing or of another kind; rows of a matrix have one length.
  std::string text(std::string_view name) const;
  bool flag(std::string_view name) const;
  int integer(std::string_view name, int least, int most) const;
  Literal number(std::string_view name) const;
  std::vector<Literal> row(std::string_view name) const;
  Matrix<Literal> matrix(std::string_view name) const;
  VectorValue value(std::string_view name) const;
  VectorFields object(std::string_view name) const;
  std::vector<VectorFields> objects(std::string_view name) const;
  /// Throws input_error: "FILE: entry ID: inputs.A[2][0]: problem".  place: "[2][0]" or nothing.
  [[noreturn]] void fail(std::string_view name, const std::string& problem,
                         const std::string& place = "") const;

 private:
  const nlohmann::json& at(std::string_view name) const;

  const nlohmann::json* object_;
  std::string where_, path_;  // "FILE: entry ID"; "inputs." or ""
};

struct TestVector {
  std::string id, quantity;
  VectorFields entry, inputs;
};

/// A file of vectors; its entries refer to the document, which it shares.
struct VectorFile {
  std::string path;
  std::vector<TestVector> vectors;
  std::shared_ptr<const nlohmann::json> document;
};

/// Throws input_error for files that are missing, larger than 256 MiB, no JSON, or without the outer form
/// above.
VectorFile read_vectors(const std::filesystem::path& path);
/// The inputs of one quantity: the object in a file, or its member "inputs" (so that an entry of a file of
/// vectors can be given as it is).
struct QuantityFile {
  VectorFields inputs;
  std::shared_ptr<const nlohmann::json> document;
};
QuantityFile read_quantity_inputs(const std::filesystem::path& path);
/// `text` as the content of `path`.
QuantityFile parse_quantity_inputs(std::string_view text, const std::string& path);
VectorFile parse_vectors(std::string_view text, const std::string& path);

}  // namespace halfulp
