// The order in which a sum is taken, and whether its products are rounded before they are added.
#pragma once

#include <cstddef>

namespace halfulp {

/// recursive: from 0, left to right.  blocked(b): recursive sums of b terms, then the recursive sum of these.
/// pairwise: halves, recursively; the first half has the larger power of two that is less than the count.
enum class Order { recursive, blocked, pairwise };

struct Summation {
  Order order = Order::recursive;
  std::size_t block = 128;
  /// Products join their sum unrounded (fused multiply-add); recursive and blocked orders only.
  bool fused = false;
  bool operator==(const Summation&) const = default;
};

}  // namespace halfulp
