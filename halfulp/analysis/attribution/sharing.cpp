#include "halfulp/analysis/attribution/sharing.hpp"

namespace halfulp {

Sharing sharing_of(Site site, Step step, bool fused) {
  using Among = Sharing::Among;
  switch (step) {
    case Step::stats:
      return {Among::column};
    case Step::table:
      return {Among::token, true};  // every head and layer turns by the same table
    case Step::sum:
      return {Among::column};
    case Step::scale:
    case Step::exp:
    case Step::product:
      // Fused attention spreads what one key's weight lost over all of a head's outputs.
      return fused && site == Site::pv ? Sharing{Among::column} : Sharing{};
    default:
      return {};
  }
}

}  // namespace halfulp
