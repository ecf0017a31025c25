// The tensors of a checkpoint by name, and which of them have found their place.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/linalg/weight_view.hpp"
#include "halfulp/models/safetensors.hpp"

namespace halfulp {

/// One tensor of a checkpoint, the file it lies in, and what became of it.
struct TensorInfo {
  enum class Use {
    none,
    weight,
    buffer
  };  // a buffer holds what follows from config.json: masks, frequencies

  StoredTensor tensor;
  std::filesystem::path file;
  Use use = Use::none;

  /// "FILE: tensor 'NAME' at byte N": the beginning of a message about it.
  std::string describe() const;
};

/// Takes tensors by name, checking dtype and shape.  All throw input_error naming file, tensor and byte
/// offset.
class TensorTable {
 public:
  /// `where` names the checkpoint in messages about tensors that are in no file; `tensors` must outlive this.
  TensorTable(std::string where, std::vector<TensorInfo>& tensors);

  bool has(std::string_view name) const { return places_.contains(name); }
  /// nullptr when there is none of that name; it is not taken by this.
  const TensorInfo* find(std::string_view name) const;
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// The checkpoint, for messages.
  const std::string& where() const { return where_; }
  /// W [rows, columns], stored so.
  WeightView matrix(const std::string& name, std::size_t rows, std::size_t columns);
  /// W [rows, columns], stored as [columns, rows].
  WeightView transposed(const std::string& name, std::size_t rows, std::size_t columns);
  /// A vector [n] as a matrix of one row.
  WeightView vector(const std::string& name, std::size_t n);
  /// The tensor is there to be ignored, if it is there.
  void ignore(const std::string& name);
  /// The tensor is there a second time, if it is there: it must have the bytes of `original`.
  void same_as(const std::string& name, const std::string& original, const char* why);
  /// Throws when a tensor has neither been taken nor ignored.
  void check_nothing_left() const;

 private:
  const TensorInfo& take(const std::string& name, const std::vector<std::size_t>& shape);

  std::string where_;
  std::vector<TensorInfo>& tensors_;
  std::map<std::string_view, std::size_t, std::less<>> places_;
};

}  // namespace halfulp
