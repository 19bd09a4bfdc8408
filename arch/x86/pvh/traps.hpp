#pragma once

namespace lodger::arch::pvh {

/// Fills the interrupt descriptor table, and the task segment, whose stack for double faults is
/// how an overflow of the stack can be reported at all. Interrupts stay off for good.
void install_traps();

} // namespace lodger::arch::pvh
