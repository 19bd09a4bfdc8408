#pragma once

#include <cstddef>
#include <cstdint>

namespace lodger::runtime {

/// Gives free memory back to Xen, or gets some of it again, until the guest has about as much as
/// the toolstack wants (`xl mem-set`). What is in use stays, and beyond what the guest began with
/// it cannot grow.
/// @param kib the whole of the guest's memory
void set_memory_target(std::uint64_t kib);

/// Pages that Xen has of ours at the moment.
std::size_t ballooned_pages();

} // namespace lodger::runtime
