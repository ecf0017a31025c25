// Which packed way rounds an array of a carrier to a rule; none where only round() is right.
#pragma once

#include <optional>

#include "halfulp/linalg/kernels.hpp"

namespace halfulp {

std::optional<ArrayJob> array_job_float(const RoundingRule& rule);
std::optional<ArrayJob> array_job_double(const RoundingRule& rule);

}  // namespace halfulp
