#pragma once

#include <lodger/core/pages.hpp>
#include <lodger/core/wait.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <memory>

namespace lodger::blkfront {

/// A page of a pool, counted from its start.
using PageIndex = std::uint32_t;

/// The pages that a disk's data goes through, and nothing else: what is granted to a backend never
/// shares a page with anything private. A buffer from here is read and written without a copy.
///
/// A page is free when nobody has allocated it and nobody holds it. It is held for as long as the
/// backend may touch it, which can be longer than its owner keeps it. A page that a backend has not
/// let go of when it should have is quarantined, with its grants: neither free nor used for I/O
/// until they could be ended.
template <Hypervisor H>
class BufferPool {
public:
    /// @param page_count pages, at least 1
    static Result<std::unique_ptr<BufferPool>> create(H& hypervisor, std::size_t page_count)
    {
        std::unique_ptr<Page[]> states{new (std::nothrow) Page[page_count]{}};
        std::unique_ptr<KeptGrants[]> kept{new (std::nothrow) KeptGrants[page_count]{}};
        if (!states || !kept)
            return Failure{Errc::no_memory};
        // Before `new` takes memory, which a return out of its argument would lose.
        Pages<H> pages = LODGER_TRY(Pages<H>::allocate(hypervisor, page_count));
        std::unique_ptr<BufferPool> pool{new (std::nothrow) BufferPool{
            hypervisor, std::move(pages), std::move(states), std::move(kept)}};
        if (!pool)
            return Failure{Errc::no_memory};
        return pool;
    }

    BufferPool(BufferPool const&) = delete;
    BufferPool& operator=(BufferPool const&) = delete;
    /// Pages still held are lost for good rather than reused.
    ~BufferPool()
    {
        if (held_count() > 0)
            pages_.abandon();
    }

    std::size_t page_count() const { return pages_.count(); }

    /// Finds contiguous free pages for at least `size` bytes.
    Result<std::span<std::byte>> allocate(std::size_t size)
    {
        std::size_t const wanted = (size + page_size - 1) / page_size;
        std::size_t run = 0;
        for (std::size_t i = 0; i < page_count(); ++i) {
            run = states_[i].is_free() ? run + 1 : 0;
            if (run == wanted && wanted > 0)
                return take(i + 1 - wanted, wanted);
        }
        return Failure{Errc::no_memory};
    }

    /// Gives an allocation back; pages that are held become free when they are let go.
    void free(std::span<std::byte> pages)
    {
        std::size_t const first = index_of(pages.data());
        for (std::size_t i = first; i < first + pages.size() / page_size; ++i)
            states_[i].allocated = false;
        wake();
    }

    /// Waits until pages may have become free.
    Result<> wait(Deadline deadline) { return lodger::wait(hypervisor_, freed_, deadline); }

    bool contains(std::span<std::byte const> data) const
    {
        auto const pool = std::span<std::byte const>{pages_.bytes()};
        auto const at = static_cast<std::size_t>(data.data() - pool.data());
        return at <= pool.size() && data.size() <= pool.size() - at;
    }

    /// Data that is in the pool.
    std::span<std::byte> part(std::span<std::byte const> data) const
    {
        assert(contains(data));
        auto const start = static_cast<std::size_t>(data.data() - pages_.bytes().data());
        return pages_.bytes().subspan(start, data.size());
    }

    /// The number of the page that an address of the pool lies in.
    PageIndex index_of(std::byte const* address) const
    {
        return static_cast<PageIndex>(
            static_cast<std::size_t>(address - pages_.bytes().data()) / page_size);
    }
    Gfn gfn(PageIndex page) const { return pages_.gfn(page); }
    std::span<std::byte> bytes(PageIndex page) const
    {
        return pages_.bytes().subspan(page * page_size, page_size);
    }

    void hold(PageIndex page) { ++states_[page].holders; }
    void let_go(PageIndex page)
    {
        assert(states_[page].holders > 0);
        if (--states_[page].holders == 0)
            wake();
    }

    /// A grant that could not be ended.
    struct Kept {
        GrantRef ref{0}; // Entry 0 is reserved.
        std::uint32_t incarnation = 0;
    };

    /// Holds a page until its grant has been ended. It may have two: to read, and to write too.
    void quarantine(PageIndex page, Kept kept)
    {
        Page& state = states_[page];
        if (!state.quarantined)
            hold(page);
        kept_[page][state.quarantined ? 1 : 0] = kept;
        state.quarantined = true;
    }
    /// @param end whether a grant that was kept has been ended now
    /// @return whether the page is quarantined no more
    template <class End>
    bool reclaim(PageIndex page, End end)
    {
        bool is_mapped = false;
        for (Kept& kept : kept_[page]) {
            if (kept.ref != GrantRef{0} && end(kept))
                kept = {};
            is_mapped |= kept.ref != GrantRef{0};
        }
        if (is_mapped)
            return false;
        states_[page].quarantined = false;
        let_go(page);
        return true;
    }
    bool is_quarantined(PageIndex page) const { return states_[page].quarantined; }

    std::size_t held_count() const
    {
        std::size_t held = 0;
        for (std::size_t i = 0; i < page_count(); ++i)
            held += states_[i].holders > 0;
        return held;
    }

private:
    struct Page {
        bool allocated = false;
        bool quarantined = false;
        std::uint16_t holders = 0;

        bool is_free() const { return !allocated && holders == 0; }
    };

    using KeptGrants = std::array<Kept, 2>;

    BufferPool(
        H& hypervisor, Pages<H> pages, std::unique_ptr<Page[]> states,
        std::unique_ptr<KeptGrants[]> kept)
        : hypervisor_{hypervisor},
          pages_{std::move(pages)},
          states_{std::move(states)},
          kept_{std::move(kept)}
    {
    }

    void wake()
    {
        if (!freed_.empty())
            hypervisor_.wake(freed_);
    }

    std::span<std::byte> take(std::size_t first, std::size_t count)
    {
        for (std::size_t i = first; i < first + count; ++i)
            states_[i].allocated = true;
        return pages_.bytes().subspan(first * page_size, count * page_size);
    }

    H& hypervisor_;
    Pages<H> pages_;
    std::unique_ptr<Page[]> states_;
    std::unique_ptr<KeptGrants[]> kept_; ///< of quarantined pages
    WaitQueue freed_;
};

template <Hypervisor H>
void free_buffer(BufferPool<H>& pool, std::span<std::byte> pages)
{
    pool.free(pages);
}

/// Pages of a `BufferPool`, given back when this ends.
template <Hypervisor H>
class Buffer {
public:
    /// @param size bytes, rounded up to whole pages
    /// @return `no_memory` if the pool has no such run of free pages now
    static Result<Buffer> allocate(BufferPool<H>& pool, std::size_t size)
    {
        return Buffer{pool, LODGER_TRY(pool.allocate(size))};
    }

    std::span<std::byte> bytes() const { return owned_.handle(); }

private:
    Buffer(BufferPool<H>& pool, std::span<std::byte> bytes) : owned_{pool, bytes} {}

    Owned<BufferPool<H>, std::span<std::byte>, free_buffer<H>> owned_;
};

} // namespace lodger::blkfront
