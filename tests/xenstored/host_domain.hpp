#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/store/abi.hpp>
#include <lodger/tests/xenstored/daemon.hpp>

#include <functional>
#include <memory>
#include <poll.h>
#include <string>
#include <vector>

namespace lodger::host {

class Machine;

/// A domain of which only its end of XenStore exists: the page is a file that the daemon maps too,
/// the event channel a pair of datagram sockets. There is nothing to grant.
class HostDomain {
public:
    using Memory = SharedMemory;

    HostDomain(Machine& machine, Domain id);
    HostDomain(HostDomain const&) = delete;
    HostDomain& operator=(HostDomain const&) = delete;
    ~HostDomain();

    Domain id() const { return id_; }
    store::Page& store_page() const { return *page_; }
    Port store_port() const { return port_; }

    Result<Port> alloc_unbound(Domain) { return Failure{Errc::no_space}; }
    Result<Port> bind_interdomain(Domain, Port) { return Failure{Errc::no_space}; }
    Result<void> close(Port) { return Failure{Errc::invalid_argument}; }
    Result<void> notify(Port port);
    Result<void> listen(Port port, Listener listener);
    void unlisten(Port) { listener_ = {}; }

    Result<std::span<std::byte>> allocate_pages(std::size_t) { return Failure{Errc::no_memory}; }
    void free_pages(std::span<std::byte>) {}
    Gfn gfn(void const*) const { return Gfn{}; }
    Result<std::span<GrantEntry>> grant_table(std::size_t) { return Failure{Errc::no_space}; }

    Instant now() const;
    Result<void> wait(WaitQueue& queue, Deadline deadline);
    void wake(WaitQueue& queue);
    std::uint32_t incarnation() const { return 0; }

private:
    friend class Machine;
    /// The words of a `pending` file (shim.c).
    static constexpr int at_daemon = 0;
    static constexpr int at_guest = 1;

    bool raise(Port port);
    void take_events();

    Machine& machine_;
    Domain id_;
    Port port_;
    store::Page* page_;
    std::uint32_t* pending_;
    int socket_; ///< raised by the daemon
    int sender_; ///< raises the daemon
    Listener listener_{};
    bool in_listener_ = false;
};

static_assert(Hypervisor<HostDomain>);

/// A daemon and its domains. Whoever waits for something runs `idle` until it has come: by default
/// that sleeps until a domain has an event. The tests' threads put their own in its place.
class Machine {
public:
    Machine();
    Machine(Machine const&) = delete;
    Machine& operator=(Machine const&) = delete;
    ~Machine();

    std::string const& folder() const { return folder_; }
    Daemon& daemon() { return *daemon_; }
    /// A domain with its page, of which the daemon does not know yet.
    HostDomain& add_domain(Domain id);
    /// Sets a domain up in XenStore and introduces it.
    void introduce(HostDomain& domain) { daemon_->introduce(domain.id(), domain.store_port()); }

    /// Sleeps until a domain has an event, at most until the deadline, and hands it over.
    void sleep(Deadline deadline);

    std::function<void(Deadline)> idle = [this](Deadline deadline) { sleep(deadline); };
    /// Called whenever somebody stops waiting.
    std::function<void()> on_wake = [] {};

private:
    std::string folder_;
    std::unique_ptr<Daemon> daemon_;
    std::vector<std::unique_ptr<HostDomain>> domains_;
    std::vector<pollfd> sockets_;
};

} // namespace lodger::host
