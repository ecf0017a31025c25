// Work shared among threads, with results that do not depend on how many there are: every index writes its
// own output, and reductions are the caller's, in index order.
#pragma once

#include <cstddef>
#include <functional>

namespace halfulp {

/// Threads that parallel_for may use, at most one a processor; 0 means all processors.  Not to be changed
/// while a parallel_for runs.
void set_threads(std::size_t count);
std::size_t threads();

/// Whether Ctrl-C ends the work between two ranges, or only after it, because half of it would be wrong.
enum class Interruptible { yes, no };

/// body(first, last) over disjoint ranges that cover 0 .. count - 1, each at most `grain` long (ranges are
/// multiples of grain, so that they do not depend on the number of threads).  The first exception thrown is
/// rethrown; polls base/interrupt.hpp between ranges.
void parallel_for(std::size_t count, std::size_t grain,
                  const std::function<void(std::size_t first, std::size_t last)>& body,
                  Interruptible interruptible = Interruptible::yes);

}  // namespace halfulp
