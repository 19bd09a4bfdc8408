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

// What is not on a request's way is compiled once, to be small, and not in each application:
// runtime/store.cpp and runtime/disks.cpp.
extern template class lodger::store::Connection<lodger::Guest>;
extern template class lodger::store::Operations<lodger::Guest>;
extern template class lodger::store::Batch<lodger::Guest>;
extern template class lodger::store::Watch<lodger::Guest>;
extern template class lodger::store::Client<lodger::Guest>;
extern template class lodger::xenbus::OtherEnd<lodger::Guest>;
extern template class lodger::blkfront::Handshake<lodger::Guest>;
extern template class lodger::xenbus::Connector<lodger::Guest, lodger::BlockDevice::Driver>;
extern template class lodger::xenbus::Life<lodger::Guest, lodger::BlockDevice::Driver>;

namespace lodger::runtime {

/// The guest's connection to XenStore, started at the first call, and with it a thread that obeys
/// the toolstack (runtime/control.hpp).
/// @return `no_device` if Xen gave the guest no XenStore
Result<Store*> xenstore();
/// The same without that thread, and without the code for what the toolstack may ask: for a guest
/// that is over before it could be asked. A later `xenstore()` starts the thread.
Result<Store*> xenstore_alone();
/// The same if it has been started, else null.
Store* started_xenstore();

/// The guest's grant table, of which there is one.
GrantTable& grants();

} // namespace lodger::runtime
