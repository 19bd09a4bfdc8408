#pragma once

#include <lodger/blkback/offer.hpp>
#include <lodger/blkback/queue.hpp>
#include <lodger/xenbus/backend.hpp>
#include <lodger/xenbus/report.hpp>

namespace lodger::blkback {

/// What we share with the frontend while it is joined: one or more rings.
template <MappingHypervisor H, Medium M, class Ring>
struct Link {
    std::array<std::unique_ptr<Queue<H, M, Ring>>, Options::most_queues> queues;
    std::size_t count = 0;
    FrontendOffer offer{}; ///< what was joined

    auto begin() const { return queues.begin(); }
    auto end() const { return queues.begin() + count; }
};

/// Keys and numbers to be published together.
class KeyList {
public:
    void add(std::string_view key, std::uint64_t value)
    {
        assert(count_ < entries_.size());
        entries_[count_].key = key;
        static_cast<void>(entries_[count_++].value.append(value));
    }

    /// Writes them, in a transaction that finds out whether the device is still there: a directory
    /// that the toolstack has removed must not come back.
    /// @return `no_device` if it was removed
    template <Hypervisor H>
    Result<> publish(store::Client<H>& store, std::string_view path)
    {
        return store.transaction([&](store::Operations<H>& transaction) -> Result<> {
            Deadline const deadline = store.patience();
            if (!LODGER_TRY(transaction.exists({path, "state"}, deadline)))
                return Failure{Errc::no_device};
            std::array<store::Assignment, most> assignments{list_at(path)};
            return transaction.write_all(std::span{assignments}.first(count_), deadline);
        });
    }

private:
    static constexpr std::size_t most = 16;
    struct Entry {
        std::string_view key;
        Text<20> value{};
    };

    std::array<store::Assignment, most> list_at(std::string_view path) const
    {
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
            return std::array<store::Assignment, most>{
                store::Assignment{{path, entries_[i].key}, entries_[i].value.view()}...};
        }(std::make_index_sequence<most>{});
    }

    std::array<Entry, most> entries_{};
    std::size_t count_ = 0;
};

/// What a block backend adds to the handshake (xen/include/public/io/blkif.h, "Backend XenBus
/// Nodes"). What can be negotiated is published before InitWait, what the device is at Connected,
/// as Linux's blkback does it (drivers/block/xen-blkback/xenbus.c).
template <MappingHypervisor H, Medium M, class Ring = BlockRing<H>>
class Handshake {
public:
    using Link = blkback::Link<H, M, Ring>;

    /// @param work woken when there is something to serve
    Handshake(store::Client<H>& store, M& medium, Options const& options, WaitQueue& work)
        : store_{store},
          medium_{medium},
          options_{options},
          work_{work}
    {
    }

    /// Says which device this is about. Call once, before anything else.
    void set(xenbus::Node const& node) { node_ = node; }

    Result<> publish(xenbus::State state)
    {
        trace(hypervisor(), Topic::xenbus, node_.path.view(), " becomes ", xenbus::name(state));
        LODGER_TRY(xenbus::write_state(store_, node_.path, state, store_.patience()));
        hypervisor().wake(work_);
        return {};
    }

    bool negotiates() const { return true; }

    Result<> publish_features()
    {
        KeyList keys;
        keys.add("max-ring-page-order", options_.ring_page_order);
        keys.add("max-ring-pages", std::uint64_t{1} << options_.ring_page_order);
        keys.add("multi-queue-max-queues", options_.queues);
        if (options_.indirect_segments > 0)
            keys.add("feature-max-indirect-segments", options_.indirect_segments);
        return keys.publish(store_, node_.path);
    }

    Result<Link> join()
    {
        FrontendOffer const offer = LODGER_TRY(read_offer());
        Link link;
        link.offer = offer;
        for (; link.count < offer.queue_count; ++link.count) {
            FrontendOffer::Ring const& ring = offer.rings[link.count];
            QueueOffer const queue{
                node_.other_domain, std::span{ring.refs}.first(offer.ring_pages), ring.port,
                options_.persistent && offer.persistent};
            link.queues[link.count] = LODGER_TRY(
                Queue<H, M, Ring>::create(hypervisor(), medium_, options_, queue, work_));
        }
        return link;
    }

    /// A reference to a page that we have mapped cannot come to mean another one, so that an offer
    /// that looks the same is the same.
    bool is_offered(Link const& link)
    {
        auto const offer = read_offer();
        return offer && *offer == link.offer;
    }

    Result<> publish_details(Link&)
    {
        Geometry const geometry = medium_.geometry();
        KeyList keys;
        keys.add("sectors", geometry.size / wire_sector);
        keys.add("sector-size", geometry.sector_size);
        keys.add("physical-sector-size", geometry.physical_sector_size);
        keys.add("info", geometry.info);
        keys.add("feature-persistent", options_.persistent);
        keys.add("feature-flush-cache", options_.flush);
        keys.add("feature-barrier", options_.barrier);
        if (options_.discard) {
            keys.add("feature-discard", 1);
            keys.add("discard-granularity", geometry.discard_granularity);
            keys.add("discard-alignment", geometry.discard_alignment);
            keys.add("discard-secure", options_.secure_discard);
        }
        return keys.publish(store_, node_.path);
    }

    /// A block device has nothing to change but its size.
    Result<> reconfigure(Link& link) { return publish_details(link); }

    void report(Errc why)
    {
        // What cannot be reported either is in the trace.
        static_cast<void>(xenbus::report_error(
            store_, node_.path, why, "serving this device", store_.patience()));
    }

private:
    H& hypervisor() const { return store_.hypervisor(); }

    Result<FrontendOffer> read_offer()
    {
        return OfferReader<H>{store_, node_.other_end, options_}.read();
    }

    store::Client<H>& store_;
    M& medium_;
    Options const& options_;
    WaitQueue& work_;
    xenbus::Node node_;
};

} // namespace lodger::blkback
