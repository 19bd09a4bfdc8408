#pragma once

#include <lodger/blkback/medium.hpp>
#include <lodger/core/shared.hpp>

#include <algorithm>
#include <cstring>

namespace lodger::blkback {

/// Copies between the frontend's pages and the place on a medium that they are for.
template <SharedAccess Memory>
void copy_pieces(Task const& task, std::span<std::byte> place)
{
    for (std::span<std::byte> const piece : task.pieces) {
        if (task.action == Action::write)
            Memory::copy_in(place.data(), piece.data(), piece.size());
        else
            Memory::copy_out(piece.data(), place.data(), piece.size());
        place = place.subspan(piece.size());
    }
}

/// A RAM disk: everything is done at once, and nothing outlives the guest. Borrows its memory.
template <SharedAccess Memory = SharedMemory>
class MemoryMedium {
public:
    /// @param bytes whole sectors
    /// @param info `VDISK_*`
    explicit MemoryMedium(std::span<std::byte> bytes, std::uint32_t info = 0)
        : bytes_{bytes},
          info_{info}
    {
    }

    Geometry geometry() const { return {.size = bytes_.size(), .info = info_}; }

    void begin(Task& task)
    {
        std::span<std::byte> const place = bytes_.subspan(task.offset, task.length);
        switch (task.action) {
        case Action::read:
        case Action::write: copy_pieces<Memory>(task, place); break;
        case Action::flush: break; // There is no cache to flush.
        case Action::discard: std::ranges::fill(place, std::byte{}); break;
        }
        task.finish({});
    }

    void cancel(Task&) {}

private:
    std::span<std::byte> bytes_;
    std::uint32_t info_;
};

static_assert(Medium<MemoryMedium<>>);

} // namespace lodger::blkback
