#pragma once

#include <lodger/xenbus/frontend.hpp>

/// The least that a frontend needs to be one.
struct Driver {
    struct Link {};
    struct Details {};

    lodger::Result<> publish(lodger::xenbus::State);
    lodger::Result<Link> offer_link();
    lodger::Result<Details> read_details(Link&);
    void fail_link(Link&);
};

using Frontend = lodger::xenbus::Frontend<Driver>;
