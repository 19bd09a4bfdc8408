#pragma once

#include <lodger/grant/table.hpp>
#include <lodger/tests/sim/client_domain.hpp>
#include <lodger/tests/sim/store/daemon.hpp>

namespace lodger::sim {

/// What most tests want: a guest, domain 5, with a XenStore client and a grant table.
struct Guest : ClientDomain {
    explicit Guest(World& world) : ClientDomain{world.add_domain(5)}, grants{domain} {}

    grant::Table<Domain> grants;

    /// Runs `body(*this)` as a thread of the guest, and the world until it has ended.
    template <class Body>
    void run(Body body)
    {
        domain.spawn("main", [&] { body(*this); });
        domain.world().run();
    }

    Deadline in(Duration duration) { return after(domain, duration); }

    /// What the daemon knows of the guest.
    StoreConnection& connection() { return domain.world().store().connection(domain); }
};

/// Runs a test of one guest for many seeds.
template <class Body>
void in_guest(World& world, Body body)
{
    world.make<Guest>(world).run(body);
}

} // namespace lodger::sim

// As in client_domain.hpp.
extern template class lodger::grant::Table<lodger::sim::Domain>;
