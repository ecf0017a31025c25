#include "halfulp/models/tensor_table.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {

std::string TensorInfo::describe() const {
  return fmt::format("{}: tensor {} at byte {}", display(file), in_quotes(tensor.name), tensor.offset);
}

TensorTable::TensorTable(std::string where, std::vector<TensorInfo>& tensors)
    : where_(std::move(where)), tensors_(tensors) {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const auto [place, is_new] = places_.emplace(tensors_[i].tensor.name, i);
    if (!is_new)
      throw input_error(fmt::format("{}: the name stands already in {}", tensors_[i].describe(),
                                    display(tensors_[place->second].file)));
  }
}

const TensorInfo* TensorTable::find(std::string_view name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? nullptr : &tensors_[place->second];
}

const TensorInfo& TensorTable::take(const std::string& name, const std::vector<std::size_t>& shape) {
  const auto place = places_.find(name);
  if (place == places_.end())
    throw input_error(fmt::format("{}: tensor {} {} is missing; config.json asks for it", where_,
                                  in_quotes(name), describe_shape(shape)));
  TensorInfo& info = tensors_[place->second];
  if (info.tensor.shape != shape)
    throw input_error(fmt::format("{}: shape {}, but config.json asks for {}", info.describe(),
                                  describe_shape(info.tensor.shape), describe_shape(shape)));
  if (!info.tensor.dtype)
    throw input_error(fmt::format("{}: dtype {} is not supported for weights; supported: BF16, F16, F32, F64",
                                  info.describe(), info.tensor.dtype_name));
  info.use = TensorInfo::Use::weight;
  return info;
}

WeightView TensorTable::matrix(const std::string& name, std::size_t rows, std::size_t columns) {
  const StoredTensor& t = take(name, {rows, columns}).tensor;
  return {t.data, *t.dtype, rows, columns, columns, 1};
}

WeightView TensorTable::transposed(const std::string& name, std::size_t rows, std::size_t columns) {
  const StoredTensor& t = take(name, {columns, rows}).tensor;
  return {t.data, *t.dtype, rows, columns, 1, rows};
}

WeightView TensorTable::vector(const std::string& name, std::size_t n) {
  const StoredTensor& t = take(name, {n}).tensor;
  return {t.data, *t.dtype, 1, n, n, 1};
}

void TensorTable::ignore(const std::string& name) {
  if (const auto place = places_.find(name); place != places_.end())
    tensors_[place->second].use = TensorInfo::Use::buffer;
}

void TensorTable::same_as(const std::string& name, const std::string& original, const char* why) {
  const auto place = places_.find(name), other = places_.find(original);
  if (place == places_.end() || other == places_.end()) return;
  TensorInfo& copy = tensors_[place->second];
  const StoredTensor &a = copy.tensor, &b = tensors_[other->second].tensor;
  if (a.dtype_name != b.dtype_name || a.shape != b.shape || std::memcmp(a.data, b.data, a.bytes) != 0)
    throw input_error(fmt::format("{}: differs from {}, but {}", copy.describe(), in_quotes(original), why));
  copy.use = TensorInfo::Use::buffer;
}

void TensorTable::check_nothing_left() const {
  for (const TensorInfo& info : tensors_)
    if (info.use == TensorInfo::Use::none)
      throw input_error(fmt::format("{}: {} {} has no place in the architecture of config.json",
                                    info.describe(), info.tensor.dtype_name,
                                    describe_shape(info.tensor.shape)));
}

}  // namespace halfulp
