// parallel_for, one row at a time.
#pragma once

#include <cstddef>

#include "halfulp/base/parallel.hpp"

namespace halfulp {

/// of_row(i) for every i < rows, at most `grain` rows in a range.
template <class OfRow>
void over_rows(std::size_t rows, std::size_t grain, OfRow of_row) {
  parallel_for(rows, grain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) of_row(i);
  });
}

}  // namespace halfulp
