#pragma once

namespace lodger::arch::pvh {

/// Looks for Xen, and learns how it is called on this CPU. Where there is no Xen, says so where a
/// person may see it and stops.
void find_xen();

} // namespace lodger::arch::pvh
