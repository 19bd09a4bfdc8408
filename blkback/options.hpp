#pragma once

#include <cstddef>
#include <cstdint>

namespace lodger::blkback {

/// What a backend offers; each feature can be left out. The numbers are those of Linux's blkback
/// (drivers/block/xen-blkback).
struct Options {
    static constexpr std::uint32_t most_ring_page_order = 4;
    static constexpr std::uint32_t most_queues = 16;

    std::uint32_t ring_page_order = most_ring_page_order; ///< log2 of a ring's most pages
    std::uint32_t queues = 1;                             ///< most rings, up to `most_queues`
    std::uint32_t indirect_segments = 256;                ///< most of a request; 0 for none
    bool persistent = true;                               ///< grants that stay mapped
    std::uint32_t persistent_grants = 1056;               ///< most of them, for each queue
    bool flush = true;
    bool barrier = true;
    bool discard = true;
    bool secure_discard = true;
    /// Requests being served at a time, for each queue; the others wait in the ring.
    std::uint32_t depth = 32;
    /// Whether some script says when there is a medium (`hotplug-status`).
    bool waits_for_hotplug = true;
};

} // namespace lodger::blkback
