#pragma once

#include <lodger/blkfront/device.hpp>

#include <cstring>

namespace lodger::blkfront {

/// A request for the thread that waits for it. It does not outlive the wait.
class WaitedIo : public Io {
public:
    explicit WaitedIo(Operation what, std::uint64_t at) : Io{what, at, Piece{}, &note} {}

    /// @return what came of it, or `timed_out` or `cancelled`, and then nobody hears of it
    template <ThreadedHypervisor H>
    Result<> run(Device<H>& device, Deadline deadline)
    {
        LODGER_TRY(device.submit(*this));
        device.publish();
        while (is_in_flight()) {
            if (auto const waited = device.wait(deadline); !waited && is_in_flight()) {
                device.abandon(*this);
                return waited;
            }
        }
        return result_;
    }

private:
    static void note(Io& io, Result<> outcome) { static_cast<WaitedIo&>(io).result_ = outcome; }

    Result<> result_;
};

/// Data of the device's pool, in one piece, moved without a copy.
template <ThreadedHypervisor H>
Result<> transfer(
    Device<H>& device, Operation operation, std::uint64_t offset, Piece pooled, Deadline deadline)
{
    WaitedIo io{operation, offset};
    io.data = pooled;
    return io.run(device, deadline);
}

/// Data of the device's pool, in several pieces that are one range of the disk.
template <ThreadedHypervisor H>
Result<> transfer(
    Device<H>& device, Operation operation, std::uint64_t offset, std::span<Piece const> pieces,
    Deadline deadline)
{
    if (pieces.empty())
        return {};
    WaitedIo io{operation, offset};
    io.scattered = pieces;
    return io.run(device, deadline);
}

/// Pages for a copy of up to `size` bytes: what the pool has, if need be less than wished for, and
/// if it has nothing, what comes free before the deadline.
template <ThreadedHypervisor H>
Result<Buffer<H>> allocate_bounce(Device<H>& device, std::size_t size, Deadline deadline)
{
    constexpr std::size_t most = 64 * 1024;
    while (true) {
        for (std::size_t wish = std::min(size, most); wish > 0; wish /= 2) {
            auto buffer = Buffer<H>::allocate(device.pool(), wish);
            if (buffer)
                return buffer;
            if (wish <= page_size)
                break;
        }
        if (!device.reclaim())
            LODGER_TRY(device.pool().wait(deadline));
    }
}

/// Whether the device can move data where it is.
template <ThreadedHypervisor H>
bool is_direct(Device<H>& device, std::span<std::byte const> data)
{
    auto const start = reinterpret_cast<std::uintptr_t>(data.data());
    return device.pool().contains(data) && start % device.disk()->sector_size == 0;
}

/// Calls `move(offset, bounce, part)` for one part of `data` after the other, each with room of the
/// pool for a copy of it.
template <ThreadedHypervisor H, class Byte, class Move>
Result<> in_parts(
    Device<H>& device, std::uint64_t offset, std::span<Byte> data, Deadline deadline, Move move)
{
    while (!data.empty()) {
        auto const bounce = LODGER_TRY(allocate_bounce(device, data.size(), deadline));
        auto const part = data.first(std::min(bounce.bytes().size(), data.size()));
        LODGER_TRY(move(offset, bounce.bytes().first(part.size()), part));
        data = data.subspan(part.size());
        offset += part.size();
    }
    return {};
}

/// Reads from the disk into any memory, and waits for it.
/// @param offset bytes from the start of the disk; with the length a multiple of its sector size
/// @param data directly if it is in the device's pool, by a copy through the pool otherwise
/// @return what `Device::submit` says, the device's own `io`, or `timed_out`
template <ThreadedHypervisor H>
Result<> read(Device<H>& device, std::uint64_t offset, std::span<std::byte> data, Deadline deadline)
{
    if (!device.disk())
        return Failure{Errc::disconnected};
    LODGER_TRY(device.disk()->check_range(offset, data.size()));
    if (!data.empty() && is_direct(device, data))
        return transfer(device, Operation::read, offset, data, deadline);
    return in_parts(
        device, offset, data, deadline,
        [&](std::uint64_t at, Piece bounce, std::span<std::byte> part) -> Result<> {
            LODGER_TRY(transfer(device, Operation::read, at, bounce, deadline));
            std::memcpy(part.data(), bounce.data(), part.size());
            return {};
        });
}

/// Writes any memory to the disk, and waits until the device says that it has it; the mirror of
/// `read`.
template <ThreadedHypervisor H>
Result<>
write(Device<H>& device, std::uint64_t offset, std::span<std::byte const> data, Deadline deadline)
{
    if (!device.disk())
        return Failure{Errc::disconnected};
    LODGER_TRY(device.disk()->check_range(offset, data.size()));
    if (!data.empty() && is_direct(device, data))
        return transfer(device, Operation::write, offset, device.pool().part(data), deadline);
    return in_parts(
        device, offset, data, deadline,
        [&](std::uint64_t at, Piece bounce, std::span<std::byte const> part) {
            std::memcpy(bounce.data(), part.data(), part.size());
            return transfer(device, Operation::write, at, bounce, deadline);
        });
}

/// What a flush came to, when it did not fail.
enum class Durability : std::uint8_t {
    durable,   ///< what was written before is on the medium
    not_known, ///< the device has no way to say
};

/// Makes everything whose writing has completed durable, and waits for it.
template <ThreadedHypervisor H>
Result<Durability> flush(Device<H>& device, Deadline deadline)
{
    WaitedIo io{Operation::flush, 0};
    auto const flushed = io.run(device, deadline);
    if (!flushed && flushed.error() == Errc::unsupported)
        return Durability::not_known;
    if (!flushed)
        return Failure{flushed.error()};
    return Durability::durable;
}

/// Tells the device that a range's contents are of no use any more, and waits for it.
/// @param offset bytes, with the length a multiple of the sector size
/// @return `unsupported` if the device does not do this
template <ThreadedHypervisor H>
Result<> discard(
    Device<H>& device, std::uint64_t offset, std::uint64_t length, Deadline deadline,
    Operation operation = Operation::discard)
{
    WaitedIo io{operation, offset};
    io.length = length;
    return io.run(device, deadline);
}

} // namespace lodger::blkfront
