// What an exerciser asks of its disk.

#include "exerciser.hpp"

#include <algorithm>
#include <bit>

namespace blkverify {

using blkfront::Operation;

/// Half of all requests go to a sixteenth of the disk, so that many meet in one place.
Range Exerciser::random_range()
{
    std::uint64_t const bits = std::bit_width(largest_);
    std::uint64_t const size = (std::uint64_t{1} << random_.below(bits)) + random_.below(4);
    Range range{.count = std::min(size, largest_)};
    std::uint64_t const hot = std::max(journal_.block_count() / 16, range.count);
    std::uint64_t const limit = random_.once_in(2) ? hot : journal_.block_count();
    range.first = random_.below(limit - range.count + 1);
    return range;
}

Exerciser::Next Exerciser::prepare_random(Slot& slot)
{
    if (is_stopped_ || (settings_.count && tally_.requests() + under_way() >= *settings_.count))
        return Next::nothing_more;
    if (!device_.disk()->is_read_only && random_.once_in(64)) {
        slot.prepare_flush();
        return Next::request;
    }
    bool const reads = device_.disk()->is_read_only || random_.once_in(2);
    constexpr int most_attempts = 4; // Then others are in the way everywhere.
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        Range const range = random_range();
        if (reads ? prepare_read(slot, range) : prepare_write(slot, range))
            return Next::request;
    }
    return Next::not_now;
}

bool Exerciser::prepare_read(Slot& slot, Range range)
{
    if (!journal_.claim_read(range))
        return false;
    slot.range = range;
    slot.prepare(Operation::read, block_size_, random_);
    // So that a read that moved nothing does not find what was there.
    for (blkfront::Piece const piece : slot.pieces())
        std::ranges::fill(piece, std::byte{0xa5});
    return true;
}

bool Exerciser::prepare_write(Slot& slot, Range range)
{
    if (!journal_.claim_write(range, generation_ + 1))
        return false;
    slot.generation = ++generation_;
    slot.range = range;
    slot.prepare(Operation::write, block_size_, random_);
    slot.for_each_block(block_size_, [&](std::uint64_t block, blkfront::Piece bytes) {
        std::uint64_t sector = block * (block_size_ / sector_size);
        for (std::size_t at = 0; at < bytes.size(); at += sector_size)
            Pattern{{seed_, slot.generation, sector++}}.write_to(
                bytes.subspan(at).first<sector_size>());
    });
    return true;
}

Exerciser::Next Exerciser::prepare_reading_back(Slot& slot)
{
    if (read_back_ == journal_.block_count())
        return Next::nothing_more;
    std::uint64_t const left = journal_.block_count() - read_back_;
    Range const range{read_back_, std::min(largest_, left)};
    if (!prepare_read(slot, range))
        return Next::not_now;
    read_back_ += range.count;
    return Next::request;
}

} // namespace blkverify
