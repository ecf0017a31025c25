#include "halfulp/analysis/check.hpp"

#include <algorithm>
#include <array>

#include "halfulp/base/interrupt.hpp"

namespace halfulp {
namespace {

QuantityCount& count_of(std::vector<QuantityCount>& quantities, const std::string& name) {
  const auto place =
      std::lower_bound(quantities.begin(), quantities.end(), name,
                       [](const QuantityCount& count, const std::string& n) { return count.name < n; });
  if (place != quantities.end() && place->name == name) return *place;
  return *quantities.insert(place, QuantityCount{name});
}

}  // namespace

const QuantityCheck* check_of(std::string_view quantity) {
  for (const auto& checks : {rounding_checks(), layer_checks(), simulated_checks()}) {
    const auto found = std::find_if(checks.begin(), checks.end(),
                                    [&](const QuantityCheck& check) { return check.name == quantity; });
    if (found != checks.end()) return &*found;
  }
  return nullptr;
}

void CheckResult::add(const VectorFile& file) {
  for (const TestVector& vector : file.vectors) {
    throw_if_interrupted();
    QuantityCount& count = count_of(quantities, vector.quantity);
    const QuantityCheck* check = check_of(vector.quantity);
    if (check == nullptr) {
      ++count.skipped;
      ++total.skipped;
      continue;
    }
    Verdict verdict = check->judge(vector);
    ++(verdict.passed ? count.passed : count.failed);
    ++(verdict.passed ? total.passed : total.failed);
    if (!verdict.passed) failures.push_back({file.path, vector.id, vector.quantity, std::move(verdict)});
  }
}

}  // namespace halfulp
