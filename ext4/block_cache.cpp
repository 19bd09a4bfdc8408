#include <lodger/ext4/block_cache.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace lodger::ext4 {
namespace {

/// What came of reading or writing. That something is not supported only a flush says, and there it
/// is no reason to stop.
Result<> transferred(Result<> const& outcome)
{
    if (!outcome && outcome.error() == Errc::unsupported)
        return Failure{Errc::io};
    return outcome;
}

} // namespace

Result<std::unique_ptr<BlockCache>> BlockCache::create(Medium& medium, std::size_t bytes)
{
    std::size_t const pages = std::max(bytes / page, least_pages);
    std::unique_ptr<std::byte[]> memory{new (std::nothrow) std::byte[pages * page]};
    if (!memory)
        return Failure{Errc::no_memory};
    std::unique_ptr<BlockCache> cache{new (std::nothrow)
                                          BlockCache{medium, std::move(memory), pages}};
    if (!cache)
        return Failure{Errc::no_memory};
    return cache;
}

BlockCache::BlockCache(Medium& medium, std::unique_ptr<std::byte[]> memory, std::size_t pages)
    : medium_{medium},
      geometry_{medium.geometry()},
      memory_{std::move(memory)},
      slots_(pages),
      heads_(pages, none)
{
    order_.reserve(pages);
}

Result<> BlockCache::check(std::uint64_t offset, std::uint64_t length) const
{
    if (offset > geometry_.size || length > geometry_.size - offset)
        return Failure{Errc::out_of_range};
    return {};
}

/// A page; the last one of the medium may be shorter.
std::size_t BlockCache::length_of(Number number) const
{
    return std::min<std::uint64_t>(page, geometry_.size - number * page);
}

Piece BlockCache::bytes_of(std::uint32_t slot) const
{
    return {&memory_[slot * page], length_of(slots_[slot].number)};
}

std::uint32_t BlockCache::find(Number number)
{
    std::uint32_t slot = chain_of(number);
    while (slot != none && slots_[slot].number != number)
        slot = slots_[slot].next;
    return slot;
}

void BlockCache::forget(std::uint32_t slot)
{
    std::uint32_t* link = &chain_of(slots_[slot].number);
    while (*link != slot)
        link = &slots_[*link].next;
    *link = slots_[slot].next;
    slots_[slot] = {};
}

/// The slot of a page that was not used for a while, and has been written if it had to be: what
/// cannot be is in the way of no other page.
Result<std::uint32_t> BlockCache::find_victim()
{
    for (std::size_t looked = 0; looked < 2 * slots_.size(); ++looked) {
        auto const index = static_cast<std::uint32_t>(hand_);
        hand_ = (hand_ + 1) % slots_.size();
        Slot const& slot = slots_[index];
        if (std::exchange(slots_[index].was_used, false) || slot.is_awaited)
            continue;
        if (slot.dirty && !failed_)
            static_cast<void>(write_back());
        if (!slot.dirty)
            return index;
    }
    return Failure{failed_.value_or(Errc::no_memory)};
}

/// A slot for a page that has none. Its bytes are not the page's yet.
Result<std::uint32_t> BlockCache::take(Number number)
{
    std::uint32_t const slot = LODGER_TRY(find_victim());
    if (slots_[slot].in_use)
        forget(slot);
    slots_[slot] = {.number = number, .next = chain_of(number), .in_use = true, .was_used = true};
    chain_of(number) = slot;
    return slot;
}

Result<> BlockCache::load_run(Number first, std::size_t count)
{
    std::array<std::uint32_t, most_ahead> slots;
    std::array<Piece, most_ahead> pieces;
    std::size_t taken = 0;
    Result<> outcome;
    for (; taken < count; ++taken) {
        auto const slot = take(first + taken);
        if (!slot) {
            outcome = Failure{slot.error()};
            break;
        }
        slots_[*slot].is_awaited = true;
        slots[taken] = *slot;
        pieces[taken] = bytes_of(*slot);
    }
    if (outcome)
        outcome = transferred(medium_.read(first * page, std::span{pieces}.first(count)));
    for (std::uint32_t const slot : std::span{slots}.first(taken)) {
        slots_[slot].is_awaited = false;
        if (!outcome)
            forget(slot);
    }
    return outcome;
}

/// The slot of a page, read if it was not there; `ahead` more with it, as far as they are not.
Result<std::uint32_t> BlockCache::load(Number number, std::size_t ahead)
{
    std::uint32_t slot = find(number);
    if (slot == none) {
        Number const end = (geometry_.size + page - 1) / page;
        std::size_t const most = std::min<std::uint64_t>({ahead + 1, most_ahead, end - number});
        std::size_t count = 1;
        while (count < most && find(number + count) == none)
            ++count;
        auto loaded = load_run(number, count);
        if (!loaded && count > 1) // Whoever asked for one page gets it, whatever is wrong behind.
            loaded = load_run(number, 1);
        LODGER_TRY(loaded);
        slot = find(number);
    }
    slots_[slot].was_used = true;
    return slot;
}

/// How much of a piece is moved past the cache.
std::size_t BlockCache::bulk_at(std::uint64_t offset, std::size_t length) const
{
    return offset % page == 0 && length >= bulk ? length / page * page : 0;
}

Result<> BlockCache::read(std::uint64_t offset, Piece to, std::uint64_t ahead)
{
    LODGER_TRY(check(offset, to.size()));
    while (!to.empty()) {
        std::size_t count = bulk_at(offset, to.size());
        if (count > 0) {
            LODGER_TRY(read_bulk(offset, to.first(count)));
        } else {
            std::size_t const start = offset % page;
            count = std::min(to.size(), page - start);
            std::uint64_t const more = (to.size() - count + ahead) / page;
            auto const slot = LODGER_TRY(load(offset / page, more));
            std::memcpy(to.data(), &bytes_of(slot)[start], count);
        }
        to = to.subspan(count);
        offset += count;
    }
    return {};
}

/// What is here and has not been written yet is newer than what the medium has.
Result<> BlockCache::read_bulk(std::uint64_t offset, Piece to)
{
    LODGER_TRY(transferred(medium_.read(offset, {&to, 1})));
    for (std::size_t at = 0; dirty_ > 0 && at < to.size(); at += page) {
        std::uint32_t const slot = find((offset + at) / page);
        if (slot != none && slots_[slot].dirty)
            std::memcpy(&to[at], bytes_of(slot).data(), page);
    }
    return {};
}

/// The bytes of a page that are about to be written, `length` of them.
Result<Piece> BlockCache::writable(Number number, std::size_t length)
{
    if (dirty_ > slots_.size() / 2)
        LODGER_TRY(write_back());
    std::uint32_t slot = find(number);
    if (slot == none)
        slot = length == length_of(number) ? LODGER_TRY(take(number)) : LODGER_TRY(load(number, 0));
    slots_[slot].was_used = true;
    dirty_ += !slots_[slot].dirty;
    slots_[slot].dirty = true;
    return bytes_of(slot);
}

Result<> BlockCache::write(std::uint64_t offset, ConstPiece from)
{
    LODGER_TRY(check(offset, from.size()));
    if (geometry_.is_read_only)
        return Failure{Errc::read_only};
    while (!from.empty()) {
        std::size_t count = bulk_at(offset, from.size());
        if (count > 0) {
            LODGER_TRY(write_bulk(offset, from.first(count)));
        } else {
            std::size_t const start = offset % page;
            count = std::min(from.size(), page - start);
            std::uint32_t const slot = find(offset / page);
            // What is there already: libext2fs writes all its bitmaps when one has changed.
            if (slot == none || std::memcmp(&bytes_of(slot)[start], from.data(), count) != 0) {
                auto const to = LODGER_TRY(writable(offset / page, count));
                std::memcpy(&to[start], from.data(), count);
            }
        }
        from = from.subspan(count);
        offset += count;
    }
    return {};
}

Result<> BlockCache::write_bulk(std::uint64_t offset, ConstPiece from)
{
    LODGER_TRY(transferred(medium_.write(offset, {&from, 1})));
    for (std::size_t at = 0; at < from.size(); at += page) {
        std::uint32_t const slot = find((offset + at) / page);
        if (slot == none)
            continue;
        std::memcpy(bytes_of(slot).data(), &from[at], page);
        dirty_ -= slots_[slot].dirty;
        slots_[slot].dirty = false;
    }
    return {};
}

Result<> BlockCache::zero(std::uint64_t offset, std::uint64_t length)
{
    static constexpr std::array<std::byte, bulk> zeros{};
    while (length > 0) {
        std::size_t const count = std::min<std::uint64_t>(length, zeros.size() - offset % page);
        LODGER_TRY(write(offset, std::span{zeros}.first(count)));
        offset += count;
        length -= count;
    }
    return {};
}

/// @param slots of pages that follow each other
Result<> BlockCache::write_run(std::span<std::uint32_t const> slots)
{
    std::array<ConstPiece, most_in_run> pieces;
    for (std::size_t i = 0; i < slots.size(); ++i)
        pieces[i] = bytes_of(slots[i]);
    LODGER_TRY(transferred(
        medium_.write(slots_[slots.front()].number * page, std::span{pieces}.first(slots.size()))));
    for (std::uint32_t const slot : slots)
        slots_[slot].dirty = false;
    dirty_ -= slots.size();
    return {};
}

Result<> BlockCache::write_back()
{
    if (dirty_ == 0)
        return {};
    order_.clear();
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
        if (slots_[slot].dirty)
            order_.push_back(slot);
    std::ranges::sort(order_, {}, [this](std::uint32_t slot) { return slots_[slot].number; });
    Result<> outcome;
    std::span<std::uint32_t const> rest{order_};
    while (!rest.empty()) {
        Number const first = slots_[rest.front()].number;
        std::size_t count = 1;
        while (count < std::min(rest.size(), most_in_run) &&
               slots_[rest[count]].number == first + count)
            ++count;
        // One place that cannot be written is no reason to lose the others.
        if (auto const written = write_run(rest.first(count)); !written && outcome)
            outcome = written;
        rest = rest.subspan(count);
    }
    failed_ = outcome ? std::optional<Errc>{} : outcome.error();
    return outcome;
}

Result<> BlockCache::flush()
{
    LODGER_TRY(write_back());
    return medium_.flush();
}

} // namespace lodger::ext4
