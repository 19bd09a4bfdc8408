#pragma once

#include <lodger/ext4/inode.hpp>

namespace lodger::ext4 {

/// Blocks of a file that follow each other on the disk, or are nowhere.
struct Run {
    blk64_t physical;    ///< of the first one; 0 in a hole
    std::uint64_t count; ///< at least 1
    bool is_written;     ///< whether there is anything in them but what others left
};

/// Where the blocks of a file are: the map that its inode has, as a tree of extents or of blocks.
/// Does not outlive the inode.
class BlockMap {
public:
    explicit BlockMap(Inode& inode) : inode_{inode}, system_{inode.system()} {}
    BlockMap(BlockMap const&) = delete;
    BlockMap& operator=(BlockMap const&) = delete;
    ~BlockMap();

    /// @param most blocks that are asked about, at least 1
    Result<Run> find(blk64_t block, std::uint64_t most);
    /// Gives blocks to a hole that begins at `block`, or takes for written those that are there.
    /// @return what is written from now on: the caller must write all of it
    Result<Run> provide(blk64_t block, std::uint64_t most);
    /// Whether an extent has the disk's last block. @return `io` if one is not inside the disk
    Result<bool> has_last_block();

private:
    Result<ext2_extent_handle_t> tree();
    Result<bool> go(int where, ext2fs_extent& extent, unsigned& turns);
    Result<Run> find_extent(blk64_t block, std::uint64_t most);
    Result<std::uint64_t> hole_at(blk64_t block, std::uint64_t most);
    Result<Run> find_blocks(blk64_t block, std::uint64_t most);
    Result<Run> allocate(blk64_t block, std::uint64_t most);
    Result<Run> allocate_block(blk64_t block);
    Result<std::uint64_t> map(blk64_t block, Run const& run);
    Result<> check(Run const& run) const;
    blk64_t goal_for(blk64_t block);

    Inode& inode_;
    ext2_filsys system_;
    ext2_extent_handle_t tree_ = nullptr;
};

} // namespace lodger::ext4
