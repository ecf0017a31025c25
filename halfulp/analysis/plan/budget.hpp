// What a plan must reach: a limit of what rounding does to the output, or a number of promotions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace halfulp {

struct Budget {
  /// relative: a fraction of what the base is predicted to do in mean KL divergence.
  enum class Kind { kld, flips, logits, relative, top };
  Kind kind = Kind::relative;
  double limit = 0.1;     // nats; fraction of greedy tokens; rms of the logits' error; fraction of the base
  std::size_t count = 0;  // of Kind::top

  /// "kld=1e-04", "flips=0.1%", "top 3".
  std::string text() const;
};

/// "kld=1e-4", "kld=10%" (of the base), "flips=0.1%" or "flips=0.001", "logits=0.01".  Throws usage_error for
/// any other word, and for a limit that is not a number above 0.
Budget budget_named(std::string_view text);

}  // namespace halfulp
