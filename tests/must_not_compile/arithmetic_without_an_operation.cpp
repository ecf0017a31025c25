// An arithmetic lacks no operation: the concept says which one is missing, at the call and not inside a sum.
// expect: constraints not satisfied|constraint
#include "halfulp/arith/native.hpp"
#include "halfulp/linalg/sum.hpp"

struct NoDivision : halfulp::Native {
  void div(double, double) const = delete;
};

double total(halfulp::Row<const double> x) {
#ifdef MISTAKE
  NoDivision ar;
#else
  halfulp::Native ar;
#endif
  return halfulp::sum(ar, x);
}
