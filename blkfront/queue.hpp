#pragma once

#include <lodger/blkfront/buffer_pool.hpp>
#include <lodger/blkfront/io.hpp>
#include <lodger/core/trace.hpp>
#include <lodger/grant/table.hpp>
#include <lodger/ring/front.hpp>

#include <memory>

namespace lodger::blkfront {

/// Turns requests into ring slots and grants, and responses into completions; allocates nothing
/// per request, waits for nothing, notifies nobody. Borrows the ring's pages and the pool.
///
/// Peer: the backend, not trusted. A response is copied, then checked against what we know to be
/// in flight; any violation is reported once, by `reap`, and then the queue must be failed. Every
/// request completes exactly once. A page that the backend still has mapped after its response
/// stays held in the pool and is never used again.
template <class H>
class Queue {
    using Ring = ring::FrontRing<Request, Response, typename H::Memory>;

public:
    /// @param pages the ring's, not yet shared
    /// @param handle the device's number, echoed in every request
    static Result<Queue> create(
        grant::Table<H>& grants, Domain backend, std::span<std::byte> pages, BufferPool<H>& pool,
        std::uint16_t handle)
    {
        Queue queue{grants, backend, pages, pool, handle};
        queue.slots_.reset(new (std::nothrow) Slot[queue.ring_.capacity()]{});
        if (!queue.slots_)
            return Failure{Errc::no_memory};
        for (std::uint16_t i = 0; i < queue.ring_.capacity(); ++i)
            queue.slots_[i].next_free = static_cast<std::uint16_t>(i + 1);
        return queue;
    }

    Queue(Queue&&) noexcept = default;
    Queue& operator=(Queue&& other) noexcept
    {
        std::swap(grants_, other.grants_);
        std::swap(pool_, other.pool_);
        std::swap(ring_, other.ring_);
        std::swap(slots_, other.slots_);
        std::swap(backend_, other.backend_);
        std::swap(handle_, other.handle_);
        std::swap(first_free_, other.first_free_);
        std::swap(generation_, other.generation_);
        return *this;
    }
    /// Takes back every grant that is left; the backend should have closed by then. Pages that it
    /// still has mapped stay held.
    ~Queue()
    {
        for (std::size_t i = 0; slots_ && i < capacity(); ++i)
            revoke_pages(slots_[i]);
    }

    std::size_t capacity() const { return ring_.capacity(); }
    std::size_t in_flight() const { return ring_.in_flight(); }

    /// Puts a request into the ring; the backend does not see it before `publish`.
    /// @return `busy` while the ring is full, `no_space` while no grants are left,
    /// `invalid_argument` if the data is not in the pool or has too many pages
    Result<> submit(Io& io)
    {
        if (io.data.empty() || !pool_->contains(io.data))
            return Failure{Errc::invalid_argument};
        if (ring_.free() == 0 || first_free_ == capacity())
            return Failure{Errc::busy};
        std::uint16_t const index = first_free_;
        Slot& slot = slots_[index];
        Request request{}; // What is not used says nothing of our memory.
        LODGER_TRY(grant_pages(slot, request, io));
        first_free_ = slot.next_free;
        slot.io = &io;
        slot.in_flight = true;
        slot.operation = static_cast<std::uint8_t>(io.operation);
        slot.id = (std::uint64_t{++generation_} << 32) | index;
        request.operation = slot.operation;
        request.nr_segments = slot.page_count;
        request.handle = handle_;
        request.id = slot.id;
        request.sector_number = io.offset / wire_sector;
        io.slot_ = index;
        io.in_flight_ = true;
        ring_.put(request);
        trace(
            grants_->hypervisor(), Topic::ring, io.operation == Operation::write ? "write" : "read",
            " slot ", index, " sector ", request.sector_number, " segments ", request.nr_segments);
        return {};
    }

    /// Shows the backend everything submitted.
    /// @return whether it has to be notified
    bool publish() { return ring_.publish(); }

    /// Completes every request whose response is there, and arranges for an event at the next.
    /// @return `protocol` if the backend broke the protocol; then call `fail`
    Result<> reap()
    {
        do {
            for (RING_IDX ready = LODGER_TRY(ring_.available()); ready > 0; --ready)
                LODGER_TRY(accept(ring_.take()));
        } while (ring_.final_check());
        return {};
    }

    /// Completes everything in flight with `error`. The backend may go on using the pages, so they
    /// stay held for as long as the queue is there.
    void fail(Errc error)
    {
        for (std::size_t i = 0; i < capacity(); ++i) {
            if (Io* const io = std::exchange(slots_[i].io, nullptr))
                complete(*io, Failure{error});
        }
    }

    /// The caller no longer waits for a request and its `Io` may end; the pages stay held until
    /// the response has come.
    void abandon(Io& io)
    {
        assert(io.in_flight_ && slots_[io.slot_].io == &io);
        slots_[io.slot_].io = nullptr;
        io.in_flight_ = false;
    }

private:
    /// One request in flight.
    struct Slot {
        Io* io = nullptr; ///< null once its owner has left
        std::uint64_t id = 0;
        bool in_flight = false;
        std::byte const* data = nullptr; ///< in the first page
        std::uint16_t next_free = 0;
        std::uint8_t operation = 0;
        std::uint8_t page_count = 0;
        std::array<GrantRef, most_segments> refs{};
    };

    Queue(
        grant::Table<H>& grants, Domain backend, std::span<std::byte> pages, BufferPool<H>& pool,
        std::uint16_t handle)
        : grants_{&grants},
          pool_{&pool},
          ring_{pages},
          backend_{backend},
          handle_{handle}
    {
    }

    /// Grants each page that the data touches, for this request alone, and no more than it needs:
    /// a backend may only read what is written to the disk.
    Result<> grant_pages(Slot& slot, Request& request, Io const& io)
    {
        std::size_t const start = reinterpret_cast<std::uintptr_t>(io.data.data()) % page_size;
        std::size_t const end = start + io.data.size();
        std::size_t const count = (end + page_size - 1) / page_size;
        if (count > most_segments || (start | end) % wire_sector != 0)
            return Failure{Errc::invalid_argument};
        Access const access =
            io.operation == Operation::write ? Access::read_only : Access::read_write;
        slot.data = io.data.data();
        slot.page_count = 0;
        for (std::size_t i = 0; i < count; ++i) {
            std::byte const* const page = io.data.data() - start + i * page_size;
            auto const ref = grants_->grant(backend_, grants_->hypervisor().gfn(page), access);
            if (!ref) {
                revoke_pages(slot);
                return Failure{ref.error()};
            }
            pool_->hold(page);
            slot.refs[i] = *ref;
            ++slot.page_count;
            std::size_t const first = i == 0 ? start : 0;
            std::size_t const last = std::min(end - i * page_size, page_size);
            request.seg[i] = {
                .gref = ref->value,
                .first_sect = static_cast<std::uint8_t>(first / wire_sector),
                .last_sect = static_cast<std::uint8_t>(last / wire_sector - 1)};
        }
        return {};
    }

    /// A page that the backend has not let go of stays held, and its reference in use.
    void revoke_pages(Slot& slot)
    {
        for (std::size_t i = 0; i < slot.page_count; ++i) {
            if (grants_->revoke(slot.refs[i]))
                pool_->let_go(slot.data + i * page_size);
            else
                grants_->count_quarantined(1);
        }
        slot.page_count = 0;
    }

    Result<> accept(Response const& response)
    {
        std::uint64_t const index = response.id & 0xffffffff;
        if (index >= capacity())
            return Failure{Errc::protocol};
        Slot& slot = slots_[index];
        trace(
            grants_->hypervisor(), Topic::ring, "response slot ", index, " status ",
            static_cast<std::uint16_t>(response.status));
        if (!slot.in_flight || slot.id != response.id || slot.operation != response.operation)
            return Failure{Errc::protocol};
        slot.in_flight = false;
        revoke_pages(slot);
        slot.next_free = std::exchange(first_free_, static_cast<std::uint16_t>(index));
        if (Io* const io = std::exchange(slot.io, nullptr))
            complete(*io, outcome_of(response.status));
        return {};
    }

    static void complete(Io& io, Result<> outcome)
    {
        io.in_flight_ = false;
        io.on_complete(io, outcome);
    }

    grant::Table<H>* grants_;
    BufferPool<H>* pool_;
    Ring ring_;
    std::unique_ptr<Slot[]> slots_;
    Domain backend_;
    std::uint16_t handle_;
    std::uint16_t first_free_ = 0;
    std::uint32_t generation_ = 0;
};

} // namespace lodger::blkfront
