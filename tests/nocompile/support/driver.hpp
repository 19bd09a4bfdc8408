#pragma once

#include <lodger/xenbus/frontend.hpp>

/// The least that a frontend needs to be one.
struct Driver {
    struct Link {};
    struct Details {};

    lodger::Result<> publish(lodger::xenbus::State);
    lodger::Result<Link> offer_link();
    lodger::Result<Details> read_details(Link&);
    void lose_link(Link&);
    bool is_let_go(Link&);
};

using Frontend = lodger::xenbus::Frontend<Driver>;
