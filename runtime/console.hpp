#pragma once

#include <lodger/console/console.hpp>
#include <lodger/runtime/guest.hpp>

namespace lodger::runtime {

using Console = console::Console<Guest>;

/// The guest's console, or null if Xen gave it none.
Console* console();

/// Called once by the start-up code, on the first thread.
void start_console();

} // namespace lodger::runtime
