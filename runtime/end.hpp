#pragma once

#include <lodger/runtime/command_line.hpp>

namespace lodger::runtime {

/// Takes note of `lodger.crash_on_failure`, with which an exit status other than 0 is a crash for
/// Xen, so that `on_crash=` in the guest's configuration applies.
void choose_end(CommandLine const& command_line);

/// Ends the guest after its output has been read: status 0 is SHUTDOWN_poweroff; any other is
/// printed first.
[[noreturn]] void end(int status);

} // namespace lodger::runtime
