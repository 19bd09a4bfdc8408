#pragma once

#include <lodger/runtime/services.hpp>

#include <memory>
#include <optional>

namespace examples {

using namespace lodger;

/// Reads a disk from its start to its end, in order, with as many requests on the way as the ring
/// and the pool have room for.
class ReadAhead {
public:
    static constexpr Duration patience = std::chrono::seconds{30};

    explicit ReadAhead(BlockDevice& device) : device_{device}, end_{device.disk()->size}
    {
        while (count_ < most && count_ < device.depth()) {
            auto buffer = BlockBuffer::allocate(device.pool(), part_size);
            if (!buffer)
                break;
            parts_[count_++].buffer.emplace(std::move(*buffer));
        }
    }
    ReadAhead(ReadAhead const&) = delete;
    ReadAhead& operator=(ReadAhead const&) = delete;
    ~ReadAhead()
    {
        for (Part& part : parts_)
            device_.abandon(part);
    }

    /// The next bytes of the disk, empty at its end; valid until the next call.
    /// @return what reading failed with, or `timed_out` if nothing came for `patience`
    Result<std::span<std::byte>> next()
    {
        if (count_ == 0)
            return Failure{Errc::no_memory};
        LODGER_TRY(submit());
        Part& part = parts_[taken_ % count_];
        if (taken_ == submitted_)
            return std::span<std::byte>{};
        LODGER_TRY(wait_until(part));
        ++taken_;
        LODGER_TRY(part.outcome);
        return part.data;
    }

private:
    struct Part : blkfront::Io {
        std::optional<BlockBuffer> buffer;
        Result<> outcome;
    };

    static constexpr std::size_t most = 32;
    static constexpr std::size_t part_size = blkfront::most_direct_segments * page_size;

    /// Keeps the ring full. The part returned last is free again only now, at the next call.
    Result<> submit()
    {
        while (offset_ < end_ && submitted_ - taken_ < count_) {
            Part& part = parts_[submitted_ % count_];
            std::size_t const size = std::min<std::uint64_t>(part_size, end_ - offset_);
            static_cast<blkfront::Io&>(part) = blkfront::Io{
                blkfront::Operation::read, offset_, part.buffer->bytes().first(size), &complete};
            LODGER_TRY(device_.submit(part));
            offset_ += size;
            ++submitted_;
        }
        device_.publish();
        return {};
    }

    Result<> wait_until(Part const& part)
    {
        Deadline const deadline = after(guest(), patience);
        while (part.is_in_flight())
            LODGER_TRY(device_.wait(deadline));
        return {};
    }

    static void complete(blkfront::Io& io, Result<> outcome)
    {
        static_cast<Part&>(io).outcome = outcome;
    }

    BlockDevice& device_;
    std::uint64_t end_;
    std::uint64_t offset_ = 0;
    std::size_t count_ = 0;
    std::size_t submitted_ = 0;
    std::size_t taken_ = 0;
    std::array<Part, most> parts_;
};

} // namespace examples
