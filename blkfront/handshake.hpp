#pragma once

#include <lodger/blkfront/disk.hpp>
#include <lodger/blkfront/queue.hpp>
#include <lodger/event/event_channel.hpp>
#include <lodger/grant/granted_pages.hpp>
#include <lodger/xenbus/connect.hpp>

namespace lodger::blkfront {

/// What we share with the backend from Initialised on. The members end in reverse order: first the
/// requests' grants, then the port, then the ring.
template <Hypervisor H>
struct Link {
    grant::GrantedPages<H> ring;
    event::EventChannel<H> channel;
    Queue<H> queue;
};

/// What a block device adds to the handshake (xen/include/public/io/blkif.h, "Frontend XenBus
/// Nodes"): a ring and a port to offer, and the disk's geometry to read.
template <Hypervisor H>
class Handshake {
public:
    using Link = blkfront::Link<H>;
    using Details = Disk;

    /// @param listener called on the loop for each event of the device
    Handshake(store::Client<H>& store, grant::Table<H>& grants, Listener listener)
        : store_{store},
          grants_{grants},
          listener_{listener}
    {
    }

    /// Says which device this is about. Call once, before anything else.
    void set(xenbus::Node const& node, BufferPool<H>& pool)
    {
        node_ = node;
        pool_ = &pool;
    }

    /// Bounds every exchange with XenStore from now on.
    void set_deadline(Deadline deadline) { deadline_ = deadline; }

    Result<> publish(xenbus::State state)
    {
        trace(
            grants_.hypervisor(), Topic::xenbus, node_.path.view(), " becomes ",
            xenbus::name(state));
        auto const written = xenbus::write_state(store_, node_.path, state, deadline_);
        bool const leaving = state == xenbus::State::closing || state == xenbus::State::closed;
        // What the toolstack has removed needs no farewell.
        if (!written && written.error() == Errc::no_device && leaving)
            return {};
        return written;
    }

    Result<Link> offer_link()
    {
        auto ring = LODGER_TRY(
            grant::GrantedPages<H>::create(grants_, node_.other_domain, 1, Access::read_write));
        auto channel =
            LODGER_TRY(event::EventChannel<H>::allocate(grants_.hypervisor(), node_.other_domain));
        LODGER_TRY(channel.listen(listener_));
        auto queue = LODGER_TRY(
            Queue<H>::create(grants_, node_.other_domain, ring.bytes(), *pool_, handle()));
        LODGER_TRY(write_offer(ring.refs().front(), channel.port()));
        return Link{std::move(ring), std::move(channel), std::move(queue)};
    }

    Result<Disk> read_details(Link&)
    {
        return disk_of(LODGER_TRY(read_keys(store_, node_.other_end, deadline_)));
    }

    void fail_link(Link& link) { link.queue.fail(Errc::disconnected); }

    /// Removes the keys that `offer_link` added, once the backend needs them no more.
    Result<> withdraw()
    {
        for (std::string_view const key : offered_keys) {
            if (key == "protocol" && toolstack_wrote_protocol_)
                continue;
            auto const removed = store_.operations().rm({node_.path.view(), key}, deadline_);
            if (!removed && removed.error() != Errc::not_found)
                return removed;
        }
        return {};
    }

private:
    static constexpr std::array<std::string_view, 3> offered_keys = {
        "ring-ref", "event-channel", "protocol"};

    /// The number of the device, as far as the protocol has room for it.
    std::uint16_t handle() const
    {
        std::string_view const path = node_.path;
        auto const number = parse<std::uint32_t>(path.substr(path.rfind('/') + 1));
        return number ? static_cast<std::uint16_t>(*number) : 0;
    }

    Result<> write_offer(GrantRef ring, Port port)
    {
        auto const ref = store::Codec<GrantRef>::format(ring);
        auto const channel = store::Codec<Port>::format(port);
        std::array<std::string_view, 3> const values = {ref, channel, XEN_IO_PROTO_ABI_X86_64};
        return store_.transaction(
            [&](store::Operations<H>& transaction) -> Result<> {
                std::array<char, 16> state;
                std::array<char, 32> buffer;
                std::string_view const node = node_.path;
                store::Batch<H> batch{store_.connection()};
                LODGER_TRY(transaction.begin_read(batch, {node, "state"}, state, deadline_));
                LODGER_TRY(transaction.begin_read(batch, {node, "protocol"}, buffer, deadline_));
                for (std::size_t i = 0; i < values.size(); ++i)
                    LODGER_TRY(transaction.begin_write(
                        batch, {node, offered_keys[i]}, values[i], deadline_));
                // As for every state: a node that the toolstack has removed must not come back.
                if (auto const present = batch.finish(deadline_); !present)
                    return Failure{
                        present.error() == Errc::not_found ? Errc::no_device : present.error()};
                toolstack_wrote_protocol_ = batch.finish(deadline_).has_value();
                return batch.finish_all(deadline_);
            },
            deadline_);
    }

    store::Client<H>& store_;
    grant::Table<H>& grants_;
    Listener listener_;
    xenbus::Node node_;
    BufferPool<H>* pool_ = nullptr;
    Deadline deadline_{};
    bool toolstack_wrote_protocol_ = false; ///< as libxl does for a PV guest
};

} // namespace lodger::blkfront
