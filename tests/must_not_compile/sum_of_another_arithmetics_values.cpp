// Values belong to an arithmetic: double-double numbers do not enter a binary64 sum unnoticed.
// expect: no matching function|could not convert|cannot convert
#include "halfulp/arith/native.hpp"
#include "halfulp/linalg/sum.hpp"

double total(halfulp::Row<const double> x, halfulp::Row<const halfulp::DoubleDouble> z) {
  halfulp::Native ar;
  (void)z;
#ifdef MISTAKE
  return halfulp::sum(ar, z);
#else
  return halfulp::sum(ar, x);
#endif
}
