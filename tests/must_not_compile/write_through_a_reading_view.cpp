// A view of constants is for reading: no function can change the activations that it was only shown.
// expect: assignment of read-only location|cannot assign to return value
#include "halfulp/base/view.hpp"

void zero_first(halfulp::Row<const double> x, halfulp::Row<double> y) {
#ifdef MISTAKE
  x[0] = 0;
#endif
  y[0] = x[0];
}
