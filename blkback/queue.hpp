#pragma once

#include <lodger/blkback/order.hpp>
#include <lodger/blkback/pages.hpp>
#include <lodger/blkback/ring.hpp>
#include <lodger/core/trace.hpp>
#include <lodger/event/event_channel.hpp>
#include <lodger/grant/mapping.hpp>

namespace lodger::blkback {

/// One ring of a block device and the requests taken out of it: maps what they name, has the
/// medium do it, answers. Owns the mappings and the port; waits for nothing. Its tasks name it, so
/// it does not move.
///
/// Peer: the frontend, not trusted. A request is copied out of the ring once, and so are the
/// segments of an indirect one; only the copies are checked and used. A request that makes no sense
/// is answered with BLKIF_RSP_ERROR; an index that cannot be is reported once, by `serve`, and then
/// the ring is served no more.
/// @tparam Ring a `BackRing`, or what a test puts in its place
template <MappingHypervisor H, Medium M, class Ring = BlockRing<H>>
class Queue {
public:
    /// @param work woken for each event, and when more can be taken
    static Result<std::unique_ptr<Queue>> create(
        H& hypervisor, M& medium, Options const& options, QueueOffer const& offer, WaitQueue& work)
    {
        auto ring = LODGER_TRY(
            grant::Mapping<H>::create(hypervisor, offer.frontend, offer.ring, Access::read_write));
        auto channel =
            LODGER_TRY(event::EventChannel<H>::bind(hypervisor, offer.frontend, offer.port));
        std::size_t const most_segments_here =
            std::max<std::size_t>(options.indirect_segments, most_segments);
        auto pages = LODGER_TRY(FrontendPages<H>::create(
            hypervisor, offer.frontend, offer.is_persistent ? options.persistent_grants : 0,
            most_segments_here));
        std::unique_ptr<Queue> queue{new (std::nothrow) Queue{
            hypervisor, medium, options, std::move(ring), std::move(channel), std::move(pages),
            work}};
        if (!queue)
            return Failure{Errc::no_memory};
        LODGER_TRY(queue->make_slots(most_segments_here));
        LODGER_TRY(queue->channel_.listen(Listener::of<&Queue::on_event>(*queue)));
        return queue;
    }

    Queue(Queue const&) = delete;
    Queue& operator=(Queue const&) = delete;
    /// What the medium still has to do is cancelled, and never answered.
    ~Queue()
    {
        for (std::size_t i = 0; slots_ && i < depth_; ++i) {
            if (slots_[i].is_begun)
                medium_.cancel(slots_[i]);
            pages_.release(slots_[i].pages());
        }
    }

    /// Takes requests, as many as there is room for, and shows the answers that are there.
    /// @return whether there may be more to take at once, after others had their turn; `protocol`
    /// if the frontend broke the protocol
    Result<bool> serve()
    {
        if (is_broken_)
            return false;
        is_serving_ = true;
        auto const more = take_some();
        is_serving_ = false;
        is_broken_ = !more;
        publish();
        return more;
    }

    /// The ring's pages as we see them.
    std::span<std::byte> ring_bytes() const { return mapping_.bytes(); }
    std::size_t kept_pages() const { return pages_.kept_count(); }
    std::size_t under_way() const { return active_; }

private:
    /// One request being served.
    struct Slot : Task {
        Queue* queue = nullptr;
        std::uint16_t next_free = 0;
        std::uint16_t page_count = 0;
        std::uint8_t operation = 0;
        std::uint8_t steps_done = 0;
        bool is_begun = false; ///< the medium has it
        std::uint64_t id = 0;
        Order order{};
        std::uint64_t bytes = 0;
        MappedPage* mapped = nullptr; ///< room for the most segments
        std::span<std::byte>* room = nullptr;

        std::span<MappedPage> pages() { return {mapped, page_count}; }
    };

    Queue(
        H& hypervisor, M& medium, Options const& options, grant::Mapping<H> ring,
        event::EventChannel<H> channel, FrontendPages<H> pages, WaitQueue& work)
        : hypervisor_{hypervisor},
          medium_{medium},
          options_{options},
          mapping_{std::move(ring)},
          pages_{std::move(pages)},
          ring_{ring_over<Ring>(hypervisor, mapping_.bytes())},
          channel_{std::move(channel)},
          work_{work}
    {
    }

    Result<> make_slots(std::size_t most)
    {
        depth_ = std::min<std::size_t>(options_.depth, ring_.capacity());
        slots_.reset(new (std::nothrow) Slot[depth_]);
        mapped_.reset(new (std::nothrow) MappedPage[depth_ * most]);
        rooms_.reset(new (std::nothrow) std::span<std::byte>[depth_ * most]);
        segments_.reset(new (std::nothrow) Segment[most]);
        refs_.reset(new (std::nothrow) GrantRef[most]);
        if (!slots_ || !mapped_ || !rooms_ || !segments_ || !refs_)
            return Failure{Errc::no_memory};
        for (std::size_t i = 0; i < depth_; ++i) {
            slots_[i].queue = this;
            slots_[i].on_finish = &Queue::on_finish;
            slots_[i].next_free = static_cast<std::uint16_t>(i + 1);
            slots_[i].mapped = &mapped_[i * most];
            slots_[i].room = &rooms_[i * most];
        }
        return {};
    }

    void on_event() { hypervisor_.wake(work_); }

    /// Takes at most as many as the ring holds, so that a busy frontend cannot keep us here.
    Result<bool> take_some()
    {
        for (RING_IDX turn = 0; turn < ring_.capacity(); ++turn) {
            if (barrier_ || first_free_ == depth_)
                return false; // The next answer goes on.
            if (LODGER_TRY(ring_.available()) > 0)
                accept(ring_.take());
            else if (!ring_.final_check())
                return false;
        }
        return true;
    }

    void accept(Request const& request)
    {
        Slot& slot = slots_[first_free_];
        first_free_ = slot.next_free;
        ++active_;
        slot.operation = answered_operation(request);
        slot.id = request.id;
        slot.steps_done = 0;
        trace(
            hypervisor_, Topic::ring, "request ", request.id, " operation ", request.operation,
            " sector ", request.sector_number);
        if (auto const prepared = prepare(slot, request); !prepared)
            return answer(slot, prepared);
        if (slot.order.is_barrier)
            barrier_ = &slot;
        if (!slot.order.is_barrier || active_ == 1)
            go_on(slot);
    }

    /// Checks a request and maps its pages.
    Result<> prepare(Slot& slot, Request const& request)
    {
        slot.order = LODGER_TRY(read_order(request, options_));
        Order const& order = slot.order;
        std::span<Segment const> const segments = LODGER_TRY(segments_of(order));
        slot.bytes = LODGER_TRY(check_order(order, segments, medium_.geometry()));
        for (std::size_t i = 0; i < segments.size(); ++i)
            refs_[i] = GrantRef{segments[i].gref};
        Access const access =
            order.action == Action::write ? Access::read_only : Access::read_write;
        LODGER_TRY(
            pages_.acquire({refs_.get(), segments.size()}, access, {slot.mapped, segments.size()}));
        slot.page_count = static_cast<std::uint16_t>(segments.size());
        for (std::size_t i = 0; i < segments.size(); ++i) {
            std::size_t const first = segments[i].first_sect * std::size_t{wire_sector};
            std::size_t const end = (segments[i].last_sect + std::size_t{1}) * wire_sector;
            slot.room[i] = {slot.mapped[i].bytes + first, end - first};
        }
        return {};
    }

    /// The segments, in memory that the frontend cannot change.
    Result<std::span<Segment const>> segments_of(Order const& order)
    {
        if (order.indirect_count == 0)
            return std::span{order.segments}.first(order.segment_count);
        std::array<MappedPage, most_indirect_pages> mapped;
        auto const pages = std::span{mapped}.first(order.indirect_count);
        LODGER_TRY(pages_.acquire(
            std::span{order.indirect}.first(order.indirect_count), Access::read_only, pages));
        for (std::size_t i = 0; i < pages.size(); ++i) {
            std::size_t const first = i * segments_per_page;
            std::size_t const count = std::min(order.segment_count - first, segments_per_page);
            H::Memory::copy_in(&segments_[first], pages[i].bytes, count * sizeof(Segment));
        }
        pages_.release(pages);
        return std::span<Segment const>{segments_.get(), order.segment_count};
    }

    /// Has the medium do the next step of a request; after the last one, answers it.
    void go_on(Slot& slot)
    {
        Steps const steps{slot.order};
        if (slot.steps_done == steps.count)
            return answer(slot, {});
        begin(slot, steps.actions[slot.steps_done++]);
    }

    void begin(Slot& slot, Action action)
    {
        bool const moves = action == Action::read || action == Action::write;
        slot.action = action;
        slot.is_secure = slot.order.is_secure;
        slot.offset = action == Action::flush ? 0 : slot.order.sector * wire_sector;
        slot.length = action == Action::flush ? 0 : slot.bytes;
        slot.pieces = {slot.room, moves ? slot.page_count : std::size_t{0}};
        slot.is_begun = true;
        medium_.begin(slot);
    }

    static void on_finish(Task& task, Result<> outcome)
    {
        auto& slot = static_cast<Slot&>(task);
        slot.is_begun = false;
        if (outcome)
            slot.queue->go_on(slot);
        else
            slot.queue->answer(slot, outcome);
    }

    void answer(Slot& slot, Result<> outcome)
    {
        pages_.release(slot.pages());
        slot.page_count = 0;
        Response response;
        blkfront::clear(response);
        response.id = slot.id;
        response.operation = slot.operation;
        response.status = status_of(outcome);
        trace(
            hypervisor_, Topic::ring, "response ", response.id, ": ",
            outcome ? "done" : describe(outcome.error()));
        ring_.put(response);
        slot.next_free =
            std::exchange(first_free_, static_cast<std::uint16_t>(&slot - slots_.get()));
        --active_;
        if (barrier_ == &slot)
            barrier_ = nullptr;
        else if (barrier_ && active_ == 1)
            go_on(*barrier_);
        if (is_serving_)
            return;
        publish();
        hypervisor_.wake(work_); // There may be requests that waited for room.
    }

    void publish()
    {
        if (ring_.publish())
            static_cast<void>(channel_.notify()); // A frontend that is gone needs none.
    }

    H& hypervisor_;
    M& medium_;
    Options const& options_;
    grant::Mapping<H> mapping_;
    FrontendPages<H> pages_;
    Ring ring_;
    event::EventChannel<H> channel_;
    WaitQueue& work_;
    std::unique_ptr<MappedPage[]> mapped_;
    std::unique_ptr<std::span<std::byte>[]> rooms_;
    std::unique_ptr<Slot[]> slots_;
    std::unique_ptr<Segment[]> segments_; ///< of the indirect request that is being read
    std::unique_ptr<GrantRef[]> refs_;    ///< of the request that is being read
    std::size_t depth_ = 0;
    std::size_t active_ = 0;
    std::uint16_t first_free_ = 0;
    Slot* barrier_ = nullptr; ///< nothing is taken until it is over
    bool is_serving_ = false;
    bool is_broken_ = false;
};

} // namespace lodger::blkback
