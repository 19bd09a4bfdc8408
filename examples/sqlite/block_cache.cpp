#include "block_cache.hpp"

#include <algorithm>
#include <cstring>

namespace examples {

using lodger::Errc;
using lodger::Failure;
using lodger::Result;

namespace {

/// So many blocks are written at a time at most, which bounds the memory for it.
constexpr std::size_t most_in_batch = 256;

/// A run of bits, from the lowest one of `bits` on.
struct BitRun {
    explicit BitRun(unsigned bits)
        : first{static_cast<unsigned>(__builtin_ctz(bits))},
          count{static_cast<unsigned>(__builtin_ctz(~(bits >> first)))}
    {
    }
    unsigned first;
    unsigned count;

    unsigned mask() const { return ((1u << count) - 1) << first; }
};

} // namespace

BlockCache::BlockCache(Medium& medium)
    : medium_{medium},
      geometry_{medium.geometry()},
      memory_{medium.memory()},
      slots_(memory_.size() / block_size)
{
    where_.reserve(slots_.size());
}

/// The bits from one byte of a block to another.
static unsigned bits_between(std::size_t from, std::size_t to, std::size_t unit)
{
    if (from >= to)
        return 0;
    return ((1u << (to - from) / unit) - 1) << from / unit;
}

/// The sectors that some of these bytes are in.
BlockCache::Sectors BlockCache::touched(std::size_t start, std::size_t length) const
{
    std::size_t const sector = geometry_.sector;
    return static_cast<Sectors>(bits_between(
        start / sector * sector, (start + length + sector - 1) / sector * sector, unit));
}

/// The sectors that nothing but these bytes are in.
BlockCache::Sectors BlockCache::wholly_within(std::size_t start, std::size_t length) const
{
    std::size_t const sector = geometry_.sector;
    return static_cast<Sectors>(bits_between(
        (start + sector - 1) / sector * sector, (start + length) / sector * sector, unit));
}

Result<> BlockCache::read(std::uint64_t offset, std::span<std::byte> to)
{
    while (!to.empty()) {
        std::size_t const start = offset % block_size;
        auto const part = to.first(std::min(to.size(), block_size - start));
        auto found = where_.find(offset / block_size);
        if (found == where_.end()) {
            std::size_t const wished = (start + to.size() + block_size - 1) / block_size;
            LODGER_TRY(load_run(offset / block_size, wished));
            found = where_.find(offset / block_size);
        }
        std::size_t const slot = found->second;
        LODGER_TRY(load(slot, touched(start, part.size())));
        slots_[slot].was_used = true;
        std::memcpy(part.data(), &bytes_of(slot)[start], part.size());
        to = to.subspan(part.size());
        offset += part.size();
    }
    return {};
}

Result<> BlockCache::write(std::uint64_t offset, std::span<std::byte const> from)
{
    if (failed_)
        return Failure{*failed_};
    while (!from.empty()) {
        std::size_t const start = offset % block_size;
        auto const part = from.first(std::min(from.size(), block_size - start));
        auto const found = where_.find(offset / block_size);
        std::size_t const index =
            found != where_.end() ? found->second : LODGER_TRY(take(offset / block_size));
        Sectors const sectors = touched(start, part.size());
        auto const cut = sectors & ~wholly_within(start, part.size());
        LODGER_TRY(load(index, static_cast<Sectors>(cut)));
        Slot& slot = slots_[index];
        std::memcpy(&bytes_of(index)[start], part.data(), part.size());
        dirty_ += slot.dirty == 0;
        slot.dirty |= sectors;
        slot.valid |= sectors;
        slot.was_used = true;
        from = from.subspan(part.size());
        offset += part.size();
    }
    return {};
}

Result<> BlockCache::sync()
{
    if (failed_)
        return Failure{*failed_};
    LODGER_TRY(write_back());
    auto const flushed = medium_.flush();
    if (!flushed)
        fail(flushed.error());
    return flushed;
}

/// A slot for a block that has none. Nothing of it is valid yet.
Result<std::size_t> BlockCache::take(BlockNumber block)
{
    std::size_t const index = LODGER_TRY(find_victim());
    Slot& slot = slots_[index];
    if (slot.in_use)
        where_.erase(slot.block);
    slot = {.block = block, .in_use = true, .was_used = true};
    where_[block] = index;
    return index;
}

/// What has not been used for a round of the hand. One that is dirty has all that are written:
/// others will be needed soon, and many at a time cost less.
Result<std::size_t> BlockCache::find_victim()
{
    if (slots_.empty())
        return Failure{Errc::no_memory};
    while (true) {
        std::size_t const index = hand_;
        hand_ = (hand_ + 1) % slots_.size();
        Slot& slot = slots_[index];
        if (slot.in_use && std::exchange(slot.was_used, false))
            continue;
        if (slot.dirty)
            LODGER_TRY(write_back());
        return index;
    }
}

/// Reads what is missing of a block, if anything of that is wanted.
Result<> BlockCache::load(std::size_t index, Sectors wanted)
{
    Slot& slot = slots_[index];
    if ((wanted & ~slot.valid) == 0)
        return {};
    unsigned missing = all_sectors & ~slot.valid;
    while (missing != 0) {
        BitRun const run{missing};
        Piece const piece = bytes_of(index).subspan(run.first * unit, run.count * unit);
        LODGER_TRY(medium_.read({slot.block * block_size + run.first * unit, {&piece, 1}}));
        slot.valid |= static_cast<Sectors>(run.mask());
        missing &= ~run.mask();
    }
    return {};
}

/// Reads a block, and those behind it that are wished for or will be. The disk's last one may be
/// shorter.
Result<> BlockCache::load_run(BlockNumber first, std::size_t wished)
{
    BlockNumber const end = (geometry_.size + block_size - 1) / block_size;
    std::size_t const most = std::min<std::uint64_t>(
        {std::max(wished, ahead_of(first)), most_ahead, slots_.size() / 4 + 1, end - first});
    std::vector<Piece> pieces;
    std::vector<std::size_t> taken;
    while (taken.size() < most && !where_.contains(first + taken.size())) {
        std::uint64_t const left = geometry_.size - (first + taken.size()) * block_size;
        taken.push_back(LODGER_TRY(take(first + taken.size())));
        pieces.push_back(bytes_of(taken.back()).first(std::min<std::uint64_t>(block_size, left)));
    }
    next_missed_ = first + taken.size();
    LODGER_TRY(medium_.read({first * block_size, pieces}));
    for (std::size_t const slot : taken)
        slots_[slot].valid = all_sectors;
    return {};
}

/// How many blocks to read where one is missed: more and more for who reads in order.
std::size_t BlockCache::ahead_of(BlockNumber missed)
{
    ahead_ = missed == next_missed_ ? std::min(2 * ahead_, most_ahead) : 1;
    return ahead_;
}

Result<> BlockCache::write_back()
{
    if (failed_)
        return Failure{*failed_};
    std::vector<std::size_t> order;
    order.reserve(dirty_);
    for (std::size_t index = 0; index < slots_.size() && order.size() < dirty_; ++index)
        if (slots_[index].dirty)
            order.push_back(index);
    std::ranges::sort(order, {}, [this](std::size_t index) { return slots_[index].block; });
    for (std::span<std::size_t const> left = order; !left.empty();) {
        auto const batch = left.first(std::min(left.size(), most_in_batch));
        LODGER_TRY(write_batch(batch));
        left = left.subspan(batch.size());
    }
    return {};
}

/// Sectors that follow each other on the disk are written by one request.
Result<> BlockCache::write_batch(std::span<std::size_t const> batch)
{
    struct Run {
        std::uint64_t offset;
        std::uint64_t end;
        std::size_t first_piece;
    };
    std::vector<Piece> pieces;
    std::vector<Run> runs;
    for (std::size_t const index : batch) {
        for (unsigned dirty = slots_[index].dirty; dirty != 0;) {
            BitRun const bits{dirty};
            std::uint64_t const at = slots_[index].block * block_size + bits.first * unit;
            if (runs.empty() || runs.back().end != at)
                runs.push_back({at, at, pieces.size()});
            pieces.push_back(bytes_of(index).subspan(bits.first * unit, bits.count * unit));
            runs.back().end += pieces.back().size();
            dirty &= ~bits.mask();
        }
    }
    std::vector<Extent> extents;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::size_t const end = i + 1 < runs.size() ? runs[i + 1].first_piece : pieces.size();
        extents.push_back(
            {runs[i].offset,
             std::span{pieces}.subspan(runs[i].first_piece, end - runs[i].first_piece)});
    }
    LODGER_TRY(medium_.write(extents));
    for (std::size_t const index : batch)
        slots_[index].dirty = 0;
    dirty_ -= batch.size();
    return {};
}

} // namespace examples
