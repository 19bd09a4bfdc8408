#pragma once

#include <lodger/blkfront/offer.hpp>
#include <lodger/xenbus/change.hpp>
#include <lodger/xenbus/life.hpp>

namespace lodger::blkfront {

using xenbus::Change;
using xenbus::ChangeListener;

/// What may be chosen when a disk is opened.
struct Options {
    /// Pages of the pool, which all data goes through: 352 fill a ring of 32 requests of 44 KiB.
    std::size_t pool_pages = 352;
    Offer offer{};
    xenbus::OnLoss on_loss = xenbus::OnLoss::fail_fast;
    xenbus::Patience patience{};
    ChangeListener on_change{};
};

} // namespace lodger::blkfront
