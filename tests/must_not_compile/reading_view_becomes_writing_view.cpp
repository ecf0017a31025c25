// A view that reads does not turn into one that writes.
// expect: could not convert|no matching function
#include "halfulp/base/view.hpp"

void write(halfulp::Row<double>) {}

void pass_on(halfulp::Row<const double> x, halfulp::Row<double> y) {
#ifdef MISTAKE
  write(x);
#endif
  write(y);
  (void)x;
}
