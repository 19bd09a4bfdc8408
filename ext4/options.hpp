#pragma once

#include <cstddef>

namespace lodger::ext4 {

/// How a file system is to be mounted.
struct Options {
    bool read_only = false;
    /// Read-only, and with what a journal has not brought home yet, or orphans, left out: files may
    /// be seen as they were before the last changes, or in the middle of one.
    bool unrecovered = false;
    std::size_t cache_bytes = 1 << 20; ///< memory for what is on the disk
};

} // namespace lodger::ext4
