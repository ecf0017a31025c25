#include "halfulp/linalg/kernels.hpp"

#include <atomic>
#include <cstdlib>
#include <string_view>

namespace halfulp {

namespace baseline {
void fill(Kernels& table);
}
#ifdef HALFULP_X86_TARGETS
namespace avx2 {
void fill(Kernels& table);
}
namespace avx512 {
void fill(Kernels& table);
}
#endif

namespace {

Kernels filled(void (*fill)(Kernels&)) {
  Kernels table;
  fill(table);
  return table;
}

std::vector<const Kernels*> tables_of_this_processor() {
  static const Kernels base = filled(baseline::fill);
  std::vector<const Kernels*> tables = {&base};
#ifdef HALFULP_X86_TARGETS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) {
    static const Kernels wide = filled(avx2::fill);
    tables.push_back(&wide);
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512cd") && tables.size() == 2) {
    static const Kernels widest = filled(avx512::fill);
    tables.push_back(&widest);
  }
#endif
  return tables;
}

const Kernels* default_table() {
  const char* wish = std::getenv("HALFULP_TARGET");
  for (const Kernels* table : available_kernels())
    if (wish && std::string_view(wish) == table->name) return table;
  return available_kernels().back();
}

std::atomic<const Kernels*> forced = nullptr;

}  // namespace

std::vector<const Kernels*> available_kernels() {
  static const std::vector<const Kernels*> tables = tables_of_this_processor();
  return tables;
}

const Kernels& kernels() {
  static const Kernels* const usual = default_table();
  const Kernels* table = forced.load(std::memory_order_acquire);
  return table ? *table : *usual;
}

void use_kernels(const Kernels* table) { forced.store(table, std::memory_order_release); }

}  // namespace halfulp
