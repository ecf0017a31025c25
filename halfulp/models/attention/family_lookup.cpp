#include <algorithm>

#include "halfulp/models/attention/attention_family.hpp"

namespace halfulp {

const AttentionFamily* family_of_type(std::string_view model_type) {
  for (const AttentionFamily& f : known_attention_families())
    if (f.name == model_type || std::find(f.also.begin(), f.also.end(), model_type) != f.also.end())
      return &f;
  return nullptr;
}

const AttentionFamily* family_of_class(std::string_view architecture) {
  for (const AttentionFamily& f : known_attention_families()) {
    if (!architecture.starts_with(f.class_stem)) continue;
    const std::string_view rest = architecture.substr(f.class_stem.size());
    if (rest.empty() || rest.starts_with("For") || rest.starts_with("LMHead") || rest.starts_with("Model") ||
        rest.starts_with("TextModel") || rest.starts_with("MoeFor"))
      return &f;
  }
  return nullptr;
}

std::string attention_families() {
  std::string all;
  for (const AttentionFamily& family : known_attention_families())
    all += (all.empty() ? "" : ", ") + family.label;
  return all;
}

}  // namespace halfulp
