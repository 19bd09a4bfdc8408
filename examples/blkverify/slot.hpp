#pragma once

#include "journal.hpp"
#include "random.hpp"
#include <lodger/runtime/services.hpp>

#include <array>
#include <cassert>
#include <optional>

namespace blkverify {

using namespace lodger;

/// A request, and the memory for its data.
struct Slot : blkfront::Io {
    enum class State : std::uint8_t { idle, under_way, over };

    static constexpr std::size_t most_pieces = 3;

    State state = State::idle;
    Result<> outcome;
    Instant over_at{};
    Range range; ///< blocks claimed in the journal
    std::uint32_t generation = 0;
    unsigned attempts = 0;
    std::array<blkfront::Piece, most_pieces> pieces_of_it;
    std::optional<BlockBuffer> buffer;

    /// Makes it a request for `range`, its data in one to three pieces that begin somewhere in a
    /// page and lie in memory in reverse, so that each segment of it is a case of its own.
    void prepare(blkfront::Operation what, std::uint64_t block_size, Random& random)
    {
        std::size_t const shift = random.below(page_size / block_size) * block_size;
        std::size_t left = range.count * block_size;
        std::size_t count = 0;
        while (left > 0) {
            bool const is_last = count + 1 == most_pieces || left == block_size;
            std::size_t const blocks = left / block_size;
            std::size_t const size =
                is_last || random.once_in(2) ? left : (1 + random.below(blocks - 1)) * block_size;
            left -= size;
            pieces_of_it[count++] = buffer->bytes().subspan(shift + left, size);
        }
        static_cast<blkfront::Io&>(*this) = blkfront::Io{
            what, range.first * block_size, std::span{pieces_of_it}.first(count), &note};
    }

    void prepare_flush()
    {
        range = {};
        static_cast<blkfront::Io&>(*this) =
            blkfront::Io{blkfront::Operation::flush, 0, blkfront::Piece{}, &note};
    }

    /// Calls `use(block, bytes)` for each block of the data, in the disk's order.
    template <class Use>
    void for_each_block(std::uint64_t block_size, Use use) const
    {
        std::uint64_t block = range.first;
        for (blkfront::Piece const piece : pieces())
            for (std::size_t at = 0; at < piece.size(); at += block_size)
                use(block++, piece.subspan(at, block_size));
    }

private:
    static void note(blkfront::Io& io, Result<> outcome)
    {
        Slot& slot = static_cast<Slot&>(io);
        assert(slot.state == State::under_way); // Each completes once.
        slot.outcome = outcome;
        slot.over_at = guest().now();
        slot.state = State::over;
    }
};

} // namespace blkverify
