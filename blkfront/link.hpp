#pragma once

#include <lodger/blkfront/offer.hpp>
#include <lodger/blkfront/queue.hpp>
#include <lodger/event/event_channel.hpp>
#include <lodger/grant/granted_pages.hpp>

#include <optional>

namespace lodger::blkfront {

/// One ring of a device, its port, and what goes through it. The members end in reverse order:
/// first the requests' grants, then the port, then the ring.
template <Hypervisor H>
struct Channel {
    grant::GrantedPages<H> ring;
    event::EventChannel<H> port;
    Queue<H> queue;

    /// Shows the backend everything issued, with at most one notification.
    /// @return whether there was one
    bool publish()
    {
        if (!queue.publish())
            return false;
        // What was restored since has no other end to be told.
        static_cast<void>(port.notify());
        return true;
    }
};

/// Everything that we share with a backend, from Initialised on.
template <Hypervisor H>
class Link {
public:
    /// @param listener called on the loop for each event of any ring
    [[gnu::cold]] static Result<std::unique_ptr<Link>> create(
        grant::Table<H>& table, Domain backend, Offer const& offer, BufferPool<H>& pool,
        IndirectFrames<H>& frames, std::uint16_t handle, Listener listener)
    {
        auto grants = LODGER_TRY(PageGrants<H>::create(table, backend, pool, offer.copies_data));
        std::unique_ptr<Link> link{new (std::nothrow) Link{std::move(grants), frames, offer}};
        if (!link)
            return Failure{Errc::no_memory};
        for (std::size_t i = 0; i < offer.queues; ++i) {
            auto ring = LODGER_TRY(grant::GrantedPages<H>::create(
                table, backend, offer.ring_pages, Access::read_write));
            auto port = LODGER_TRY(event::EventChannel<H>::allocate(table.hypervisor(), backend));
            LODGER_TRY(port.listen(listener));
            auto queue = LODGER_TRY(
                Queue<H>::create(ring.bytes(), *link->grants_, frames, link->features_, handle));
            link->channels_[i].emplace(std::move(ring), std::move(port), std::move(queue));
        }
        // All of them or none: a page that finds no grant later would wait for ever.
        if (offer.persistent_grants)
            link->offer_.persistent_grants = link->grants_->make_persistent().has_value();
        return link;
    }

    Link(Link const&) = delete;
    Link& operator=(Link const&) = delete;
    ~Link() { frames_.disconnect(*grants_); }

    /// Begins to use what the backend has said it does. Whoever it was that served the disk before
    /// has let go of our memory by now: Linux's backend at the latest when it hears of the new ring
    /// (drivers/block/xen-blkback/xenbus.c, frontend_changed).
    void connect(Features const& features)
    {
        features_ = features;
        if (is_void())
            return; // A grant made now would count as one of before.
        grants_->reclaim();
        if (!features.persistent_grants)
            grants_->make_one_off();
        if (features.most_segments > most_direct_segments)
            frames_.connect(*grants_);
    }

    /// Puts pages to use again that the backend has let go of too late.
    /// @return whether there was any
    bool reclaim() { return grants_->reclaim(); }

    Offer const& offer() const { return offer_; }
    Features const& features() const { return features_; }
    PageGrants<H> const& grants() const { return *grants_; }
    std::size_t queues() const { return offer_.queues; }
    Channel<H>& channel(std::size_t index) { return *channels_[index]; }
    Channel<H> const& channel(std::size_t index) const { return *channels_[index]; }

    /// Whether the domain was restored since: then there is nobody at the other end.
    bool is_void() const { return hypervisor_.incarnation() != incarnation_; }

    /// Whether the backend has none of our memory mapped any more.
    bool is_let_go() const
    {
        if (is_void())
            return true;
        for (std::size_t i = 0; i < queues(); ++i)
            if (channels_[i]->ring.is_mapped())
                return false;
        return !grants_->is_mapped();
    }

private:
    Link(std::unique_ptr<PageGrants<H>> grants, IndirectFrames<H>& frames, Offer const& offer)
        : offer_{offer},
          frames_{frames},
          grants_{std::move(grants)},
          hypervisor_{grants_->table().hypervisor()},
          incarnation_{hypervisor_.incarnation()}
    {
    }

    Offer offer_;
    Features features_;
    IndirectFrames<H>& frames_;
    std::unique_ptr<PageGrants<H>> grants_;
    H& hypervisor_;
    std::uint32_t incarnation_;
    std::array<std::optional<Channel<H>>, most_queues> channels_;
};

} // namespace lodger::blkfront
