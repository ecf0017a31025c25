// What a head's numbers are held against.  Every threshold says where it comes from.
#pragma once

#include <string>
#include <vector>

namespace halfulp {

struct HeadSpectra;
struct ModelSpectra;

struct Flag {
  const char* name;  // as results name it
  double threshold;
  const char* condition;  // what is held against it
  const char* meaning;    // what to think of it
  const char* origin;     // of the threshold
};

/// All that there are.
const std::vector<Flag>& spectra_flags();

/// Names of those that hold for a head.  median_sigma: of sigma_max of W_k^T W_q over the model's heads.
std::vector<std::string> flags_of(const HeadSpectra& head, double median_sigma);

}  // namespace halfulp
