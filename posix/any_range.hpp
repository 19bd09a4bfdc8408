#pragma once

#include <lodger/blkfront/transfer.hpp>
#include <lodger/posix/cover.hpp>
#include <lodger/posix/turns.hpp>

#include <cstring>

namespace lodger::posix {

/// Reads any bytes of a disk: sectors of which only a part is meant go through a copy.
/// @param offset with the length inside the disk
template <ThreadedHypervisor H>
Result<> read_any(
    blkfront::Device<H>& device, std::uint64_t offset, std::span<std::byte> to, Deadline deadline)
{
    if (!device.disk())
        return Failure{Errc::disconnected};
    std::size_t const sector = device.disk()->sector_size;
    if (((offset | to.size()) & (sector - 1)) == 0)
        return blkfront::read(device, offset, to, deadline);
    while (!to.empty()) {
        auto const bounce =
            LODGER_TRY(blkfront::allocate_bounce(device, to.size() + 2 * sector, deadline));
        Cover const here = cover(offset, to.size(), sector, bounce.bytes().size());
        auto const sectors = bounce.bytes().first(here.size);
        LODGER_TRY(transfer(device, blkfront::Operation::read, here.offset, sectors, deadline));
        std::memcpy(to.data(), &sectors[here.lead], here.length);
        to = to.subspan(here.length);
        offset += here.length;
    }
    return {};
}

/// Puts bytes into sectors that are read first where they are not all of them. Alone on the disk:
/// what another wrote between the reading and the writing would be undone.
template <ThreadedHypervisor H>
Result<> write_into(
    blkfront::Device<H>& device, std::uint64_t offset, std::span<std::byte const> from,
    Deadline deadline)
{
    using blkfront::Operation;
    std::size_t const sector = device.disk()->sector_size;
    while (!from.empty()) {
        auto const bounce =
            LODGER_TRY(blkfront::allocate_bounce(device, from.size() + 2 * sector, deadline));
        Cover const here = cover(offset, from.size(), sector, bounce.bytes().size());
        auto const sectors = bounce.bytes().first(here.size);
        std::size_t const last = here.size - sector;
        if (here.cuts_first(sector))
            LODGER_TRY(
                transfer(device, Operation::read, here.offset, sectors.first(sector), deadline));
        if (here.cuts_last(sector) && (last > 0 || !here.cuts_first(sector)))
            LODGER_TRY(transfer(
                device, Operation::read, here.offset + last, sectors.subspan(last), deadline));
        std::memcpy(&sectors[here.lead], from.data(), here.length);
        LODGER_TRY(transfer(device, Operation::write, here.offset, sectors, deadline));
        from = from.subspan(here.length);
        offset += here.length;
    }
    return {};
}

/// Writes any bytes of a disk; the mirror of `read_any`. Writes of whole sectors go beside each
/// other, any other goes alone.
template <ThreadedHypervisor H>
Result<> write_any(
    blkfront::Device<H>& device, Turns<H>& turns, std::uint64_t offset,
    std::span<std::byte const> from, Deadline deadline)
{
    if (!device.disk())
        return Failure{Errc::disconnected};
    if (((offset | from.size()) & (device.disk()->sector_size - 1)) == 0) {
        LODGER_TRY(turns.begin_shared(deadline));
        auto const written = blkfront::write(device, offset, from, deadline);
        turns.end_shared();
        return written;
    }
    LODGER_TRY(turns.begin_alone(deadline));
    auto const written = write_into(device, offset, from, deadline);
    turns.end_alone();
    return written;
}

} // namespace lodger::posix
