#pragma once

#include <lodger/runtime/services.hpp>
#include <lodger/xenbus/control.hpp>

namespace lodger::runtime {

/// What the guest does when the toolstack asks for something. An application may change any of it
/// at any time. At first:
///
///     poweroff, halt   exit(0), in the thread that serves the toolstack
///     reboot           the same, and then Xen is told to start the guest again
///     suspend          `suspend()`
///     crash            `panic`
///     sysrq            for every key, prints what each thread does
///     memory_target    `set_memory_target()`
xenbus::ControlActions& control_actions();

/// Starts the thread that serves the toolstack, unless it runs. Guests that use XenStore need not
/// call it: `xenstore()` does.
Result<> serve_control(Store& store);

} // namespace lodger::runtime
