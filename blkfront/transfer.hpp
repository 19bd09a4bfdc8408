#pragma once

#include <lodger/blkfront/device.hpp>

#include <cstring>

namespace lodger::blkfront {

/// A transfer of any length as requests of the size that the ring takes, several at a time, for
/// the thread that waits for all of it. Owns its requests; none outlives it.
template <Hypervisor H>
class Transfer {
public:
    /// @param device connected
    /// @param data in the device's pool
    Transfer(
        Device<H>& device, Operation operation, std::uint64_t offset, std::span<std::byte> data)
        : device_{device},
          operation_{operation},
          offset_{offset},
          rest_{data},
          sector_size_{device.disk()->sector_size}
    {
    }
    Transfer(Transfer const&) = delete;
    Transfer& operator=(Transfer const&) = delete;
    ~Transfer()
    {
        for (Part& part : parts_)
            device_.abandon(part);
    }

    /// @return the first error of any part
    Result<> run(Deadline deadline)
    {
        while (outcome_ && (!rest_.empty() || in_flight_ > 0)) {
            LODGER_TRY(submit_some());
            LODGER_TRY(device_.publish());
            if (in_flight_ > 0 || !rest_.empty())
                LODGER_TRY(device_.wait(deadline));
        }
        return outcome_;
    }

private:
    struct Part : Io {
        Transfer* transfer = nullptr;
    };

    static constexpr std::size_t most_parts = 16;

    Result<> submit_some()
    {
        for (Part& part : parts_) {
            if (rest_.empty() || !outcome_)
                break;
            if (part.is_in_flight())
                continue;
            std::size_t const size = std::min(rest_.size(), first_part_size());
            static_cast<Io&>(part) = Io{operation_, offset_, rest_.first(size), &on_complete};
            part.transfer = this;
            if (auto const submitted = device_.submit(part); !submitted)
                return submitted.error() == Errc::busy ? Result<>{} : submitted;
            ++in_flight_;
            offset_ += size;
            rest_ = rest_.subspan(size);
        }
        return {};
    }

    /// As many bytes as one request holds: fewer if they begin inside a page, and whole sectors.
    std::size_t first_part_size() const
    {
        std::size_t const start = reinterpret_cast<std::uintptr_t>(rest_.data()) % page_size;
        return (most_segments * page_size - start) & ~std::size_t{sector_size_ - 1};
    }

    static void on_complete(Io& io, Result<> outcome)
    {
        Transfer& transfer = *static_cast<Part&>(io).transfer;
        --transfer.in_flight_;
        if (!outcome && transfer.outcome_)
            transfer.outcome_ = outcome;
    }

    Device<H>& device_;
    Operation operation_;
    std::uint64_t offset_;
    std::span<std::byte> rest_;
    std::uint32_t sector_size_;
    std::array<Part, most_parts> parts_;
    std::size_t in_flight_ = 0;
    Result<> outcome_;
};

/// Pages for a copy of up to `size` bytes: what the pool has, if need be less than wished for, and
/// if it has nothing, what comes free before the deadline.
template <Hypervisor H>
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
        LODGER_TRY(device.pool().wait(deadline));
    }
}

/// Reads from the disk into any memory, and waits for it.
/// @param offset bytes from the start of the disk; with the length a multiple of its sector size
/// @param data directly if it is in the device's pool, by a copy through the pool otherwise
/// @return what `Device::submit` says, the device's own `io`, or `timed_out`
template <Hypervisor H>
Result<> read(Device<H>& device, std::uint64_t offset, std::span<std::byte> data, Deadline deadline)
{
    if (!device.disk())
        return Failure{Errc::disconnected};
    LODGER_TRY(device.disk()->check_range(offset, data.size()));
    if (device.pool().contains(data))
        return Transfer<H>{device, Operation::read, offset, data}.run(deadline);
    while (!data.empty()) {
        auto const bounce = LODGER_TRY(allocate_bounce(device, data.size(), deadline));
        auto const part = bounce.bytes().first(std::min(bounce.bytes().size(), data.size()));
        LODGER_TRY(Transfer<H>{device, Operation::read, offset, part}.run(deadline));
        std::memcpy(data.data(), part.data(), part.size());
        data = data.subspan(part.size());
        offset += part.size();
    }
    return {};
}

/// Writes any memory to the disk, and waits until the device says that it has it; the mirror of
/// `read`.
template <Hypervisor H>
Result<>
write(Device<H>& device, std::uint64_t offset, std::span<std::byte const> data, Deadline deadline)
{
    if (!device.disk())
        return Failure{Errc::disconnected};
    LODGER_TRY(device.disk()->check_range(offset, data.size()));
    while (!data.empty()) {
        auto const bounce = LODGER_TRY(allocate_bounce(device, data.size(), deadline));
        auto const part = bounce.bytes().first(std::min(bounce.bytes().size(), data.size()));
        std::memcpy(part.data(), data.data(), part.size());
        LODGER_TRY(Transfer<H>{device, Operation::write, offset, part}.run(deadline));
        data = data.subspan(part.size());
        offset += part.size();
    }
    return {};
}

/// Writes from the device's pool without a copy.
template <Hypervisor H>
Result<>
write(Device<H>& device, std::uint64_t offset, std::span<std::byte> pooled, Deadline deadline)
{
    if (!device.disk())
        return Failure{Errc::disconnected};
    if (!device.pool().contains(pooled))
        return write(device, offset, std::span<std::byte const>{pooled}, deadline);
    return Transfer<H>{device, Operation::write, offset, pooled}.run(deadline);
}

} // namespace lodger::blkfront
