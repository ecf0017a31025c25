#include "halfulp/base/allocation.hpp"

#include <sys/resource.h>

#include <array>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace halfulp {
namespace {

long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

/// As a layer does: takes the matrices one after the other, writes each, frees them backwards.
void take_and_free(int times) {
  constexpr std::size_t bytes = 24 << 10, page = 4096;
  for (int i = 0; i < times; ++i) {
    std::array<std::unique_ptr<char[]>, 12> blocks;
    for (auto& block : blocks) {
      block = std::make_unique<char[]>(bytes);
      for (std::size_t at = 0; at < bytes; at += page) static_cast<volatile char*>(block.get())[at] = 1;
    }
    for (std::size_t left = blocks.size(); left > 0; --left) blocks[left - 1].reset();
  }
}

TEST(Allocation, FreedMemoryIsNotFaultedInAgain) {
  if (!keep_freed_memory()) GTEST_SKIP() << "the C library has no such setting";
  std::thread([] {
    take_and_free(10);
    const long before = page_faults();
    take_and_free(1000);
    EXPECT_LT(page_faults() - before, 1000);
  }).join();
}

}  // namespace
}  // namespace halfulp
