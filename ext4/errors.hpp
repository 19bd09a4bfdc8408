#pragma once

#include <lodger/core/result.hpp>

#include <cerrno>
#include <ext2fs/ext2fs.h>

namespace lodger::ext4 {

/// What an error of libext2fs is to us: the one place where it becomes an `Errc`. What it finds
/// wrong with a file system is `protocol`: the disk says what cannot be. That is told to whoever
/// mounts it; to programs it is `io` (`FileSystem::alone`).
constexpr Errc from_library(errcode_t error)
{
    switch (error) {
    case EIO:
    case EXT2_ET_SHORT_READ:
    case EXT2_ET_SHORT_WRITE: return Errc::io;
    case ENXIO: return Errc::disconnected;
    case EDEADLK: return Errc::would_deadlock;
    case ENOMEM:
    case EXT2_ET_NO_MEMORY: return Errc::no_memory;
    case EROFS:
    case EXT2_ET_RO_FILSYS: return Errc::read_only;
    case ENOSPC:
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL:
    case EXT2_ET_EXTENT_NO_SPACE:
    case EXT2_ET_DIR_NO_SPACE: return Errc::no_space;
    case ENOENT:
    case EXT2_ET_FILE_NOT_FOUND: return Errc::not_found;
    case EEXIST:
    case EXT2_ET_FILE_EXISTS:
    case EXT2_ET_DIR_EXISTS: return Errc::exists;
    case EXT2_ET_FILE_TOO_BIG: return Errc::too_large;
    case EXT2_ET_OP_NOT_SUPPORTED:
    case EXT2_ET_UNIMPLEMENTED: return Errc::unsupported;
    default: return Errc::protocol;
    }
}

inline Result<> outcome(errcode_t error)
{
    return error ? Result<>{Failure{from_library(error)}} : Result<>{};
}

} // namespace lodger::ext4
