// Arithmetics of a block whose sites round differently.  A room made of rooms asks for a site's arithmetic by
// name; where there is but one arithmetic, that is the answer.
#pragma once

#include <vector>

#include "halfulp/layers/site.hpp"

namespace halfulp {

/// One arithmetic for each site.
template <class A>
class Sited {
 public:
  using Value = typename A::Value;

  explicit Sited(const A& everywhere) : sites_(site_count, everywhere) {}
  void set(Site site, const A& arithmetic) { sites_[static_cast<std::size_t>(site)] = arithmetic; }
  A& operator[](Site site) { return sites_[static_cast<std::size_t>(site)]; }

 private:
  std::vector<A> sites_;
};

/// The arithmetic of one site.
template <class A>
A& site(A& ar, Site) {
  return ar;
}
template <class A>
A& site(Sited<A>& ar, Site which) {
  return ar[which];
}

}  // namespace halfulp
