#pragma once

#include <lodger/runtime/text.hpp>

namespace lodger::runtime {

// The frame of every report of a crash: what goes before and after what it says.

/// A report that itself fails does not start another one: then the guest ends at once.
void begin_report();
void report(Text const& text);
/// Waits for the report to be read, and has Xen take the guest for crashed.
[[noreturn]] void end_report();

} // namespace lodger::runtime
