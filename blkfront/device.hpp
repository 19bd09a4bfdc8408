#pragma once

#include <lodger/blkfront/handshake.hpp>
#include <lodger/blkfront/name.hpp>

#include <optional>

namespace lodger::blkfront {

/// What may be chosen when a disk is opened.
struct Options {
    /// Pages of the pool, which all data goes through: 352 fill a ring of 32 requests of 44 KiB.
    std::size_t pool_pages = 352;
};

/// A disk: from its name to blocks read and written. Owns everything of ours that the device
/// needs, and gives it back in the protocol's order when it is closed or ends.
///
/// Peer: the backend, not trusted. When it breaks the protocol, everything in flight completes with
/// an error, and so does everything submitted afterwards; when it stops answering, whoever waits
/// has a deadline.
template <Hypervisor H>
class Device {
public:
    static constexpr Duration connect_patience = std::chrono::seconds{30};
    static constexpr Duration close_patience = std::chrono::seconds{5};

    Device(store::Client<H>& store, grant::Table<H>& grants)
        : store_{store},
          grants_{grants},
          handshake_{store, grants, Listener::of<&Device::on_event>(*this)},
          frontend_{handshake_}
    {
    }
    Device(Device const&) = delete;
    Device& operator=(Device const&) = delete;
    ~Device() { static_cast<void>(close(after(hypervisor(), close_patience))); }

    /// Finds the disk and connects to its backend. Call once.
    /// @param device `xvda`, `51712`, or the path of its directory in XenStore
    /// @return `no_device` if there is none of that name, `timed_out` if the backend did not answer
    /// in time (`status()` says what was waited for), `disconnected` if it closed, `busy` if the
    /// disk is in use
    Result<> open(std::string_view device, Options options, Deadline deadline)
    {
        assert(!other_end_);
        handshake_.set_deadline(deadline);
        xenbus::NodePath const path = LODGER_TRY(path_of(device));
        node_ = LODGER_TRY(xenbus::read_node(store_, path, deadline));
        pool_ = LODGER_TRY(BufferPool<H>::create(hypervisor(), options.pool_pages));
        handshake_.set(node_, *pool_);
        LODGER_TRY(begin(deadline));
        other_end_.emplace(LODGER_TRY(xenbus::OtherEnd<H>::watch(store_, node_, deadline)));
        return xenbus::connect(frontend_, *other_end_, deadline);
    }
    Result<> open(std::string_view device)
    {
        return open(device, {}, after(hypervisor(), connect_patience));
    }

    /// Ends the connection in order; what is in flight completes with `disconnected`. Fine to call
    /// twice.
    /// @return `timed_out` if the backend did not follow; then what it still has mapped is
    /// quarantined, and everything else is given back all the same
    Result<> close(Deadline deadline)
    {
        if (!other_end_)
            return {};
        handshake_.set_deadline(deadline);
        auto const disconnected =
            xenbus::disconnect(hypervisor(), frontend_, *other_end_, deadline);
        other_end_.reset();
        auto const withdrawn = handshake_.withdraw();
        return disconnected ? withdrawn : disconnected;
    }

    /// What is known of the handshake at this moment; before `open` it says nothing.
    xenbus::Status status() const
    {
        return {
            node_, frontend_.state(), other_end_ ? other_end_->last() : xenbus::Peer{},
            xenbus::waiting_for(frontend_)};
    }

    /// The disk's geometry and features; null unless connected.
    Disk const* disk() const
    {
        auto const* const connected = frontend_.template in<Connected>();
        return connected ? &connected->details : nullptr;
    }

    H& hypervisor() const { return grants_.hypervisor(); }
    BufferPool<H>& pool() { return *pool_; }

    /// How many requests can be in flight.
    std::size_t depth() const
    {
        auto const* const connected = frontend_.template in<Connected>();
        return connected ? connected->link.queue.capacity() : 0;
    }

    /// Hands a request to the ring; `publish` shows it, and all before it, to the backend.
    /// @return `busy` while the ring is full, `disconnected` or `protocol` when the backend is
    /// gone, what `Disk::check_range` says of its place, `read_only`, or what `Queue::submit` says
    Result<> submit(Io& io)
    {
        Connected& connected = *LODGER_TRY(live());
        LODGER_TRY(connected.details.check_range(io.offset, io.data.size()));
        if (io.operation == Operation::write && connected.details.is_read_only)
            return Failure{Errc::read_only};
        return connected.link.queue.submit(io);
    }

    /// Shows the backend everything submitted, with at most one notification.
    Result<> publish()
    {
        Link<H>& link = LODGER_TRY(live())->link;
        return link.queue.publish() ? link.channel.notify() : Result<>{};
    }

    /// Waits until requests have completed, or the device failed.
    Result<> wait(Deadline deadline) { return lodger::wait(hypervisor(), completed_, deadline); }

    /// Gives up waiting for a request in flight: it may still happen, but nobody hears of it.
    void abandon(Io& io)
    {
        if (auto* const connected = frontend_.template in<Connected>();
            connected && io.is_in_flight())
            connected->link.queue.abandon(io);
    }

private:
    using Connected = xenbus::Frontend<Handshake<H>>::Connected;

    /// Writes Initialising if a run before us left the device Closed, so that its backend comes
    /// back; a new device is Initialising already.
    Result<> begin(Deadline deadline)
    {
        if (node_.state == xenbus::State::initialising)
            return {};
        if (node_.state == xenbus::State::initialised || node_.state == xenbus::State::connected)
            return Failure{Errc::busy};
        return xenbus::write_state(store_, node_.path, xenbus::State::initialising, deadline);
    }

    Result<Connected*> live()
    {
        if (failed_)
            return Failure{*failed_};
        auto* const connected = frontend_.template in<Connected>();
        if (!connected)
            return Failure{Errc::disconnected};
        return connected;
    }

    void on_event()
    {
        auto const connected = live();
        if (!connected)
            return;
        Queue<H>& queue = (*connected)->link.queue;
        if (auto const reaped = queue.reap(); !reaped) {
            failed_ = reaped.error();
            queue.fail(*failed_);
        }
        hypervisor().wake(completed_);
    }

    store::Client<H>& store_;
    grant::Table<H>& grants_;
    xenbus::Node node_;
    std::unique_ptr<BufferPool<H>> pool_;
    WaitQueue completed_;
    std::optional<Errc> failed_;
    Handshake<H> handshake_;
    xenbus::Frontend<Handshake<H>> frontend_;
    std::optional<xenbus::OtherEnd<H>> other_end_;
};

} // namespace lodger::blkfront
