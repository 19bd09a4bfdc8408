#pragma once

#include <lodger/arch/x86/suspend.hpp>

namespace lodger::arch::pv {

/// Suspends a PV guest whose page tables name no frame but its own.
Resumption suspend(BootInfo& boot);

} // namespace lodger::arch::pv
