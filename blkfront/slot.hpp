#pragma once

#include <lodger/blkfront/indirect_frames.hpp>
#include <lodger/blkfront/io.hpp>

namespace lodger::blkfront {

/// What we know of one request in the ring.
struct Slot {
    /// The id of a free one, which as an answer names no slot at all.
    static constexpr std::uint64_t free = ~std::uint64_t{0};

    std::uint64_t id = free;
    Io* io = nullptr; ///< null once nobody waits for it
    IndirectFrame* frame = nullptr;
    Io::Position start{}; ///< of what is copied: where in the data its part begins
    std::uint16_t next_free = 0;
    std::uint16_t page_count = 0;
    std::uint8_t operation = 0; ///< of an indirect request, the one inside
    bool is_short = false;      ///< put there by `Queue::issue_short`
    std::array<PageIndex, most_direct_segments> pages{};

    /// What its request needs of its pages.
    Access access() const { return access_of(Operation{operation}); }

    /// Room for the pages of its form, of which it has the first `page_count`.
    std::span<PageIndex const> all_pages() const
    {
        return frame ? std::span<PageIndex const>{frame->pages} : std::span<PageIndex const>{pages};
    }
};

} // namespace lodger::blkfront
