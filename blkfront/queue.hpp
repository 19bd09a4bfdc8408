#pragma once

#include <lodger/blkfront/features.hpp>
#include <lodger/blkfront/indirect_frames.hpp>
#include <lodger/blkfront/segments.hpp>
#include <lodger/blkfront/slot.hpp>
#include <lodger/core/trace.hpp>
#include <lodger/ring/front.hpp>

#include <memory>

namespace lodger::blkfront {

/// Turns requests into ring slots and grants, and responses into outcomes; allocates nothing per
/// request, waits for nothing, notifies nobody. Borrows all that it is made of.
///
/// Peer: the backend, not trusted. A response is copied, then checked against what we know to be
/// in the ring; any violation is reported by `reap`, and then the queue must be drained.
template <class H>
class Queue {
    using Ring = ring::FrontRing<Request, Response, typename H::Memory>;

public:
    /// @param pages the ring's, not yet shared
    /// @param handle the device's number, echoed in every request
    /// @param features what the backend does; changed when it turns out that it does not
    static Result<Queue> create(
        std::span<std::byte> pages, PageGrants<H>& grants, IndirectFrames<H>& frames,
        Features& features, std::uint16_t handle)
    {
        Queue queue{pages, grants, frames, features, handle};
        queue.slots_.reset(new (std::nothrow) Slot[queue.capacity()]{});
        if (!queue.slots_)
            return Failure{Errc::no_memory};
        for (std::uint16_t i = 0; i < queue.capacity(); ++i)
            queue.slots_[i].next_free = static_cast<std::uint16_t>(i + 1);
        return queue;
    }

    Queue(Queue&&) noexcept = default;
    Queue& operator=(Queue&&) = delete;
    /// Releases every page that is left; the backend should have closed by then.
    ~Queue()
    {
        for (std::size_t i = 0; slots_ && i < capacity(); ++i)
            if (slots_[i].id != Slot::free)
                release_pages(slots_[i]);
    }

    std::size_t capacity() const { return ring_.capacity(); }
    std::size_t in_flight() const { return ring_.in_flight(); }

    /// Puts a request into the ring that is all of it in one page, as most are: what `issue` does,
    /// without a look at anything else.
    /// @return false if it is another one, or `issue` would fail; then nothing happened
    [[gnu::always_inline]] bool issue_short(Io& io)
    {
        Operation const operation = io.operation;
        bool const is_short = moves_data(operation) && io.is_in_one_page();
        if (ring_.is_full() || !is_short || grants_->copies_data()) [[unlikely]]
            return false;
        PageIndex const page = grants_->pool().index_of(io.data.data());
        GrantRef ref = grants_->acquire_granted(page, access_of(operation));
        if (ref == PageGrants<H>::none) [[unlikely]] {
            auto const acquired = grants_->acquire(page, access_of(operation));
            if (!acquired)
                return false;
            ref = *acquired;
        }
        Slot& slot = slots_[first_free_];
        take_slot(slot, io, 1, wire_operation(operation));
        slot.is_short = true;
        slot.pages[0] = page;
        ShortRequest const request{
            .operation = operation_word(slot.operation, handle_),
            .id = slot.id,
            .sector_number = io.offset / wire_sector,
            .segment = segment_word(wire_segment(ref, io.data))};
        put(request, sizeof request, io);
        io.issued_ = io.size_;
        return true;
    }

    /// Puts the next part of a request into the ring: as much of it as one request of the ring
    /// takes. The backend does not see it before `publish`.
    /// @return `busy` while the ring is full, `no_space` while no grant is left for even a page of
    /// it, `too_large` for a barrier of more than one part, `quarantined`
    Result<> issue(Io& io)
    {
        if (ring_.is_full())
            return Failure{Errc::busy};
        switch (io.operation) {
        case Operation::read:
        case Operation::write:
        case Operation::barrier: return issue_transfer(io);
        case Operation::flush: return issue_flush(io);
        case Operation::discard:
        case Operation::secure_discard: return issue_discard(io);
        }
        return Failure{Errc::invalid_argument};
    }

    /// Shows the backend everything issued.
    /// @return whether it has to be notified
    bool publish() { return ring_.publish(); }

    /// Takes every response that is there, and arranges for an event at the next.
    /// @param settle called as `settle(io)` when no part of a request is in the ring any more
    /// @return `protocol` if the backend broke the protocol; then call `drain`
    template <class Settle>
    Result<> reap(Settle settle)
    {
        do {
            for (RING_IDX ready = LODGER_TRY(ring_.available()); ready > 0; --ready) {
                Io* const io = LODGER_TRY(accept(ring_.take()));
                if (io && --io->in_ring_ == 0)
                    settle(*io);
            }
        } while (ring_.final_check());
        return {};
    }

    /// Takes every request out of the ring unanswered. The backend may go on using their pages, so
    /// they stay held for as long as the queue is there.
    /// @param settle as for `reap`
    template <class Settle>
    void drain(Settle settle)
    {
        for (std::size_t i = 0; i < capacity(); ++i) {
            Io* const io = std::exchange(slots_[i].io, nullptr);
            if (io && --io->in_ring_ == 0)
                settle(*io);
        }
    }

    /// Nobody waits for a request any more, and its `Io` may end; its pages stay held until the
    /// responses have come.
    void abandon(Io& io)
    {
        for (std::size_t i = 0; io.in_ring_ > 0 && i < capacity(); ++i) {
            if (slots_[i].io == &io) {
                slots_[i].io = nullptr;
                --io.in_ring_;
            }
        }
    }

private:
    Queue(
        std::span<std::byte> pages, PageGrants<H>& grants, IndirectFrames<H>& frames,
        Features& features, std::uint16_t handle)
        : hypervisor_{&grants.table().hypervisor()},
          grants_{&grants},
          frames_{&frames},
          features_{&features},
          ring_{pages},
          handle_{handle}
    {
    }

    Result<> issue_transfer(Io& io)
    {
        // There is no indirect barrier (xen/include/public/io/blkif.h, BLKIF_OP_INDIRECT).
        bool const is_long =
            io.operation != Operation::barrier && io.has_more_segments_than(most_direct_segments);
        if (is_long && features_->most_segments > most_direct_segments) {
            if (IndirectFrame* const frame = frames_->take())
                return issue_indirect(io, *frame);
        }
        Request request;
        clear(request);
        Slot& slot = slots_[first_free_];
        Segments<H> segments{request.seg, slot.pages};
        LODGER_TRY(gather(io, segments));
        take_slot(slot, io, segments.count);
        slot.start = io.position_;
        request.operation = slot.operation;
        request.nr_segments = static_cast<std::uint8_t>(segments.count);
        request.handle = handle_;
        request.id = slot.id;
        request.sector_number = (io.offset + io.issued_) / wire_sector;
        put(request, offsetof(Request, seg) + segments.count * sizeof(WireSegment), io);
        advance(io, segments);
        return {};
    }

    Result<> issue_indirect(Io& io, IndirectFrame& frame)
    {
        std::array<WireSegment, most_indirect_segments> wire;
        Segments<H> segments{std::span{wire}.first(features_->most_segments), frame.pages};
        if (auto const gathered = gather(io, segments); !gathered) {
            frames_->put(frame);
            return gathered;
        }
        H::Memory::copy_out(frame.page.data(), wire.data(), segments.count * sizeof(WireSegment));
        Slot& slot = slots_[first_free_];
        take_slot(slot, io, segments.count);
        slot.frame = &frame;
        slot.start = io.position_;
        IndirectRequest request;
        clear(request);
        request.operation = BLKIF_OP_INDIRECT;
        request.indirect_op = slot.operation;
        request.nr_segments = slot.page_count;
        request.id = slot.id;
        request.sector_number = (io.offset + io.issued_) / wire_sector;
        request.handle = handle_;
        request.indirect_grefs[0] = frame.ref.value;
        put(request, sizeof request, io);
        advance(io, segments);
        return {};
    }

    Result<> issue_flush(Io& io)
    {
        Request request;
        clear(request);
        Slot& slot = slots_[first_free_];
        take_slot(slot, io, 0);
        request.operation = slot.operation;
        request.handle = handle_;
        request.id = slot.id;
        put(request, offsetof(Request, seg), io);
        io.issued_ = io.size_;
        return {};
    }

    Result<> issue_discard(Io& io)
    {
        DiscardRequest request;
        clear(request);
        Slot& slot = slots_[first_free_];
        take_slot(slot, io, 0);
        request.operation = slot.operation;
        request.flag = io.operation == Operation::secure_discard ? BLKIF_DISCARD_SECURE : 0;
        request.handle = handle_;
        request.id = slot.id;
        request.sector_number = io.offset / wire_sector;
        request.nr_sectors = io.length / wire_sector;
        put(request, sizeof request, io);
        io.issued_ = io.size_;
        return {};
    }

    Result<> gather(Io const& io, Segments<H>& segments)
    {
        LODGER_TRY(segments.gather(*grants_, io));
        if (io.operation != Operation::barrier || segments.bytes == io.size_) [[likely]]
            return {};
        // In two parts it would be two barriers.
        auto const pages = segments.pages.first(segments.count);
        Segments<H>::release(*grants_, pages, access_of(io.operation));
        bool const fits = segments.count < segments.wire.size();
        return Failure{fits ? Errc::no_space : Errc::too_large};
    }

    static void advance(Io& io, Segments<H> const& segments)
    {
        io.issued_ += segments.bytes;
        io.position_ = segments.end;
    }

    void take_slot(Slot& slot, Io& io, std::size_t page_count)
    {
        take_slot(slot, io, page_count, features_->wire_operation(io.operation));
        slot.is_short = false;
    }

    void take_slot(Slot& slot, Io& io, std::size_t page_count, std::uint8_t operation)
    {
        std::uint16_t const index = std::exchange(first_free_, slot.next_free);
        slot.id = (std::uint64_t{++generation_} << 32) | index;
        slot.io = &io;
        slot.operation = operation;
        slot.page_count = static_cast<std::uint16_t>(page_count);
    }

    template <class Form>
    void put(Form const& request, std::size_t size, Io& io)
    {
        trace(
            *hypervisor_, Topic::ring, "request ", request.id & 0xffffffff, " operation ",
            static_cast<std::uint8_t>(request.operation), " sector ", request.sector_number);
        ring_.put(request, size);
        ++io.in_ring_;
    }

    /// @return the request that it answers a part of, if anybody still waits for it
    [[gnu::always_inline]] Result<Io*> accept(Response const& response)
    {
        std::uint64_t const index = response.id & 0xffffffff;
        if (index >= capacity())
            return Failure{Errc::protocol};
        Slot& slot = slots_[index];
        trace(
            *hypervisor_, Topic::ring, "response ", index, " status ",
            static_cast<std::uint16_t>(response.status));
        // Linux's backend answers an indirect request under the operation inside it.
        bool const fits = response.operation == slot.operation ||
                          (slot.frame && response.operation == BLKIF_OP_INDIRECT);
        if (slot.id != response.id || !fits)
            return Failure{Errc::protocol};
        slot.id = Slot::free;
        Io* const io = std::exchange(slot.io, nullptr);
        if (io && response.status != BLKIF_RSP_OKAY) [[unlikely]]
            note(*io, slot, outcome_of(response.status));
        if (slot.is_short) [[likely]] {
            grants_->release(slot.pages[0], slot.access());
        } else {
            take_data(io, slot);
            release_pages(slot);
        }
        slot.next_free = std::exchange(first_free_, static_cast<std::uint16_t>(index));
        return io;
    }

    /// Keeps what came out of a part. What the backend turns out not to do in one form is asked
    /// for in another.
    [[gnu::cold, gnu::noinline]] void note(Io& io, Slot const& slot, Result<> outcome)
    {
        if (outcome.error() == Errc::unsupported &&
            features_->demote(io.operation, slot.operation, slot.frame != nullptr))
            io.must_repeat_ = true;
        else if (io.outcome_)
            io.outcome_ = outcome;
    }

    /// Where data is copied: copies what was read out of the pages that the backend saw.
    [[gnu::noinline]] void take_data(Io const* io, Slot const& slot) const
    {
        if (!grants_->copies_data() || !io || io->operation != Operation::read)
            return;
        Io::Position position = slot.start;
        for (std::size_t i = 0; i < slot.page_count; ++i)
            grants_->fetch(slot.all_pages()[i], io->take_segment(position));
    }

    [[gnu::noinline]] void release_pages(Slot& slot)
    {
        std::size_t const count = std::exchange(slot.page_count, std::uint16_t{0});
        Segments<H>::release(*grants_, slot.all_pages().first(count), slot.access());
        if (IndirectFrame* const frame = std::exchange(slot.frame, nullptr))
            frames_->put(*frame);
    }

    H* hypervisor_;
    PageGrants<H>* grants_;
    IndirectFrames<H>* frames_;
    Features* features_;
    Ring ring_;
    std::unique_ptr<Slot[]> slots_;
    std::uint32_t generation_ = 0;
    std::uint16_t handle_;
    std::uint16_t first_free_ = 0;
};

} // namespace lodger::blkfront
