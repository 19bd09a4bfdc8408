#pragma once

#include <lodger/xenbus/backend.hpp>

/// The least that a backend needs to be one.
struct Driver {
    struct Link {};

    lodger::Result<> publish(lodger::xenbus::State);
    bool negotiates();
    lodger::Result<> publish_features();
    lodger::Result<Link> join();
    bool is_offered(Link&);
    lodger::Result<> publish_details(Link&);
    lodger::Result<> reconfigure(Link&);
    void report(lodger::Errc);
};

using Backend = lodger::xenbus::Backend<Driver>;
