// Ctrl-C as a flag: the signal handler only sets it, long loops look at it, and what was begun is undone by
// destructors on the way out (no half-written file, exit code 130).
#pragma once

namespace halfulp {

/// Sets the flag on SIGINT and SIGTERM; a second signal ends the process at once.
void catch_interrupts();
/// From here on a signal ends the process at once, with the same code: for work that has nothing to undo and
/// may be waiting for input.
void exit_on_interrupt();
bool is_interrupted();
/// Throws `interrupted` when the flag is set.
void throw_if_interrupted();

}  // namespace halfulp
