#pragma once

#include <lodger/blkfront/abi.hpp>
#include <lodger/blkfront/page_grants.hpp>

#include <array>

namespace lodger::blkfront {

/// One page that names the segments of an indirect request, and what we ourselves remember of them:
/// the page is seen by the backend, which may be able to change it.
struct IndirectFrame {
    std::span<std::byte> page{};
    GrantRef ref{};
    std::array<PageIndex, most_indirect_segments> pages{};
    IndirectFrame* next = nullptr;
};

/// The frames of a disk, pages of its pool. They bound how many indirect requests are under way at
/// a time; with none left, large requests go as direct ones.
template <Hypervisor H>
class IndirectFrames {
public:
    /// @param count frames; fewer are made if the pool has fewer pages
    static Result<std::unique_ptr<IndirectFrames>> create(BufferPool<H>& pool, std::size_t count)
    {
        std::unique_ptr<IndirectFrame[]> frames{new (std::nothrow) IndirectFrame[count]{}};
        if (!frames)
            return Failure{Errc::no_memory};
        std::unique_ptr<IndirectFrames> made{new (std::nothrow)
                                                 IndirectFrames{pool, std::move(frames)}};
        if (!made)
            return Failure{Errc::no_memory};
        for (; made->count_ < count; ++made->count_) {
            auto const page = pool.allocate(page_size);
            if (!page)
                break;
            made->frames_[made->count_].page = *page;
        }
        return made;
    }

    IndirectFrames(IndirectFrames const&) = delete;
    IndirectFrames& operator=(IndirectFrames const&) = delete;
    ~IndirectFrames()
    {
        for (std::size_t i = 0; i < count_; ++i)
            pool_.free(frames_[i].page);
    }

    /// Shows all frames to the backend, until `disconnect`; all of them are free then. Those that
    /// cannot be shown are not used. May be done again.
    [[gnu::cold]] void connect(PageGrants<H>& grants)
    {
        disconnect(grants);
        first_ = nullptr;
        for (std::size_t i = 0; i < count_; ++i) {
            IndirectFrame& frame = frames_[i];
            PageIndex const page = pool_.index_of(frame.page.data());
            auto const ref = grants.acquire(page, Access::read_only);
            if (!ref)
                continue;
            frame.ref = *ref;
            put(frame);
        }
    }

    /// The end of `connect`; until then nothing may be in the ring.
    [[gnu::cold]] void disconnect(PageGrants<H>& grants)
    {
        for (std::size_t i = 0; i < count_; ++i)
            if (std::exchange(frames_[i].ref, {}) != PageGrants<H>::none)
                grants.release(pool_.index_of(frames_[i].page.data()), Access::read_only);
    }

    IndirectFrame* take()
    {
        IndirectFrame* const frame = first_;
        if (frame)
            first_ = frame->next;
        return frame;
    }
    void put(IndirectFrame& frame) { frame.next = std::exchange(first_, &frame); }

private:
    IndirectFrames(BufferPool<H>& pool, std::unique_ptr<IndirectFrame[]> frames)
        : pool_{pool},
          frames_{std::move(frames)}
    {
    }

    BufferPool<H>& pool_;
    std::unique_ptr<IndirectFrame[]> frames_;
    std::size_t count_ = 0;
    IndirectFrame* first_ = nullptr;
};

} // namespace lodger::blkfront
