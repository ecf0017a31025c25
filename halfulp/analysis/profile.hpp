// Where a transformer loses digits: the forward pass in a recipe beside a reference, site by site.
//
// For a site f with reference input x and recipe input xhat, f_R in the reference's arithmetic and f_P in the
// recipe's:
//
//   local      f_P(x)    against  f_R(x)     the error made here (Recipe::arithmetic_on_reference)
//   inherited  f_R(xhat) against  f_R(x)     the error that came in, passed on
//   total      f_P(xhat) against  f_R(x)
//   amplification = inherited / error of the site's input (all in norm)
//
// The reference's own error is established by a second run (class ReferenceCheck), not assumed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "halfulp/analysis/error_statistics.hpp"
#include "halfulp/analysis/output_metrics.hpp"
#include "halfulp/analysis/recipe.hpp"
#include "halfulp/base/progress.hpp"

namespace halfulp {

/// certified: binary64, its error established; dd: double-double; fp64: binary64, taken on trust.
enum class ReferenceKind { certified, dd, fp64 };

struct ProfileOptions {
  ReferenceKind reference = ReferenceKind::certified;
  std::vector<bool> layers;  // which to measure; empty: all
  std::uint64_t seed = 0;
  bool include_weights =
      false;             // the reference uses the file's weights; storing them is an error of the recipe
  bool effects = false;  // also run the model once for each site with that site alone rounded
  bool shares = false;   // also predict the share of each site (attribution/contributions.hpp)
};

struct SiteProfile {
  std::optional<std::size_t> layer;  // none outside layers
  Site site = Site::embed;
  ErrorStatistics local, inherited, total;
  std::optional<ErrorStatistics> weight;  // storing the weights, with include_weights
  std::optional<double> amplification;    // none where the input has no error
  std::optional<double> share;            // of the predicted divergence of the output, with shares
  Events events;                          // in the recipe's run
  std::optional<double> reference_error;  // of the reference's value here, in norm
  /// Whether the total is at least 100 times the reference's error; none without a check.
  std::optional<bool> trusted;
};

/// Output error when only this site (in all layers) is rounded.
struct SiteEffect {
  Site site = Site::embed;
  double kld_mean = 0, logit_rms = 0;
  std::uint64_t top1_flips = 0;
};

struct ReferenceReport {
  std::string kind;              // "fp64" or "double_double"
  std::string check;             // "running_error" (rigorous), "double_double", "fp64" (estimates), "none"
  std::optional<double> radius;  // of the logits, in norm
  std::size_t checked_tokens = 0;
};

struct Profile {
  std::vector<SiteProfile> sites;
  OutputMetrics output;
  ReferenceReport reference;
  std::vector<SiteEffect> effects;  // by falling divergence
  std::size_t tokens = 0;
};

/// Runs everything.  tokens are checked ids.  Throws interrupted.
Profile profile(const Architecture& architecture, const TransformerWeights& weights,
                std::span<const std::uint32_t> tokens, const Recipe& recipe, const ProfileOptions& options,
                const Progress& progress = {});

}  // namespace halfulp
