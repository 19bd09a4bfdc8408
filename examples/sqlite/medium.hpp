#pragma once

#include <lodger/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace examples {

/// Bytes in one place of memory, part of what a request moves.
using Piece = std::span<std::byte>;

/// One range of a disk, to be written from memory that may lie in several places.
struct Extent {
    std::uint64_t offset;
    std::span<Piece const> pieces;
};

/// What a medium is.
struct Geometry {
    std::uint64_t size; ///< bytes
    std::size_t sector; ///< bytes; the least that is written
    std::size_t
        physical_sector; ///< bytes; the least that the medium writes without reading it first
    bool is_read_only;
    bool can_flush; ///< or else nobody can say when data is durable
};

/// The disk below a database: a block device in a guest, memory in tests.
class Medium {
public:
    virtual ~Medium() = default;

    virtual Geometry geometry() const = 0;
    /// Memory that it reads into and writes from: the cache's, as large as it can be had.
    virtual std::span<std::byte> memory() = 0;
    /// Reads one range.
    virtual lodger::Result<> read(Extent const& extent) = 0;
    /// Writes ranges, in any order, and waits until all are written or have failed.
    virtual lodger::Result<> write(std::span<Extent const> extents) = 0;
    /// Makes durable what has been written. Succeeds where `can_flush` is false.
    virtual lodger::Result<> flush() = 0;
};

} // namespace examples
