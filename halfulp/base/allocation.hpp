// How the C library keeps memory.
#pragma once

namespace halfulp {

/// Freed memory stays with the process: work that takes and frees the same matrices a thousand times a second
/// would otherwise return their pages and fault them in again each time.  False where the C library has no
/// such setting: nothing is changed.
bool keep_freed_memory();

}  // namespace halfulp
