#pragma once

#include "medium.hpp"
#include <lodger/blkfront/transfer.hpp>

#include <vector>

namespace examples {

/// A block device below a database. What its requests move lies in the device's pool, so nothing is
/// copied on the way.
///
/// There are no deadlines: a request given up on could still change the cache's memory, or the
/// disk, when SQLite has gone on. A backend that does not answer is waited for.
template <lodger::ThreadedHypervisor H>
class BlockMedium final : public Medium {
public:
    using Device = lodger::blkfront::Device<H>;

    /// Takes what the pool has, for as long as it lives.
    /// @return `no_memory` if that is nothing
    static lodger::Result<BlockMedium> create(Device& device)
    {
        std::size_t pages = device.pool().page_count();
        while (pages > 1) {
            auto buffer =
                lodger::blkfront::Buffer<H>::allocate(device.pool(), pages * lodger::page_size);
            if (buffer)
                return BlockMedium{device, std::move(*buffer)};
            pages -= pages / 16 + 1; // What others have of it lies somewhere in it.
        }
        return lodger::Failure{lodger::Errc::no_memory};
    }

    Geometry geometry() const override
    {
        lodger::blkfront::Disk const& disk = *device_.disk();
        auto const* const features = device_.features();
        return {
            .size = disk.size,
            .sector = disk.sector_size,
            .physical_sector = disk.physical_sector_size,
            .is_read_only = disk.is_read_only,
            .can_flush = features && features->has(lodger::blkfront::Operation::flush),
        };
    }

    std::span<std::byte> memory() override { return buffer_.bytes(); }

    lodger::Result<> read(Extent const& extent) override
    {
        return lodger::blkfront::transfer(
            device_, lodger::blkfront::Operation::read, extent.offset, extent.pieces,
            lodger::Deadline::never());
    }

    lodger::Result<> write(std::span<Extent const> extents) override
    {
        std::vector<Write> writes(extents.size());
        for (std::size_t i = 0; i < extents.size(); ++i)
            writes[i].submit(device_, extents[i]);
        device_.publish();
        lodger::Result<> outcome;
        for (Write& write : writes) {
            auto const written = write.wait(device_);
            if (outcome)
                outcome = written;
        }
        return outcome;
    }

    lodger::Result<> flush() override
    {
        auto const flushed = lodger::blkfront::flush(device_, lodger::Deadline::never());
        return flushed ? lodger::Result<>{} : lodger::Failure{flushed.error()};
    }

private:
    /// One of several writes at a time. Stays where it is while the backend may use it.
    struct Write : lodger::blkfront::Io {
        void submit(Device& device, Extent const& extent)
        {
            operation = lodger::blkfront::Operation::write;
            offset = extent.offset;
            scattered = extent.pieces;
            on_complete = [](Io& io, lodger::Result<> said) {
                static_cast<Write&>(io).outcome = said;
            };
            if (auto const taken = device.submit(*this); !taken)
                outcome = taken;
        }

        lodger::Result<> wait(Device& device)
        {
            while (is_in_flight()) {
                if (auto const waited = device.wait(lodger::Deadline::never());
                    !waited && is_in_flight()) {
                    device.abandon(*this);
                    return waited;
                }
            }
            return outcome;
        }

        lodger::Result<> outcome;
    };

    BlockMedium(Device& device, lodger::blkfront::Buffer<H> buffer)
        : device_{device},
          buffer_{std::move(buffer)}
    {
    }

    Device& device_;
    lodger::blkfront::Buffer<H> buffer_;
};

} // namespace examples
