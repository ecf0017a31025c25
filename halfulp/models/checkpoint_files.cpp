#include "halfulp/models/checkpoint_files.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/json_reading.hpp"
#include "halfulp/models/mapped_file.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* single_name = "model.safetensors";
constexpr const char* index_name = "model.safetensors.index.json";

/// A line about a file that holds weights in a form that we do not open, or "" when it is none of those.
std::string refusal(const fs::path& file) {
  const std::string ending = file.extension().string();
  if (ending == ".gguf" || ending == ".ggml")
    return display(file) +
           ": GGUF checkpoints are not supported; give the safetensors checkpoint it was made from";
  if (ending == ".bin" || ending == ".pt" || ending == ".pth" || ending == ".ckpt" || ending == ".pkl")
    return fmt::format(
        "{0}: is a pickle checkpoint, which is never opened; convert it in Python: "
        "safetensors.torch.save_file({{k: v.clone().contiguous() for k, v in "
        "torch.load(\"{1}\", weights_only=True).items()}}, \"model.safetensors\")",
        display(file), printable(file.filename().string()));
  if (ending == ".h5" || ending == ".msgpack" || ending == ".onnx" || ending == ".npz")
    return display(file) + ": is not supported; give a safetensors checkpoint";
  return "";
}

[[noreturn]] void fail_without_weights(const fs::path& folder) {
  std::error_code ignored;
  std::set<std::string> lines;  // sorted, so that the answer does not depend on the folder's order
  for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end; it.increment(ignored))
    if (const std::string line = refusal(it->path()); !line.empty()) lines.insert(line);
  if (!lines.empty()) throw input_error(*lines.begin());
  throw input_error(fmt::format("{}: holds neither {} nor {}; give a checkpoint's folder", display(folder),
                                single_name, index_name));
}

/// A shard must lie in the folder itself: no other folders, no "..".
bool is_plain_name(const std::string& name) {
  return name.find('/') == std::string::npos && name.find('\\') == std::string::npos &&
         name.ends_with(".safetensors") && !name.starts_with(".");
}

/// weight_map of the index: tensor -> shard.
std::map<std::string, std::string> read_index(const fs::path& path) {
  const MappedFile file(path);
  const std::string where = display(path);
  const json index = parse_json(file.text(), where);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object())
    throw input_error(where + ": key 'weight_map': is missing or not an object");
  std::map<std::string, std::string> shard_of;
  for (const auto& [tensor, shard] : index["weight_map"].items()) {
    if (!shard.is_string())
      throw input_error(
          fmt::format("{}: key 'weight_map': tensor {}: its file is not a string", where, in_quotes(tensor)));
    const auto& name = shard.get_ref<const std::string&>();
    if (!is_plain_name(name))
      throw input_error(
          fmt::format("{}: key 'weight_map': tensor {}: {} is not the name of a .safetensors file in "
                      "this folder",
                      where, in_quotes(tensor), in_quotes(name)));
    shard_of.emplace(tensor, name);
  }
  if (shard_of.empty()) throw input_error(where + ": key 'weight_map': names no tensor");
  return shard_of;
}

CheckpointFiles open_shards(const fs::path& folder) {
  CheckpointFiles result{folder / index_name, {}};
  const auto shard_of = read_index(result.listing);
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : shard_of) shards.insert(shard);
  std::set<std::string> seen;
  for (const std::string& shard : shards) {
    const fs::path path = folder / shard;
    std::error_code ignored;
    if (!fs::exists(path, ignored))
      throw input_error(fmt::format("{}: shard is missing; {} asks for it", display(path), index_name));
    result.files.push_back(open_safetensors(path));
    for (const StoredTensor& t : result.files.back().tensors) {
      const auto entry = shard_of.find(t.name);
      if (entry == shard_of.end() || entry->second != shard)
        throw input_error(fmt::format("{}: tensor {} at byte {}: {} does not say that it is in this shard",
                                      display(path), in_quotes(t.name), t.offset, index_name));
      seen.insert(t.name);
    }
  }
  for (const auto& [tensor, shard] : shard_of)
    if (!seen.contains(tensor))
      throw input_error(fmt::format("{}: tensor {} is not in this file, where {} places it",
                                    display(folder / shard), in_quotes(tensor), index_name));
  return result;
}

}  // namespace

CheckpointFiles open_checkpoint_files(const fs::path& folder) {
  std::error_code error;
  const auto status = fs::status(folder, error);
  if (!fs::exists(status)) throw input_error(display(folder) + ": no such folder; check the path");
  if (!fs::is_directory(status)) {
    if (const std::string line = refusal(folder); !line.empty()) throw input_error(line);
    throw input_error(display(folder) +
                      ": is a file; give the folder that holds config.json and the weights");
  }
  if (fs::exists(folder / single_name, error)) {
    CheckpointFiles result{folder / single_name, {}};
    result.files.push_back(open_safetensors(result.listing));
    return result;
  }
  if (fs::exists(folder / index_name, error)) return open_shards(folder);
  fail_without_weights(folder);
}

}  // namespace halfulp
