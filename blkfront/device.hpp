#pragma once

#include <lodger/blkfront/alarm.hpp>
#include <lodger/blkfront/flow.hpp>
#include <lodger/blkfront/handshake.hpp>
#include <lodger/blkfront/name.hpp>
#include <lodger/blkfront/options.hpp>

namespace lodger::blkfront {

/// A disk: from its name to blocks read and written. Owns everything of ours that the device
/// needs, and gives it back in the protocol's order when it is closed or ends.
///
/// Peer: the backend, not trusted. When it breaks the protocol, everything in flight completes with
/// an error, and so does everything submitted afterwards; when it stops answering, whoever waits
/// has a deadline; when it goes, requests fail or wait for its return, as was chosen.
template <ThreadedHypervisor H>
class Device {
public:
    static constexpr Duration connect_patience = std::chrono::seconds{30};
    static constexpr Duration close_patience = std::chrono::seconds{5};

    Device(store::Client<H>& store, grant::Table<H>& grants)
        : hypervisor_{grants.hypervisor()},
          flow_{grants},
          alarm_{grants.hypervisor(), Listener::of<&Device::on_alarm>(*this)},
          driver_{store, grants, *this},
          life_{store, driver_}
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
    Result<> open(std::string_view device, Options const& options, Deadline deadline)
    {
        LODGER_TRY(begin_open(device, options, deadline));
        return finish_open();
    }
    Result<> open(std::string_view device)
    {
        return open(device, {}, after(hypervisor(), connect_patience));
    }

    /// As `open`, in two steps: several disks that have begun connect at the same time.
    [[gnu::cold]] Result<>
    begin_open(std::string_view device, Options const& options, Deadline deadline)
    {
        assert(!pages_.pool);
        xenbus::NodePath const path = LODGER_TRY(path_of(device));
        on_change_ = options.on_change;
        reconnects_ = options.on_loss == xenbus::OnLoss::reconnect;
        pages_ = LODGER_TRY(DataPages<H>::create(hypervisor(), options.pool_pages));
        driver_.prepare(options, pages_);
        return life_.begin(path, options.on_loss, options.patience, deadline);
    }
    Result<> finish_open() { return life_.wait_begun(); }

    /// Ends the connection in order: waits for what is in flight, at most half of the time,
    /// flushes, and closes; what is still in flight then completes with `disconnected`. Fine to
    /// call twice.
    /// @return `timed_out` if the backend did not follow; then what it still has mapped is
    /// quarantined, and everything else is given back all the same
    [[gnu::cold]] Result<> close(Deadline deadline)
    {
        if (!std::exchange(is_closing_, true))
            settle_down(deadline);
        Result<> const ended = life_.end(deadline);
        flow_.fail_all(Errc::disconnected);
        return ended;
    }

    /// What is known of the handshake at this moment; before `open` it says nothing.
    xenbus::Status status() const { return life_.status(); }

    /// The disk as its backend described it last; null before it was connected.
    Disk const* disk() const { return disk_ ? &*disk_ : nullptr; }
    /// What is in use with the backend; null while there is none.
    Features const* features() const
    {
        Link<H> const* const link = this->link();
        return link ? &link->features() : nullptr;
    }
    bool is_connected() const { return link() != nullptr; }
    Counters counters() const
    {
        Counters counters = flow_.counters();
        if (Link<H> const* const link = this->link())
            counters.grants = link->grants().made();
        return counters;
    }

    H& hypervisor() const { return hypervisor_; }
    BufferPool<H>& pool() { return *pages_.pool; }
    /// Puts pages of the pool to use again that the backend has let go of too late.
    /// @return whether there was any
    bool reclaim()
    {
        Link<H>* const link = this->link();
        return link && link->reclaim();
    }

    /// How many requests of the ring can be in flight.
    std::size_t depth() const
    {
        Link<H> const* const link = this->link();
        return link ? link->queues() * link->channel(0).queue.capacity() : 0;
    }

    /// Takes a request on. It goes into the ring when there is room, in the order of submission;
    /// `publish` shows it, and all before it, to the backend. If it has a time by which it is to be
    /// over, it completes with `timed_out` then, whatever the backend does.
    /// @return `disconnected` or `protocol` when the backend is gone for good, `unsupported`, what
    /// `Disk::check` says, or `invalid_argument` or `misaligned` for the place of its data,
    /// `timed_out` when its time has passed already, or `no_memory` for what watches it; then it is
    /// not taken on, and does not complete
    Result<> submit(Io& io)
    {
        if (is_closing_ || !disk_)
            return Failure{flow_.failed().value_or(Errc::disconnected)};
        LODGER_TRY(check(io));
        if (io.expires != Instant::max()) [[unlikely]]
            LODGER_TRY(set_alarm(io.expires));
        return flow_.take_on(io);
    }

    /// Shows the backend everything in the rings, with at most one notification each.
    void publish() { flow_.publish(); }

    /// Waits until requests have completed, or the device failed.
    Result<> wait(Deadline deadline) { return flow_.wait(deadline); }

    /// Gives up waiting for a request in flight: it may still happen, but nobody hears of it.
    void abandon(Io& io) { flow_.abandon(io); }

    /// Completes a request in flight now, with `cancelled`: it may still happen, and the backend
    /// may still touch its data, until the device is closed at the latest.
    void cancel(Io& io)
    {
        flow_.cancel(io, Errc::cancelled);
        flow_.publish(); // Who heard of it may have submitted more.
    }

private:
    /// The handshake, and what its turns mean for the requests.
    class Driver : public Handshake<H> {
    public:
        Driver(store::Client<H>& store, grant::Table<H>& grants, Device& device)
            : Handshake<H>{store, grants, Listener::of<&Device::on_event>(device)},
              device_{device}
        {
        }

        void connected() { device_.on_connected(); }
        void lose_link(typename Handshake<H>::Link& link) { device_.on_lost(*link); }
        void spoken(xenbus::State state)
        {
            // What it changes may be half written until it has done so.
            if (state != xenbus::State::reconfiguring)
                device_.on_spoken(this->read_disk_again());
        }
        void ended(Errc reason) { device_.on_ended(reason); }

    private:
        Device& device_;
    };
    using Life = xenbus::Life<H, Driver>;

    Link<H>* link() const
    {
        auto* const connected = life_.frontend().template in<typename Life::Frontend::Connected>();
        return connected ? connected->link.get() : nullptr;
    }

    [[gnu::always_inline]] Result<> check(Io const& io) const
    {
        if (!is_always_offered(io.operation) || !io.scattered.empty()) [[unlikely]]
            return check_any(io);
        LODGER_TRY(disk_->check(io));
        return check(io.data);
    }

    [[gnu::noinline]] Result<> check_any(Io const& io) const
    {
        LODGER_TRY(disk_->check(io));
        if (!is_always_offered(io.operation)) {
            Features const* const in_use = features();
            if (in_use && !in_use->has(io.operation))
                return Failure{Errc::unsupported};
        }
        if (!moves_data(io.operation)) {
            bool const is_empty = io.operation != Operation::flush && io.length == 0;
            return is_empty ? Failure{Errc::invalid_argument} : Result<>{};
        }
        for (Piece const piece : io.pieces())
            LODGER_TRY(check(piece));
        return {};
    }

    [[gnu::always_inline]] Result<> check(Piece piece) const
    {
        if (piece.empty() || !pages_.pool->contains(piece))
            return Failure{Errc::invalid_argument};
        auto const start = reinterpret_cast<std::uintptr_t>(piece.data());
        if ((start | piece.size()) & (disk_->sector_size - 1))
            return Failure{Errc::misaligned};
        return {};
    }

    /// Before a close: what was submitted is done, and what was done is durable, if the time that
    /// there is allows.
    [[gnu::cold]] void settle_down(Deadline deadline)
    {
        Instant const now = hypervisor().now();
        Deadline const half = deadline.no_later_than(now + (deadline.at - now) / 2);
        publish();
        auto const wait_until_idle = [&] {
            while (is_connected() && flow_.active() > 0 && wait(half))
                ;
        };
        wait_until_idle();
        Io flush{Operation::flush, 0, Piece{}, [](Io&, Result<>) {}};
        if (!is_connected() || flow_.active() > 0 || !features()->has(flush.operation) ||
            disk_->is_read_only || !flow_.take_on(flush))
            return;
        publish();
        wait_until_idle();
        abandon(flush);
    }

    [[gnu::cold]] void on_connected()
    {
        auto* const connected = life_.frontend().template in<typename Life::Frontend::Connected>();
        is_lost_ = false;
        bool const is_other = disk_ && *disk_ != connected->details;
        disk_ = connected->details;
        // What waited for it may not fit any more.
        flow_.attach(*connected->link, [this](Io const& io) { return check(io); });
        on_change_(Change::connected);
        if (is_other)
            on_change_(Change::resized);
    }

    [[gnu::cold]] void on_lost(Link<H>& link)
    {
        // It is said once more when our Closing could not be published the first time.
        if (std::exchange(is_lost_, true))
            return;
        if ((reconnects_ || link.is_void()) && !is_closing_)
            flow_.detach();
        else
            flow_.fail_all(Errc::disconnected);
        on_change_(Change::lost);
    }

    void on_spoken(Result<Disk> const& disk)
    {
        if (!disk || *disk == *disk_)
            return;
        disk_ = *disk;
        on_change_(Change::resized);
    }

    void on_ended(Errc reason)
    {
        flow_.fail_all(reason == Errc::protocol ? reason : Errc::disconnected);
        on_change_(Change::ended);
    }

    void on_event()
    {
        auto const served = flow_.serve();
        if (served)
            return;
        flow_.fail_all(served.error());
        life_.give_up(served.error());
    }

    Result<> set_alarm(Instant expires)
    {
        // Or who submits again what has timed out would do so without end.
        if (expires <= hypervisor().now())
            return Failure{Errc::timed_out};
        return alarm_.set(expires);
    }

    void on_alarm()
    {
        // What completes may submit again, and its deadline be the next.
        static_cast<void>(alarm_.set(flow_.expire(hypervisor().now())));
        flow_.publish();
    }

    H& hypervisor_;
    DataPages<H> pages_;
    std::optional<Disk> disk_;
    ChangeListener on_change_;
    bool reconnects_ = false;
    bool is_closing_ = false;
    bool is_lost_ = false;
    Flow<H> flow_;
    Alarm<H> alarm_;
    Driver driver_;
    Life life_;
};

} // namespace lodger::blkfront
