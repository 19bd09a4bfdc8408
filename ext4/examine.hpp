#pragma once

#include <lodger/core/result.hpp>
#include <lodger/ext4/options.hpp>

#include <cstdint>
#include <ext2fs/ext2_fs.h>
#include <string>

namespace lodger::ext4 {

/// Whether a file system with this superblock can be mounted as wished. Asked before libext2fs sees
/// anything of it.
/// @param disk_size bytes
/// @param why what to tell people if it cannot
/// @return `protocol` for what is no file system, `unsupported` for what it has and we have not,
/// `not_permitted_now` for what e2fsck has to see first
Result<> examine(
    ext2_super_block const& super, std::uint64_t disk_size, Options const& options,
    std::string& why);

} // namespace lodger::ext4
