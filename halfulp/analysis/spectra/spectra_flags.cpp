#include "halfulp/analysis/spectra/spectra_flags.hpp"

#include <cmath>

#include "halfulp/analysis/spectra/spectra.hpp"

namespace halfulp {

const std::vector<Flag>& spectra_flags() {
  static const std::vector<Flag> flags = {
      {"hot", 12.8, "rms logit of independent isotropic inputs, scale ||W_k^T W_q||_F",
       "storing q and k in bf16 alone may make errors of 0.1 in a usual score",
       "2 u |k|^T|q| >= 2 u |k^T q| >= 0.1, u = 2^-8 of bf16: rounding q and k may move a score by that "
       "much"},
      {"fp16_overflow", 65504, "bound on the largest possible logit, before a soft-cap",
       "no proof that a score fits into fp16", "the largest number of fp16"},
      {"gauge", 2, "gauge slack of W_k^T W_q, where every change of basis is possible",
       "a balanced basis of queries and keys would make |k|^T|q| half as large, the function being the same",
       "a convention: the error of a score is at most halved"},
      {"ov_gauge", 2, "gauge slack of W_o W_v, where every change of basis is possible",
       "the same of values and outputs", "a convention, as for gauge"},
      {"rank", 0, "singular values of W_k^T W_q that are not proved to be above 0",
       "directions of queries or keys that are lost, or smaller than what binary64 resolves",
       "the proved radius of the singular values"},
      {"outlier", 10, "sigma_max of W_k^T W_q over the median of all heads shown",
       "a head apart from the others", "a convention of this tool, not a theorem"},
      {"condition", 256, "effective condition number of W_k^T W_q, sigma_max over sigma_min",
       "the weakest direction of queries and keys is smaller than what rounding the weights to bf16 may "
       "change",
       "1/u of bf16, u = 2^-8: an error of u sigma_max reaches sigma_min"},
  };
  return flags;
}

std::vector<std::string> flags_of(const HeadSpectra& h, double median_sigma) {
  const std::vector<Flag>& all = spectra_flags();
  std::vector<std::string> names;
  const auto hold = [&](std::size_t which, bool holds) {
    if (holds) names.emplace_back(all[which].name);
  };
  hold(0, !h.logits_normalised && h.typical_logit >= all[0].threshold);
  hold(1, h.logit.before_cap >= all[1].threshold);
  hold(2, h.gauge_is_free && h.kq.gauge_slack > all[2].threshold);
  hold(3, h.ov && h.ov_gauge_is_free && h.ov->gauge_slack > all[3].threshold);
  hold(4, h.kq.rank < h.kq.singular_values.size());
  hold(5, h.kq.sigma_max.value > all[5].threshold * median_sigma);
  hold(6, h.kq.condition.value >= all[6].threshold);
  return names;
}

}  // namespace halfulp
