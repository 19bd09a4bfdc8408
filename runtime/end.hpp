#pragma once

#include <lodger/runtime/command_line.hpp>

namespace lodger::runtime {

/// Takes note of `lodger.crash_on_failure`, with which an exit status other than 0 is a crash for
/// Xen, so that `on_crash=` in the guest's configuration applies.
void choose_end(CommandLine const& command_line);

/// Something is lost, and no caller is there to be told: this prints what, and an exit status of 0
/// becomes 1.
void report_loss(std::string_view what);

/// Ends the guest after its output has been read: status 0 is SHUTDOWN_poweroff; any other is
/// printed first.
[[noreturn]] void end(int status);

/// Returns to the thread that is the first to end the guest, however often it asks; every other one
/// waits here for that end, before which files and disks are closed. An event handler, which cannot
/// wait, is not held up.
void be_first_to_end();
/// Whether there is such a thread.
bool has_begun_to_end();

/// Ends the guest by `exit(0)` from a thread that is not the application's: what that holds of the
/// C library's locks is ignored, since it may wait for ever, for a key say.
/// @param reason `SHUTDOWN_poweroff` or `SHUTDOWN_reboot`
[[noreturn]] void exit_although_others_run(unsigned reason);

/// Whether the C library's locks hold nobody up any more.
bool is_ending();

} // namespace lodger::runtime
