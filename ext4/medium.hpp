#pragma once

#include <lodger/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace lodger::ext4 {

/// Bytes in one place of memory, part of what a request moves.
using Piece = std::span<std::byte>;
using ConstPiece = std::span<std::byte const>;

/// What a medium is.
struct Geometry {
    std::uint64_t size;      ///< bytes; a multiple of `sector_size`
    std::size_t sector_size; ///< bytes; a power of two, 512 to 4096
    bool is_read_only;
};

/// The disk below a file system: a block device in a guest, memory or a file in tests.
class Medium {
public:
    virtual Geometry geometry() const = 0;
    /// Reads one range. @param offset with the pieces' length: whole sectors, inside the medium
    virtual Result<> read(std::uint64_t offset, std::span<Piece const> to) = 0;
    /// Writes one range, and waits until the medium has it.
    virtual Result<> write(std::uint64_t offset, std::span<ConstPiece const> from) = 0;
    /// Makes durable what was written. @return `unsupported` if nobody can say whether it is
    virtual Result<> flush() = 0;

protected:
    ~Medium() = default;
};

} // namespace lodger::ext4
