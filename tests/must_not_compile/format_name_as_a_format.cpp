// A name becomes a format through format_named, which refuses unknown ones; never silently.
// expect: invalid initialization of reference|no matching function
#include "halfulp/arith/format.hpp"

int bits(const halfulp::Format& f) { return f.precision; }

int bits_of_bf16() {
#ifdef MISTAKE
  return bits("bf16");
#else
  return bits(halfulp::format_named("bf16"));
#endif
}
