#pragma once

#include "medium.hpp"

#include <optional>
#include <unordered_map>
#include <vector>

namespace examples {

/// The bytes of a disk, at any offset and of any length, kept in memory as long as there is room.
///
/// What is written stays in memory until `sync` or until the room is needed, and reaches the disk
/// in any order: only `sync` says that something is there. Whole sectors are written, and only
/// those with new bytes in them: what SQLite takes for granted of a disk
/// (sqlite.org/atomiccommit.html, "Hardware Assumptions") is true then, if it is of the disk.
class BlockCache {
public:
    static constexpr std::size_t block_size = 4096;

    explicit BlockCache(Medium& medium);
    BlockCache(BlockCache const&) = delete;
    BlockCache& operator=(BlockCache const&) = delete;

    /// @param offset with the length inside the disk
    lodger::Result<> read(std::uint64_t offset, std::span<std::byte> to);
    lodger::Result<> write(std::uint64_t offset, std::span<std::byte const> from);

    /// Makes all that was written durable. What could not be written is tried again the next time;
    /// after a flush that has failed nobody knows what the disk holds, so it fails for ever.
    lodger::Result<> sync();

    /// Has nothing reach the disk any more: every write and sync fails from now on.
    void fail(lodger::Errc why) { failed_ = failed_.value_or(why); }

private:
    using BlockNumber = std::uint64_t;
    /// Bits, one for each 512 bytes of a block.
    using Sectors = std::uint8_t;
    static constexpr Sectors all_sectors = 0xff;
    static constexpr std::size_t unit = block_size / 8;
    static constexpr std::size_t most_ahead = 32;

    struct Slot {
        BlockNumber block = 0;
        bool in_use = false;
        bool was_used = false; ///< since it was last a candidate for another block
        Sectors valid = 0;
        Sectors dirty = 0;
    };

    std::span<std::byte> bytes_of(std::size_t slot) const
    {
        return memory_.subspan(slot * block_size, block_size);
    }
    Sectors touched(std::size_t start, std::size_t length) const;
    Sectors wholly_within(std::size_t start, std::size_t length) const;

    lodger::Result<std::size_t> take(BlockNumber block);
    lodger::Result<std::size_t> find_victim();
    lodger::Result<> load(std::size_t slot, Sectors wanted);
    lodger::Result<> load_run(BlockNumber first, std::size_t wished);
    std::size_t ahead_of(BlockNumber missed);
    lodger::Result<> write_back();
    lodger::Result<> write_batch(std::span<std::size_t const> slots);

    Medium& medium_;
    Geometry const geometry_;
    std::span<std::byte> const memory_;
    std::vector<Slot> slots_;
    std::unordered_map<BlockNumber, std::size_t> where_;
    std::size_t hand_ = 0; ///< the next candidate for another block
    std::size_t dirty_ = 0;
    BlockNumber next_missed_ = 0; ///< where reading in order would go on
    std::size_t ahead_ = 1;
    std::optional<lodger::Errc> failed_;
};

} // namespace examples
