#pragma once

#include <algorithm>
#include <cstdint>

namespace lodger::posix {

/// The whole sectors that hold the first bytes of any range of a disk, and what of them is meant.
struct Cover {
    std::uint64_t offset; ///< of the sectors, in bytes
    std::size_t size;     ///< of the sectors, in bytes
    std::size_t lead;     ///< bytes before those that are meant
    std::size_t length;   ///< bytes that are meant

    bool cuts_first(std::size_t sector) const { return lead > 0 || length < sector; }
    bool cuts_last(std::size_t sector) const { return (lead + length) % sector > 0; }
};

/// @param length at least 1
/// @param sector a power of two
/// @param most the sectors' bytes at most, and at least one sector's
constexpr Cover
cover(std::uint64_t offset, std::size_t length, std::size_t sector, std::size_t most)
{
    std::size_t const lead = offset & (sector - 1);
    std::size_t const meant = std::min(length, most / sector * sector - lead);
    std::size_t const size = (lead + meant + sector - 1) / sector * sector;
    return {offset - lead, size, lead, meant};
}

} // namespace lodger::posix
