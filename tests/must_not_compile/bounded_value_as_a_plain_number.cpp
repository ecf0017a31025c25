// A value that carries its error bound does not lose it by becoming a plain number.
// expect: cannot convert|no viable conversion
#include "halfulp/arith/running_error.hpp"

double result(halfulp::RunningError& ar, halfulp::Bounded a) {
  const halfulp::Bounded s = ar.add(a, a);
#ifdef MISTAKE
  return s;
#else
  return s.x;
#endif
}
