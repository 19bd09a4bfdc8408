#pragma once

#include <lodger/console/console.hpp>
#include <lodger/runtime/guest.hpp>

namespace lodger::runtime {

using Console = console::Console<Guest>;

/// The guest's console, or null if Xen gave it none.
Console* console();

/// Writes to the console, if there is one, without the C library; for a few words of the runtime's
/// own, and for guests that are to stay small.
void print(std::string_view text);

/// Called once by the start-up code, on the first thread.
void start_console();

} // namespace lodger::runtime
