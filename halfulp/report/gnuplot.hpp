// gnuplot as a function from a script to a picture.
#pragma once

#include <string>

namespace halfulp {

/// What gnuplot writes for the script.  Throws resource_error where it is missing (Debian: gnuplot-nox) or
/// fails.
std::string run_gnuplot(const std::string& script);

/// A gnuplot string in single quotes, in which nothing is expanded (between double quotes backticks run
/// commands); control characters become blanks, apostrophes U+2019.
std::string gnuplot_quoted(const std::string& text);

}  // namespace halfulp
