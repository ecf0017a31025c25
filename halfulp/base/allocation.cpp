#include "halfulp/base/allocation.hpp"

#include <cstdlib>  // says whether the C library is glibc

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace halfulp {

bool keep_freed_memory() {
#ifdef __GLIBC__
  // glibc takes no larger threshold than 32 MiB for blocks of their own.
  return ::mallopt(M_TRIM_THRESHOLD, 256 << 20) == 1 && ::mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1;
#else
  return false;
#endif
}

}  // namespace halfulp
