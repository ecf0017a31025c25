#include "halfulp/base/allocation.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace halfulp {

void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 64 << 20);
#endif
}

}  // namespace halfulp
