#pragma once

#include <lodger/blkfront/indirect_frames.hpp>

namespace lodger::blkfront {

/// A pool of pages for data, with the frames for indirect requests that are taken from it.
template <Hypervisor H>
struct DataPages {
    std::unique_ptr<BufferPool<H>> pool;
    std::unique_ptr<IndirectFrames<H>> frames;

    /// @param pages for data; the frames are pages besides
    static Result<DataPages> create(H& hypervisor, std::size_t pages)
    {
        // A frame is of use only with an indirect request, which takes at least twelve pages.
        constexpr std::size_t most_frames = 64;
        std::size_t const count = std::min(pages / 12, most_frames);
        auto pool = LODGER_TRY(BufferPool<H>::create(hypervisor, pages + count));
        auto frames = LODGER_TRY(IndirectFrames<H>::create(*pool, count));
        return DataPages{std::move(pool), std::move(frames)};
    }
};

} // namespace lodger::blkfront
