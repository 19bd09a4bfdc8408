#include <lodger/ext4/contents.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

/// Of lib/ext2fs/ext2fsP.h, which is not for C++: whether a file may have such a block.
extern "C" int
ext2fs_file_block_offset_too_big(ext2_filsys system, ext2_inode* inode, blk64_t block);

namespace lodger::ext4 {
namespace {

/// What is in an inode itself, and an attribute's value: lib/ext2fs/ext_attr.c,
/// read_xattrs_from_buffer, takes no larger one.
constexpr std::size_t most_inline = EXT4_MIN_INLINE_DATA_SIZE + (64 << 10);

} // namespace

Result<std::size_t> Contents::read(std::uint64_t at, Piece to)
{
    if (at >= inode_.size())
        return std::size_t{0};
    to = to.first(std::min<std::uint64_t>(to.size(), inode_.size() - at));
    if (inode_.has_inline_data())
        return read_inline(at, to);
    std::uint64_t const last_block = (inode_.size() - 1) / block_size_;
    BlockMap map{inode_};
    std::size_t done = 0;
    while (done < to.size()) {
        std::uint64_t const block = (at + done) / block_size_;
        std::uint64_t const lead = (at + done) % block_size_;
        Run const run = LODGER_TRY(map.find(block, last_block + 1 - block));
        std::uint64_t const there = run.count * block_size_ - lead;
        auto const part = to.subspan(done, std::min<std::uint64_t>(to.size() - done, there));
        if (run.is_written)
            LODGER_TRY(cache_.read(run.physical * block_size_ + lead, part, there - part.size()));
        else
            std::memset(part.data(), 0, part.size());
        done += part.size();
    }
    return done;
}

/// The library copies all that there is, and asks nobody whether there is room for it.
Result<std::size_t> Contents::read_inline(std::uint64_t at, Piece to)
{
    std::unique_ptr<std::byte[]> all{new (std::nothrow) std::byte[most_inline]};
    if (!all)
        return Failure{Errc::no_memory};
    std::size_t size = 0;
    LODGER_TRY(outcome(ext2fs_inline_data_get(
        inode_.system(), inode_.number(), &inode_.base(), all.get(), &size)));
    if (at + to.size() > size)
        return Failure{Errc::io};
    std::memcpy(to.data(), &all[at], to.size());
    return to.size();
}

Result<> Contents::check_size(std::uint64_t size)
{
    if (size == 0)
        return {};
    bool const too_large =
        size > static_cast<std::uint64_t>(INT64_MAX) ||
        ext2fs_file_block_offset_too_big(inode_.system(), &inode_.base(), (size - 1) / block_size_);
    return too_large ? Result<>{Failure{Errc::too_large}} : Result<>{};
}

Result<std::size_t> Contents::write(std::uint64_t at, ConstPiece from)
{
    if (from.empty())
        return std::size_t{0};
    LODGER_TRY(check_size(at + from.size()));
    BlockMap map{inode_};
    std::size_t done = 0;
    Result<> outcome_of_last;
    while (outcome_of_last && done < from.size()) {
        auto const count = write_some(map, at + done, from.subspan(done));
        done += count.value_or(0);
        if (!count)
            outcome_of_last = Failure{count.error()};
    }
    bool const is_short = !outcome_of_last && outcome_of_last.error() == Errc::no_space && done > 0;
    if (!outcome_of_last && !is_short && outcome_of_last.error() != Errc::no_space)
        return Failure{outcome_of_last.error()};
    if (at + done > inode_.size() && done > 0)
        LODGER_TRY(outcome(ext2fs_inode_size_set(
            inode_.system(), &inode_.base(), static_cast<ext2_off64_t>(at + done))));
    if (done > 0)
        inode_.touch();
    LODGER_TRY(inode_.write());
    if (done == 0)
        return Failure{outcome_of_last.error()};
    return done;
}

/// Writes into what one run holds.
Result<std::size_t> Contents::write_some(BlockMap& map, std::uint64_t at, ConstPiece from)
{
    std::uint64_t const block = at / block_size_;
    std::uint64_t const lead = at % block_size_;
    std::uint64_t const blocks = (lead + from.size() + block_size_ - 1) / block_size_;
    Run run = LODGER_TRY(map.find(block, blocks));
    bool const is_new = !run.is_written;
    if (is_new)
        run = LODGER_TRY(map.provide(block, run.count));
    auto const part =
        from.first(std::min<std::uint64_t>(from.size(), run.count * block_size_ - lead));
    if (is_new)
        LODGER_TRY(write_first(run, lead, part));
    else
        LODGER_TRY(cache_.write(run.physical * block_size_ + lead, part));
    return part.size();
}

/// Blocks in which there is nothing yet but what others have left: the rest of them is zeros.
Result<> Contents::write_first(Run const& run, std::uint64_t lead, ConstPiece from)
{
    std::uint64_t const start = run.physical * block_size_;
    std::uint64_t const rest = run.count * block_size_ - lead - from.size();
    LODGER_TRY(cache_.zero(start, lead));
    LODGER_TRY(cache_.zero(start + lead + from.size(), rest));
    return cache_.write(start + lead, from);
}

/// What is behind the end must be zeros when the file grows again.
Result<> Contents::zero_behind(std::uint64_t size)
{
    std::uint64_t const lead = size % block_size_;
    if (lead == 0)
        return {};
    BlockMap map{inode_};
    Run const run = LODGER_TRY(map.find(size / block_size_, 1));
    if (!run.is_written)
        return {};
    return cache_.zero(run.physical * block_size_ + lead, block_size_ - lead);
}

Result<> Contents::resize(std::uint64_t size)
{
    LODGER_TRY(check_size(size));
    ext2_filsys const system = inode_.system();
    bool const is_less = size < inode_.size();
    if (is_less)
        LODGER_TRY(zero_behind(size));
    LODGER_TRY(
        outcome(ext2fs_inode_size_set(system, &inode_.base(), static_cast<ext2_off64_t>(size))));
    inode_.touch();
    LODGER_TRY(inode_.write());
    if (!is_less)
        return {};
    return release((size + block_size_ - 1) / block_size_);
}

/// Gives back the blocks from here to the end.
Result<> Contents::release(blk64_t from)
{
    ext2_filsys const system = inode_.system();
    // lib/ext2fs/punch.c, punch_extent_blocks, takes the disk's last block for one outside of it:
    // for as long as it looks, the disk has one more.
    bool const is_at_end = LODGER_TRY(BlockMap{inode_}.has_last_block());
    blk64_t const count = ext2fs_blocks_count(system->super);
    ext2fs_blocks_count_set(system->super, count + is_at_end);
    errcode_t const error =
        ext2fs_punch(system, inode_.number(), &inode_.base(), nullptr, from, ~blk64_t{0});
    ext2fs_blocks_count_set(system->super, count);
    return outcome(error);
}

Result<> Contents::remove()
{
    if (!ext2fs_inode_has_valid_blocks2(inode_.system(), &inode_.base()))
        return {};
    return release(0);
}

} // namespace lodger::ext4
