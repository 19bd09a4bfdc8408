#pragma once

#include <cstdint>

namespace blkverify {

/// What has been done to a disk, and what came of it.
struct Tally {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t flushes = 0;
    std::uint64_t bytes = 0;
    std::uint64_t errors = 0;      ///< requests that failed
    std::uint64_t differences = 0; ///< sectors that hold what they must not
    std::uint64_t losses = 0;
    std::uint64_t returns = 0;

    std::uint64_t requests() const { return reads + writes + flushes; }

    Tally& operator+=(Tally const& other)
    {
        reads += other.reads;
        writes += other.writes;
        flushes += other.flushes;
        bytes += other.bytes;
        errors += other.errors;
        differences += other.differences;
        losses += other.losses;
        returns += other.returns;
        return *this;
    }
};

} // namespace blkverify
