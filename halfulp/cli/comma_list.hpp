// Options that take several values in one argument:  --lambda 0.5,1,2
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "halfulp/base/error.hpp"

namespace halfulp {

/// What stands between the commas.  Throws usage_error where nothing does: a list with a hole is a mistake.
inline std::vector<std::string> between_commas(const std::string& name, const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t first = 0, end = 0; end != std::string::npos; first = end + 1) {
    end = text.find(',', first);
    all.push_back(text.substr(first, end - first));
    if (all.back().empty())
      throw usage_error(name + " " + text.substr(0, 64) + ": a value is missing beside a comma");
  }
  return all;
}

/// An option whose values, also those of its repetitions, replace `values`; `check` sees each.  Throws
/// usage_error (when parsed) for a value that is no T, or that check refuses.
template <class T>
CLI::Option* add_comma_list(CLI::App& verb, const std::string& name, std::vector<T>& values,
                            const std::string& help, CLI::Validator check = {}) {
  const auto parse = [&values, name, check](const std::vector<std::string>& texts) {
    values.clear();
    for (const std::string& text : texts)
      for (std::string& item : between_commas(name, text)) {
        if (const std::string complaint = check(item); !complaint.empty())
          throw usage_error(name + ": " + complaint);
        if (!CLI::detail::lexical_cast(item, values.emplace_back()))
          throw usage_error(name + ": '" + item.substr(0, 64) + "' is not a number");
      }
  };
  return verb.add_option_function<std::vector<std::string>>(name, parse, help)
      ->allow_extra_args(false)
      ->type_name(CLI::detail::type_name<T>());
}

}  // namespace halfulp
