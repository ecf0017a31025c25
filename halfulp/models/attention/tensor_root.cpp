#include "halfulp/models/attention/tensor_root.hpp"

#include <fmt/format.h>

#include <set>

#include "halfulp/base/error.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {

bool is_other_tower(std::string_view root) {
  for (const std::string_view word : {"vision", "visual", "audio", "image", "speech"})
    if (root.find(word) != std::string_view::npos) return true;
  return false;
}

std::string find_root(const TensorTable& table, const LayerNames& names) {
  const std::string probe =
      names.layers + "0." + (names.fused.empty() ? names.query : names.fused) + ".weight";
  std::set<std::string> roots, others;
  for (const TensorInfo& info : table.tensors()) {
    const std::string& name = info.tensor.name;
    if (!name.ends_with(probe)) continue;
    const std::string root = name.substr(0, name.size() - probe.size());
    if (root.empty() || root.ends_with('.')) (is_other_tower(root) ? others : roots).insert(root);
  }
  if (roots.empty()) roots = others;
  if (roots.empty())
    throw input_error(fmt::format("{}: tensor '{}' is missing, with any prefix; config.json asks for it",
                                  table.where(), probe));
  if (roots.size() > 1)
    throw input_error(
        fmt::format("{}: tensor '{}' stands below {} and below {}; give a checkpoint of one model",
                    table.where(), probe, in_quotes(*roots.begin()), in_quotes(*roots.rbegin())));
  return *roots.begin();
}

}  // namespace halfulp
