#pragma once

#include <lodger/store/client.hpp>
#include <lodger/tests/sim/world.hpp>

namespace lodger::sim {

/// A domain with a XenStore client, as both ends of a device need it.
struct ClientDomain {
    explicit ClientDomain(Domain& domain)
        : domain{domain},
          store{domain, domain.store_page(), domain.store_port()}
    {
        store.start().value();
    }

    Domain& domain;
    store::Client<Domain> store;
};

} // namespace lodger::sim

// Compiled once, by instances.cpp, or every case would take several times as long to compile.
extern template class lodger::store::Client<lodger::sim::Domain>;
extern template class lodger::store::Connection<lodger::sim::Domain>;
extern template class lodger::store::Operations<lodger::sim::Domain>;
extern template class lodger::store::Watch<lodger::sim::Domain>;
