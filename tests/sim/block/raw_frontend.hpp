#pragma once

#include <lodger/blkback/abi.hpp>
#include <lodger/event/event_channel.hpp>
#include <lodger/grant/granted_pages.hpp>
#include <lodger/ring/front.hpp>
#include <lodger/tests/sim/block/rig.hpp>

#include <memory>

namespace lodger::sim {

/// How a frontend that is driven by hand makes its offer.
struct RawOffer {
    std::size_t ring_pages = 1;
    std::size_t queues = 1;
    bool persistent = false;
    bool old_names = false; ///< `num-ring-pages` instead of `ring-page-order`
};

/// A block frontend that says and sends whatever a test wants, request by request: the peer that
/// tests of the backend need. Shares pages with the backend, and looks at every response.
class RawFrontend {
public:
    using Request = blkback::Request;
    using Segment = blkback::Segment;
    using Ring = ring::FrontRing<Request, blkback::Response, Memory>;

    /// One ring as it is offered.
    struct Queue {
        grant::GrantedPages<Domain> pages;
        event::EventChannel<Domain> channel;
        Ring ring;

        Queue(Guest& guest, std::size_t page_count)
            : pages{grant::GrantedPages<Domain>::create(
                        guest.grants, lodger::Domain{1}, page_count, Access::read_write)
                        .value()},
              channel{
                  event::EventChannel<Domain>::allocate(guest.domain, lodger::Domain{1}).value()},
              ring{pages.bytes()}
        {
        }
    };

    /// A page of data, granted for as long as it lives.
    struct Data {
        grant::GrantedPages<Domain> pages;

        explicit Data(Guest& guest, std::size_t count = 1, Access access = Access::read_write)
            : pages{grant::GrantedPages<Domain>::create(
                        guest.grants, lodger::Domain{1}, count, access)
                        .value()}
        {
        }
        std::span<std::byte> bytes() const { return pages.bytes(); }
        Segment segment(std::size_t page = 0, unsigned first = 0, unsigned last = 7) const
        {
            return {
                pages.refs()[page].value, static_cast<std::uint8_t>(first),
                static_cast<std::uint8_t>(last)};
        }
    };

    /// Data that stays granted until the device is closed, as persistent grants must.
    Data& make_data(std::size_t count)
    {
        return *data_.emplace_back(std::make_unique<Data>(guest_, count));
    }

    RawFrontend(Guest& guest, BlockBackend& disk) : guest_{guest}, disk_{disk} {}

    /// Waits for the backend's state.
    void await(xenbus::State state)
    {
        auto watch = guest_.store.watch({disk_.path(), "state"}).value();
        while (read("state") != xenbus::text_of(state))
            if (!watch.wait(guest_.in(std::chrono::seconds{5})))
                return guest_.domain.world().fail(
                    "the backend never said " + std::string{xenbus::name(state)} + " but " +
                    read("state"));
    }
    std::string read(std::string_view key)
    {
        return guest_.domain.world()
            .store()
            .read(disk_.path() + "/" + std::string{key})
            .value_or("(nothing)");
    }

    void write(std::string_view key, std::string const& value)
    {
        guest_.store.write({disk_.frontend_path(), key}, value).value();
    }
    void say(xenbus::State state) { write("state", std::string{xenbus::text_of(state)}); }

    /// Makes the rings and offers them.
    void offer(RawOffer const& offer)
    {
        for (std::size_t i = 0; i < offer.queues; ++i) {
            queues.push_back(std::make_unique<Queue>(guest_, offer.ring_pages));
            std::string const at = offer.queues > 1 ? "queue-" + std::to_string(i) + "/" : "";
            auto const& queue = *queues.back();
            write(at + "event-channel", std::to_string(queue.channel.port().value));
            if (offer.ring_pages == 1)
                write(at + "ring-ref", std::to_string(queue.pages.refs()[0].value));
            for (std::size_t page = 0; offer.ring_pages > 1 && page < offer.ring_pages; ++page)
                write(
                    at + "ring-ref" + std::to_string(page),
                    std::to_string(queue.pages.refs()[page].value));
        }
        if (offer.queues > 1)
            write("multi-queue-num-queues", std::to_string(offer.queues));
        if (offer.old_names)
            write("num-ring-pages", std::to_string(offer.ring_pages));
        else if (offer.ring_pages > 1)
            write("ring-page-order", std::to_string(std::countr_zero(offer.ring_pages)));
        if (offer.persistent)
            write("feature-persistent", "1");
        write("protocol", "x86_64-abi");
        say(xenbus::State::initialised);
    }
    void connect(RawOffer const& how = {})
    {
        await(xenbus::State::init_wait);
        offer(how);
        await(xenbus::State::connected);
        say(xenbus::State::connected);
    }
    /// Closes, and gives back what was shared.
    void close()
    {
        say(xenbus::State::closing);
        await(xenbus::State::closing);
        say(xenbus::State::closed);
        await(xenbus::State::closed);
        queues.clear();
        data_.clear();
    }

    void send(Request const& request, std::size_t queue = 0)
    {
        queues[queue]->ring.put(request);
        static_cast<void>(queues[queue]->ring.publish());
        queues[queue]->channel.notify().value();
    }
    /// The next response, whichever it is for.
    blkback::Response receive(std::size_t queue = 0)
    {
        Ring& ring = queues[queue]->ring;
        for (int patience = 0; ring.available().value() == 0; ++patience) {
            guest_.domain.sleep(std::chrono::microseconds{100});
            if (patience > 50'000)
                guest_.domain.world().fail("the backend never answered");
        }
        return ring.take();
    }
    /// Sends one request and returns the status of its response.
    std::int16_t ask(Request const& request, std::size_t queue = 0)
    {
        send(request, queue);
        auto const response = receive(queue);
        // As Linux's frontend has it: an indirect request is answered as what it is inside.
        bool const is_indirect = request.operation == BLKIF_OP_INDIRECT;
        auto const* const bytes = reinterpret_cast<std::uint8_t const*>(&request);
        auto const operation =
            bytes[is_indirect ? offsetof(blkback::IndirectRequest, indirect_op) : 0];
        if (response.id != request.id || response.operation != operation)
            guest_.domain.world().fail("the backend answered something else");
        return response.status;
    }

    /// A direct request.
    Request make(unsigned operation, std::uint64_t sector, std::initializer_list<Segment> segments)
    {
        Request request{};
        request.operation = static_cast<std::uint8_t>(operation);
        request.nr_segments = static_cast<std::uint8_t>(segments.size());
        request.id = ++last_id_;
        request.sector_number = sector;
        std::ranges::copy(segments, request.seg);
        return request;
    }
    /// An indirect request, whose segments are put into `table`.
    Request make_indirect(
        unsigned operation, std::uint64_t sector, std::vector<Segment> const& segments,
        Data const& table)
    {
        blkback::IndirectRequest indirect{};
        indirect.operation = BLKIF_OP_INDIRECT;
        indirect.indirect_op = static_cast<std::uint8_t>(operation);
        indirect.nr_segments = static_cast<std::uint16_t>(segments.size());
        indirect.id = ++last_id_;
        indirect.sector_number = sector;
        for (std::size_t i = 0; i < table.pages.refs().size(); ++i)
            indirect.indirect_grefs[i] = table.pages.refs()[i].value;
        std::ranges::copy(std::as_bytes(std::span{segments}), table.bytes().begin());
        Request request{};
        std::memcpy(&request, &indirect, sizeof indirect);
        return request;
    }
    Request make_discard(std::uint64_t sector, std::uint64_t sectors, bool secure = false)
    {
        blkback::DiscardRequest discard{};
        discard.operation = BLKIF_OP_DISCARD;
        discard.flag = secure ? BLKIF_DISCARD_SECURE : 0;
        discard.id = ++last_id_;
        discard.sector_number = sector;
        discard.nr_sectors = sectors;
        Request request{};
        std::memcpy(&request, &discard, sizeof discard);
        return request;
    }

    std::vector<std::unique_ptr<Queue>> queues;

private:
    Guest& guest_;
    BlockBackend& disk_;
    std::vector<std::unique_ptr<Data>> data_;
    std::uint64_t last_id_ = 0;
};

} // namespace lodger::sim
