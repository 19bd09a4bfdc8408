#pragma once

/// The XenBus states, and what this directory relies on in them.

#include <xen/io/xenbus.h>

#include <cstddef>

namespace lodger::xenbus {

static_assert(XenbusStateUnknown == 0);
static_assert(XenbusStateInitialising == 1);
static_assert(XenbusStateConnected == 4);
static_assert(XenbusStateReconfigured == 8);

} // namespace lodger::xenbus
