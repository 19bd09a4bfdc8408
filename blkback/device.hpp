#pragma once

#include <lodger/blkback/handshake.hpp>
#include <lodger/xenbus/server.hpp>

namespace lodger::blkback {

/// A block device that we serve: the backend's end of one disk. Two threads run it: one in `run`,
/// which does the handshake, and one in `serve`, which does the requests. Borrows the medium.
///
/// Peer: the frontend, not trusted. When it breaks the protocol of the ring, that is reported and
/// the device closes; what it may reach is what it has granted us itself, and the medium.
template <
    MappingHypervisor H, Medium M, class Ring = BlockRing<H>, class Driver = Handshake<H, M, Ring>>
class Device {
public:
    Device(store::Client<H>& store, M& medium, Options options = {})
        : store_{store},
          options_{options},
          driver_{store, medium, options_, work_},
          server_{store, driver_}
    {
    }
    Device(Device const&) = delete;
    Device& operator=(Device const&) = delete;

    /// Finds the device. Call once, before `run` and `serve`.
    /// @param path `backend/vbd/<frontend-id>/<device>`
    Result<> open(std::string_view path)
    {
        auto const node = LODGER_TRY(xenbus::read_served_node(store_, path, store_.patience()));
        driver_.set(node);
        return server_.open(node, options_.waits_for_hotplug);
    }

    /// Serves the device until the toolstack removes it or `server().stop()` is called.
    Result<> run()
    {
        auto const outcome = server_.run();
        is_over_ = true;
        store_.hypervisor().wake(work_);
        return outcome;
    }

    /// Serves the requests for as long as `run` goes on.
    void serve()
    {
        while (!is_over_) {
            bool const more = serve_queues();
            Instant const until = more ? Instant::min() : Instant::max();
            auto const waited = lodger::wait(store_.hypervisor(), work_, {until});
            if (!waited && waited.error() != Errc::timed_out)
                return;
        }
    }

    /// Whether `run` has ended; nothing is shared with the frontend any more.
    bool is_over() const { return is_over_; }
    Driver& driver() { return driver_; }
    xenbus::Server<H, Driver>& server() { return server_; }
    xenbus::ServerStatus status() const { return server_.status(); }
    /// The rings, while a frontend is joined and may be served; else null.
    Link<H, M, Ring>* link() { return server_.backend().serving(); }

private:
    bool serve_queues()
    {
        bool more = false;
        auto* const link = this->link();
        for (std::size_t i = 0; link && i < link->count; ++i) {
            auto const served = link->queues[i]->serve();
            if (!served)
                server_.fail(served.error());
            more |= served.value_or(false);
        }
        return more;
    }

    store::Client<H>& store_;
    Options options_;
    WaitQueue work_;
    Driver driver_;
    xenbus::Server<H, Driver> server_;
    bool is_over_ = false;
};

} // namespace lodger::blkback
