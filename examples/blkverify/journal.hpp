#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace blkverify {

/// Blocks next to each other; a block is a sector of the disk.
struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;

    std::uint64_t end() const { return first + count; }
};

/// What must be on a disk, block by block: the write that was acknowledged last, and the one that
/// may or may not have happened.
///
/// Whoever reads or writes claims the blocks first. A write has its blocks to itself among writes,
/// and begins only when nobody reads them; a read may begin while they are written, and then may
/// find the old or the new.
class Journal {
public:
    enum class State : std::uint8_t {
        steady,    ///< holds `held`
        writing,   ///< holds `held`, `other`, or some of each
        settling,  ///< holds `held`, but who began to read before may still see `other`
        uncertain, ///< a write has failed: `held`, `other`, or some of each
    };

    struct Block {
        std::uint32_t held = unknown; ///< a generation, `unknown`, or a foreign block's fingerprint
        std::uint32_t other = unknown;
        State state = State::steady;
        std::uint8_t readers = 0;
    };

    static constexpr std::uint32_t unknown = 0;
    /// Marks fingerprints of what was there before us.
    static constexpr std::uint32_t foreign = 1U << 31;

    /// @return whether there was memory for so many blocks
    bool begin(std::uint64_t block_count)
    {
        blocks_.reset(new (std::nothrow) Block[block_count]);
        count_ = blocks_ ? block_count : 0;
        return blocks_ != nullptr;
    }

    std::uint64_t block_count() const { return count_; }
    Block const& operator[](std::uint64_t block) const { return blocks_[block]; }

    /// @return whether the range may be read now
    bool claim_read(Range range)
    {
        constexpr std::uint8_t most_readers = 255;
        for (std::uint64_t i = range.first; i < range.end(); ++i)
            if (blocks_[i].state == State::settling || blocks_[i].readers == most_readers)
                return false;
        for (std::uint64_t i = range.first; i < range.end(); ++i)
            ++blocks_[i].readers;
        return true;
    }

    void end_read(Range range)
    {
        for (std::uint64_t i = range.first; i < range.end(); ++i) {
            assert(blocks_[i].readers > 0);
            if (--blocks_[i].readers == 0 && blocks_[i].state == State::settling)
                settle(blocks_[i], blocks_[i].held);
        }
    }

    /// @return whether the range may be written now
    bool claim_write(Range range, std::uint32_t generation)
    {
        for (std::uint64_t i = range.first; i < range.end(); ++i)
            if (blocks_[i].readers > 0 || blocks_[i].state == State::writing)
                return false;
        for (std::uint64_t i = range.first; i < range.end(); ++i) {
            // Of three writes that may be there, two have no name any more.
            if (blocks_[i].state == State::uncertain)
                blocks_[i].held = unknown;
            blocks_[i].other = generation;
            blocks_[i].state = State::writing;
        }
        return true;
    }

    void end_write(Range range, bool is_acknowledged)
    {
        for (std::uint64_t i = range.first; i < range.end(); ++i) {
            Block& block = blocks_[i];
            assert(block.state == State::writing);
            if (!is_acknowledged) {
                block.state = State::uncertain;
            } else if (block.readers > 0) {
                std::swap(block.held, block.other);
                block.state = State::settling;
            } else {
                settle(block, block.other);
            }
        }
    }

    /// Remembers what was there before us, as it was first read.
    void learn(std::uint64_t block, std::uint32_t fingerprint)
    {
        assert(blocks_[block].state == State::steady && blocks_[block].held == unknown);
        blocks_[block].held = fingerprint | foreign;
    }

private:
    static void settle(Block& block, std::uint32_t held)
    {
        block.held = held;
        block.other = unknown;
        block.state = State::steady;
    }

    std::unique_ptr<Block[]> blocks_;
    std::uint64_t count_ = 0;
};

} // namespace blkverify
