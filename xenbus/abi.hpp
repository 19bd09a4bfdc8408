#pragma once

/// The XenBus states, and what this directory relies on in them.

#include <cstddef>
#include <cstdint>

#include <xen/io/xenbus.h>

namespace lodger::xenbus {

static_assert(XenbusStateUnknown == 0);
static_assert(XenbusStateInitialising == 1);
static_assert(XenbusStateConnected == 4);
static_assert(XenbusStateReconfigured == 8);

} // namespace lodger::xenbus
