#pragma once

#include <lodger/core/hypervisor.hpp>

#include <span>

namespace lodger::arch {

/// Maps pages that another domain has granted us, one after the other; all of them or none.
/// @return `no_space` when the window has no room left, or what Xen said of one of the pages
Result<std::span<std::byte>>
map_grants(Domain owner, std::span<GrantRef const> refs, Access access);

/// Lets go of pages that `map_grants` mapped, any number of them.
/// @return the first error; what could not be unmapped stays mapped, and its place taken
Result<void> unmap_grants(std::span<std::byte> pages);

/// How many pages of other domains are mapped.
std::size_t foreign_page_count();

} // namespace lodger::arch
