#pragma once

#include <lodger/blkfront/disks.hpp>
#include <lodger/blkfront/transfer.hpp>
#include <lodger/console/console.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/store/client.hpp>

namespace lodger {

// The library's parts as a guest uses them: bound to the Xen it runs under.
using runtime::guest;
using runtime::Guest;
using Store = store::Client<Guest>;
using GrantTable = grant::Table<Guest>;
using BlockDevice = blkfront::Device<Guest>;
using BlockBuffer = blkfront::Buffer<Guest>;
using Discovery = xenbus::Discovery<Guest>;
using Disks = blkfront::Disks<Guest>;
using DiskKind = blkfront::DiskKind<Guest>;

} // namespace lodger

namespace lodger::runtime {

/// The guest's connection to XenStore, started at the first call, and with it a thread that obeys
/// the toolstack (runtime/control.hpp).
/// @return `no_device` if Xen gave the guest no XenStore
Result<Store*> xenstore();
/// The same if it has been started, else null.
Store* started_xenstore();

/// The guest's grant table, of which there is one.
GrantTable& grants();

} // namespace lodger::runtime
