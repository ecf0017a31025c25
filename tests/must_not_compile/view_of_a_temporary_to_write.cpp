// Nobody writes into a temporary that dies at the end of the line.
// expect: cannot bind non-const lvalue|could not convert|no matching function
#include <vector>

#include "halfulp/base/view.hpp"

void write(halfulp::Row<double>) {}

void use(std::vector<double>& kept) {
#ifdef MISTAKE
  write(std::vector<double>(3));
#endif
  write(kept);
}
