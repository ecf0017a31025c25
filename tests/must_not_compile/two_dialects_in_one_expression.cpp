// Plain operators are our reasoning, ar. calls the computation under study: they do not mix.
// expect: no match for .operator.|invalid operands
#include "halfulp/arith/running_error.hpp"

halfulp::Bounded twice(halfulp::RunningError& ar, halfulp::Bounded a) {
#ifdef MISTAKE
  return ar.add(a, a + a);
#else
  return ar.add(a, a);
#endif
}
