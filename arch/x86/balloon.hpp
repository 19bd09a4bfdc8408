#pragma once

#include <lodger/core/ids.hpp>
#include <lodger/core/result.hpp>

namespace lodger::arch {

/// Gives a page of our own memory back to Xen, cleared. Nothing may be mapped or granted in it.
Result<void> give_to_xen(Pfn page);

/// Gets memory for a page that was given back.
/// @return `no_memory` if Xen has none for us
Result<void> get_from_xen(Pfn page);

} // namespace lodger::arch
