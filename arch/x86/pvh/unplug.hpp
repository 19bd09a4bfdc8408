#pragma once

namespace lodger::arch::pvh {

/// Takes away the disks and network cards that an HVM guest's device model emulates: the same disk
/// seen in two ways would get two writers that know nothing of each other. Harmless where there
/// are none.
void unplug_emulated_devices();

} // namespace lodger::arch::pvh
