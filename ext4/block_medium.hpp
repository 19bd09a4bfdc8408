#pragma once

#include <lodger/blkfront/transfer.hpp>
#include <lodger/ext4/medium.hpp>

#include <algorithm>
#include <cstring>

namespace lodger::ext4 {

/// A block device below a file system. What its requests move is copied through room of the
/// device's pool that is held for it, in requests as large as that.
///
/// There are no deadlines: a request given up on could still change the disk when the file system
/// has gone on. A backend that does not answer is waited for.
template <ThreadedHypervisor H>
class BlockMedium final : public Medium {
public:
    using Device = blkfront::Device<H>;

    /// @return `no_memory` if the device's pool has no room
    static Result<BlockMedium> create(Device& device)
    {
        for (std::size_t size = most; true; size /= 2) {
            auto room = blkfront::Buffer<H>::allocate(device.pool(), size);
            if (room)
                return BlockMedium{device, std::move(*room)};
            if (size <= page_size)
                return Failure{room.error()};
        }
    }

    Geometry geometry() const override
    {
        blkfront::Disk const& disk = *device_.disk();
        return {disk.size, disk.sector_size, disk.is_read_only};
    }

    Result<> read(std::uint64_t offset, std::span<Piece const> to) override
    {
        Parts parts{to};
        while (std::size_t const count = parts.next(room_.bytes().size())) {
            auto const here = room_.bytes().first(count);
            LODGER_TRY(transfer(device_, blkfront::Operation::read, offset, here, never));
            parts.move(count, [&](Piece part, std::size_t at) {
                std::memcpy(part.data(), &here[at], part.size());
            });
            offset += count;
        }
        return {};
    }

    Result<> write(std::uint64_t offset, std::span<ConstPiece const> from) override
    {
        Parts parts{from};
        while (std::size_t const count = parts.next(room_.bytes().size())) {
            auto const here = room_.bytes().first(count);
            parts.move(count, [&](ConstPiece part, std::size_t at) {
                std::memcpy(&here[at], part.data(), part.size());
            });
            LODGER_TRY(transfer(device_, blkfront::Operation::write, offset, here, never));
            offset += count;
        }
        return {};
    }

    Result<> flush() override
    {
        auto const durability = LODGER_TRY(blkfront::flush(device_, never));
        return durability == blkfront::Durability::durable ? Result<>{}
                                                           : Failure{Errc::unsupported};
    }

private:
    static constexpr std::size_t most = 512 * 1024;
    static constexpr Deadline never = Deadline::never();

    /// Pieces of memory, taken one request's worth after the other.
    template <class One>
    class Parts {
    public:
        explicit Parts(std::span<One const> pieces) : pieces_{pieces} {}

        std::size_t next(std::size_t room) const
        {
            std::size_t sum = 0;
            std::size_t at = at_;
            for (One const piece : pieces_) {
                sum += piece.size() - at;
                at = 0;
            }
            return std::min(sum, room);
        }

        void move(std::size_t count, auto copy)
        {
            for (std::size_t done = 0; done < count;) {
                One const rest = pieces_.front().subspan(at_);
                One const part = rest.first(std::min(rest.size(), count - done));
                copy(part, done);
                done += part.size();
                at_ += part.size();
                if (part.size() == rest.size()) {
                    pieces_ = pieces_.subspan(1);
                    at_ = 0;
                }
            }
        }

    private:
        std::span<One const> pieces_;
        std::size_t at_ = 0; ///< in the first of them
    };
    template <class One>
    Parts(std::span<One const>) -> Parts<One>;

    BlockMedium(Device& device, blkfront::Buffer<H> room) : device_{device}, room_{std::move(room)}
    {
    }

    Device& device_;
    blkfront::Buffer<H> room_;
};

} // namespace lodger::ext4
