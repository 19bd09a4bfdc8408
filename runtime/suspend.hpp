#pragma once

#include <lodger/arch/x86/suspend.hpp>

namespace lodger::runtime {

using arch::Resumption;

/// Suspends the guest, as `xl save` and `xl migrate` ask, and returns when it goes on. No other
/// thread runs in between. XenStore and the console go on by themselves; who has other ports or
/// grants compares `guest().incarnation()`, which a restoration counts up.
/// @return an error if it was not suspended: XenStore's daemon does not take what was sent to it
Result<Resumption> suspend();

} // namespace lodger::runtime
