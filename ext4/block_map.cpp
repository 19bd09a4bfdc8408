#include <lodger/ext4/block_map.hpp>

#include <algorithm>

namespace lodger::ext4 {
namespace {

/// Blocks that are looked up one by one at a time at most.
constexpr std::uint64_t most_blocks = 256;

} // namespace

BlockMap::~BlockMap()
{
    if (tree_)
        ext2fs_extent_free(tree_);
}

Result<ext2_extent_handle_t> BlockMap::tree()
{
    if (!tree_)
        LODGER_TRY(outcome(ext2fs_extent_open2(system_, inode_.number(), &inode_.base(), &tree_)));
    return tree_;
}

/// An inode may say anything of where its blocks are.
Result<> BlockMap::check(Run const& run) const
{
    blk64_t const end = ext2fs_blocks_count(system_->super);
    if (run.physical < system_->super->s_first_data_block || run.physical >= end ||
        run.count > end - run.physical)
        return Failure{Errc::io};
    return {};
}

Result<Run> BlockMap::find(blk64_t block, std::uint64_t most)
{
    Run const run =
        LODGER_TRY(inode_.has_extents() ? find_extent(block, most) : find_blocks(block, most));
    if (run.physical != 0)
        LODGER_TRY(check(run));
    return run;
}

Result<Run> BlockMap::find_extent(blk64_t block, std::uint64_t most)
{
    auto const handle = LODGER_TRY(tree());
    errcode_t const error = ext2fs_extent_goto(handle, block);
    if (error == EXT2_ET_EXTENT_NOT_FOUND)
        return Run{0, LODGER_TRY(hole_at(block, most)), false};
    LODGER_TRY(outcome(error));
    ext2fs_extent extent{};
    LODGER_TRY(outcome(ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &extent)));
    if (block < extent.e_lblk || block - extent.e_lblk >= extent.e_len)
        return Failure{Errc::io};
    std::uint64_t const into = block - extent.e_lblk;
    return Run{
        extent.e_pblk + into, std::min<std::uint64_t>(most, extent.e_len - into),
        !(extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT)};
}

/// Takes a step in the tree, from leaf to leaf or to the first one. A tree may lead to the same
/// leaves over and over again, so each must lie behind the one before.
/// @param turns how often it may lie elsewhere nevertheless
/// @return whether there was anything to go to; `io` if it lies elsewhere
Result<bool> BlockMap::go(int where, ext2fs_extent& extent, unsigned& turns)
{
    ext2fs_extent const before = extent;
    errcode_t const error = ext2fs_extent_get(tree_, where, &extent);
    if (error == EXT2_ET_EXTENT_NO_NEXT || error == EXT2_ET_NO_CURRENT_NODE)
        return false;
    LODGER_TRY(outcome(error));
    bool const is_turn =
        (before.e_flags & EXT2_EXTENT_FLAGS_LEAF) && extent.e_lblk <= before.e_lblk;
    if (is_turn && turns-- == 0)
        return Failure{Errc::io};
    return true;
}

/// How long a hole is: the tree stands at an extent beside it.
Result<std::uint64_t> BlockMap::hole_at(blk64_t block, std::uint64_t most)
{
    ext2fs_extent extent{};
    // Where the library has gone to a place it takes each node on the way there for a new one.
    unsigned turns = most_extent_depth;
    bool is_there = LODGER_TRY(go(EXT2_EXTENT_CURRENT, extent, turns));
    while (is_there && extent.e_lblk <= block)
        is_there = LODGER_TRY(go(EXT2_EXTENT_NEXT_LEAF, extent, turns));
    return is_there ? std::min<std::uint64_t>(most, extent.e_lblk - block) : most;
}

Result<Run> BlockMap::find_blocks(blk64_t block, std::uint64_t most)
{
    Run run{0, 0, false};
    most = std::min(most, most_blocks);
    for (; run.count < most; ++run.count) {
        blk64_t physical = 0;
        LODGER_TRY(outcome(ext2fs_bmap2(
            system_, inode_.number(), &inode_.base(), nullptr, 0, block + run.count, nullptr,
            &physical)));
        if (run.count == 0)
            run = {physical, 0, physical != 0};
        else if (physical != (run.physical ? run.physical + run.count : 0))
            break;
    }
    return run;
}

Result<Run> BlockMap::provide(blk64_t block, std::uint64_t most)
{
    if (!inode_.has_extents())
        return allocate_block(block);
    Run run = LODGER_TRY(find(block, most));
    if (run.physical == 0)
        return allocate(block, run.count);
    run.count = LODGER_TRY(map(block, run));
    run.is_written = true;
    return run;
}

/// Behind the block before, so that one extent holds both.
blk64_t BlockMap::goal_for(blk64_t block)
{
    if (block > 0)
        if (auto const before = find(block - 1, 1); before && before->physical != 0)
            return before->physical + 1;
    return ext2fs_find_inode_goal(system_, inode_.number(), &inode_.base(), block);
}

Result<Run> BlockMap::allocate(blk64_t block, std::uint64_t most)
{
    Run run{0, 0, true};
    blk64_t count = 0;
    LODGER_TRY(outcome(
        ext2fs_new_range(system_, 0, goal_for(block), most, nullptr, &run.physical, &count)));
    run.count = count;
    LODGER_TRY(check(run));
    // In one group: the library forgets to take note of a second one's first use.
    auto const group = ext2fs_group_of_blk2(system_, run.physical);
    run.count = std::min<std::uint64_t>(
        run.count, ext2fs_group_last_block2(system_, group) + 1 - run.physical);
    // They are taken before the tree may look for a block for itself.
    ext2fs_block_alloc_stats_range(system_, run.physical, static_cast<blk_t>(run.count), +1);
    auto const mapped = map(block, run);
    std::uint64_t const kept = mapped.value_or(0);
    if (kept < run.count)
        ext2fs_block_alloc_stats_range(
            system_, run.physical + kept, static_cast<blk_t>(run.count - kept), -1);
    run.count = LODGER_TRY(mapped);
    LODGER_TRY(outcome(ext2fs_iblk_add_blocks(system_, &inode_.base(), run.count)));
    return run;
}

/// Puts blocks into the tree, one by one: it joins them to extents beside them.
/// @return how many of them
Result<std::uint64_t> BlockMap::map(blk64_t block, Run const& run)
{
    auto const handle = LODGER_TRY(tree());
    for (std::uint64_t i = 0; i < run.count; ++i) {
        errcode_t const error = ext2fs_extent_set_bmap(handle, block + i, run.physical + i, 0);
        if (error && i > 0)
            return i;
        LODGER_TRY(outcome(error));
    }
    return run.count;
}

Result<bool> BlockMap::has_last_block()
{
    if (!inode_.has_extents())
        return false;
    LODGER_TRY(tree());
    bool found = false;
    ext2fs_extent extent{};
    unsigned turns = 0;
    bool is_there = LODGER_TRY(go(EXT2_EXTENT_ROOT, extent, turns));
    while (is_there) {
        bool const is_leaf = extent.e_flags & EXT2_EXTENT_FLAGS_LEAF;
        if (is_leaf)
            LODGER_TRY(check({extent.e_pblk, extent.e_len, true}));
        found |= is_leaf && extent.e_pblk + extent.e_len == ext2fs_blocks_count(system_->super);
        is_there = LODGER_TRY(go(EXT2_EXTENT_NEXT_LEAF, extent, turns));
    }
    return found;
}

/// With zeros in it, which is the library's way for files without extents.
Result<Run> BlockMap::allocate_block(blk64_t block)
{
    Run run{0, 1, true};
    LODGER_TRY(outcome(ext2fs_bmap2(
        system_, inode_.number(), &inode_.base(), nullptr, BMAP_ALLOC, block, nullptr,
        &run.physical)));
    LODGER_TRY(check(run));
    return run;
}

} // namespace lodger::ext4
