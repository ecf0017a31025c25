// Processes that work on one task together, on one machine or many: MPI, where the build found it and mpirun
// started the program; one process otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace halfulp {

class Processes {
 public:
  /// Joins the others; once, first thing in main.
  Processes(int& argc, char**& argv);
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;
  /// Ends all processes where this one failed (exit_code 2 and more), so that none waits for it.
  void leave(int exit_code);
};

/// How many there are, and which this is; number 0 speaks to the user.  processes() throws resource_error
/// where mpirun started several of a program built without MPI: each would do all the work.
std::size_t processes();
std::size_t process();

/// The words of every process in the order of their numbers, at process 0; nothing elsewhere.  All call it
/// together.  Throws resource_error where one message has 2^31 words or more.
std::vector<std::vector<std::uint64_t>> gathered(const std::vector<std::uint64_t>& words);
/// The words of process 0, everywhere.
std::vector<std::uint64_t> from_first(std::vector<std::uint64_t> words);

}  // namespace halfulp
