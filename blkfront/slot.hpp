#pragma once

#include <lodger/blkfront/indirect_frames.hpp>
#include <lodger/blkfront/io.hpp>

namespace lodger::blkfront {

/// What we know of one request in the ring.
struct Slot {
    std::uint64_t id = 0;
    Io* io = nullptr; ///< null once nobody waits for it
    IndirectFrame* frame = nullptr;
    std::uint16_t next_free = 0;
    std::uint16_t page_count = 0;
    Access access{};
    std::uint8_t operation = 0; ///< of an indirect request, the one inside
    bool in_flight = false;
    std::array<PageIndex, most_direct_segments> pages{};
};

} // namespace lodger::blkfront
