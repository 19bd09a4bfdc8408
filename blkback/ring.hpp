#pragma once

#include <lodger/blkback/abi.hpp>
#include <lodger/core/hypervisor.hpp>
#include <lodger/ring/back.hpp>

namespace lodger::blkback {

/// The backend's side of a block device's ring.
template <class H>
using BlockRing = ring::BackRing<Request, Response, typename H::Memory>;

/// What a frontend offers for one queue.
struct QueueOffer {
    Domain frontend;
    std::span<GrantRef const> ring; ///< 1, 2, 4, ... pages
    Port port;
    bool is_persistent; ///< both ends want persistent grants
};

/// A ring over its pages; one that a test brings may want to know whose it is.
template <class Ring, class H>
Ring ring_over(H& hypervisor, std::span<std::byte> pages)
{
    if constexpr (std::constructible_from<Ring, H&, std::span<std::byte>>)
        return Ring{hypervisor, pages};
    else
        return Ring{pages};
}

} // namespace lodger::blkback
