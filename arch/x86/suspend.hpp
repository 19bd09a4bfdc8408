#pragma once

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/core/result.hpp>

#include <xen/xen.h>

namespace lodger::arch {

/// How a guest that had suspended went on: where it was, or in a new domain that was made from
/// what was saved.
enum class Resumption : std::uint8_t { cancelled, restored };

/// Tells the toolstack what it looks at before it even asks for a suspend. To be called once,
/// before memory is given out.
Result<void> prepare_suspend(BootInfo& boot, shared_info_t& shared);

/// Suspends, and returns when the guest goes on. Meanwhile nothing of `shared`, and no grant table,
/// is mapped. After a cancelled suspend all is as it was; after a restoration `shared` is a new
/// page of Xen's at the same address, the ports in `boot` are new, and no grant table is mapped.
/// @return an error if the guest did not suspend, and then all is as it was
Result<Resumption> suspend(BootInfo& boot, shared_info_t& shared);

} // namespace lodger::arch
