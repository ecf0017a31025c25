// What can go wrong, by whose fault: the caller (usage_error, shape_error), the world (input_error),
// the machine (resource_error), the user's Ctrl-C (interrupted).  The door turns each into one line on
// stderr and an exit code; the library never prints and never exits.  What arithmetic does (overflow,
// NaN, a vacuous bound) is not an error: it is counted, returned and reported.
#pragma once

#include <stdexcept>
#include <string>

namespace halfulp {

/// Wrong options, unknown names: exit code 2.  The message names the nearest legal values.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Shapes that do not fit together: a mistake of the calling code.
struct shape_error : std::logic_error {
  using std::logic_error::logic_error;
};

/// A file or value that is broken or not supported: exit code 3.
/// The message is one line: file, then tensor, key or byte offset, then what to do.
struct input_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Not enough memory, disk or permission to write: exit code 4.
struct resource_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Ctrl-C was seen (base/interrupt.hpp): exit code 130.
struct interrupted : std::runtime_error {
  interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace halfulp
