#include "halfulp/base/parallel.hpp"

#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <memory>

#include "halfulp/base/interrupt.hpp"

namespace halfulp {
namespace {

constexpr int all_processors = tbb::task_arena::automatic;

std::unique_ptr<tbb::task_arena>& arena() {
  static auto arena = std::make_unique<tbb::task_arena>(all_processors);
  return arena;
}

}  // namespace

void set_threads(std::size_t count) {
  arena() = std::make_unique<tbb::task_arena>(
      count == 0 ? all_processors
                 : static_cast<int>(std::min<std::size_t>(count, tbb::info::default_concurrency())));
}

std::size_t threads() { return static_cast<std::size_t>(arena()->max_concurrency()); }

void parallel_for(std::size_t count, std::size_t grain,
                  const std::function<void(std::size_t first, std::size_t last)>& body,
                  Interruptible interruptible) {
  const std::size_t ranges = (count + grain - 1) / grain;
  const auto run = [&](std::size_t r) {
    if (interruptible == Interruptible::yes) throw_if_interrupted();
    body(r * grain, std::min(count, (r + 1) * grain));
  };
  if (ranges <= 1 || threads() == 1) {
    for (std::size_t r = 0; r < ranges; ++r) run(r);
    return;
  }
  arena()->execute([&] { tbb::parallel_for(std::size_t{0}, ranges, run); });
}

}  // namespace halfulp
