// What the machine has.
#pragma once

#include <unistd.h>

namespace halfulp {

/// Physical memory in bytes.
inline double physical_memory() {
  return static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace halfulp
