#pragma once

#include <lodger/ext4/block_cache.hpp>

#include <ext2fs/ext2fs.h>
#include <string>

namespace lodger::ext4 {

/// libext2fs's way to its disk: an `io_manager` whose channels are over a `BlockCache`.
io_manager channel_manager();

/// The name that has the manager open a channel over this cache; the cache stays its owner's.
std::string channel_name(BlockCache& cache);

} // namespace lodger::ext4
