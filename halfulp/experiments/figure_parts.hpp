// What the experiments on random transformers read from their options in the same way.
#pragma once

#include <fmt/format.h>

#include <cmath>

#include "halfulp/base/error.hpp"
#include "halfulp/experiments/figure.hpp"

namespace halfulp {

/// The arithmetics asked for, else these.  Throws usage_error for unknown names and those that stand twice.
std::vector<Arithmetics> arithmetics_of(const FigureOptions& options,
                                        const std::vector<std::string>& otherwise);

/// The one value given, else `otherwise`; usage_error for several.
template <class T>
T one_of(const char* option, const std::vector<T>& values, T otherwise) {
  if (values.size() > 1) throw usage_error(fmt::format("{}: one value; Figure 2 takes several", option));
  return values.empty() ? otherwise : values.front();
}

/// Deviations d^(-1/4) of Figure 1's perceptron: sqrt twice, so that every machine gives the same bits.
inline double perceptron_deviation(std::size_t d) { return std::sqrt(1 / std::sqrt(static_cast<double>(d))); }

/// s with what the options say of sizes, norm, granularity and distributions.
Setup changed(Setup s, const FigureOptions& options);

}  // namespace halfulp
