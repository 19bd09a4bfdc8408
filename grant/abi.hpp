#pragma once

/// Xen's grant table interface, and what this directory relies on in it.

#include <lodger/core/hypervisor.hpp>

#include <cstddef>
#include <cstdint>

#include <xen/grant_table.h>
#include <xen/xen.h>

namespace lodger::grant {

// Version 1 of the entry is used on every Xen, and never switched (XSA-255, 268, 379).
static_assert(sizeof(GrantEntry) == sizeof(grant_entry_v1_t));
static_assert(offsetof(GrantEntry, flags) == offsetof(grant_entry_v1_t, flags));
static_assert(offsetof(GrantEntry, domain) == offsetof(grant_entry_v1_t, domid));
static_assert(offsetof(GrantEntry, frame) == offsetof(grant_entry_v1_t, frame));
static_assert(sizeof(GrantEntry) == 8);

inline constexpr std::size_t entries_per_frame = page_size / sizeof(GrantEntry);

/// The domain builder uses the first entries (GNTTAB_RESERVED_CONSOLE, GNTTAB_RESERVED_XENSTORE).
inline constexpr std::uint32_t reserved_entries = GNTTAB_NR_RESERVED_ENTRIES;
static_assert(reserved_entries == 8);

} // namespace lodger::grant
