#pragma once

#include <lodger/ext4/block_cache.hpp>
#include <lodger/ext4/block_map.hpp>

namespace lodger::ext4 {

/// What is in a file. What is changed of the inode is written with it.
class Contents {
public:
    Contents(BlockCache& cache, Inode& inode)
        : cache_{cache},
          inode_{inode},
          block_size_{inode.system()->blocksize}
    {
    }

    /// @return how many bytes, none at the end
    Result<std::size_t> read(std::uint64_t at, Piece to);
    /// @return how many bytes: fewer than wished if the disk is full, `no_space` if none
    Result<std::size_t> write(std::uint64_t at, ConstPiece from);
    /// Cuts it off, or has zeros follow. @return `too_large`
    Result<> resize(std::uint64_t size);
    /// Gives back all blocks, for an inode that is to be no more.
    Result<> remove();

private:
    Result<std::size_t> read_inline(std::uint64_t at, Piece to);
    Result<std::size_t> write_some(BlockMap& map, std::uint64_t at, ConstPiece from);
    Result<> write_first(Run const& run, std::uint64_t lead, ConstPiece from);
    Result<> zero_behind(std::uint64_t size);
    Result<> check_size(std::uint64_t size);
    Result<> release(blk64_t from);

    BlockCache& cache_;
    Inode& inode_;
    std::uint64_t const block_size_;
};

} // namespace lodger::ext4
