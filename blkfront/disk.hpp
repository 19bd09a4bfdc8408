#pragma once

#include <lodger/blkfront/abi.hpp>
#include <lodger/blkfront/keys.hpp>

#include <bit>
#include <limits>

namespace lodger::blkfront {

/// What a disk is and what was agreed on with its backend: checked, so the rest of the code
/// computes with it freely.
struct Disk {
    std::uint64_t size;                 ///< bytes; a multiple of `sector_size`
    std::uint32_t sector_size;          ///< bytes; a power of two, 512 to 4096
    std::uint32_t physical_sector_size; ///< bytes; a power of two, at least `sector_size`
    bool is_read_only;
    bool is_removable;
    bool is_cdrom;
    // What the backend offers.
    bool flush;
    bool barrier;
    bool discard;
    bool persistent_grants;
    std::uint64_t indirect_segments; ///< most of one request; 0: none
    std::uint64_t ring_page_order;
    std::uint64_t queues;

    /// Whether `length` bytes at `offset` are inside the disk and made of whole sectors.
    /// @return `misaligned` or `out_of_range` if not
    Result<> check_range(std::uint64_t offset, std::uint64_t length) const
    {
        if ((offset | length) & (sector_size - 1))
            return Failure{Errc::misaligned};
        if (offset > size || length > size - offset)
            return Failure{Errc::out_of_range};
        return {};
    }
};

/// Makes sense of what the backend said.
/// @return `protocol` for a geometry that cannot be, `unsupported` for sectors larger than a page
inline Result<Disk> disk_of(KeyValues const& said)
{
    std::uint64_t const sectors = said[Key::sectors];
    std::uint64_t const sector_size = said[Key::sector_size];
    std::uint64_t const physical =
        said[Key::physical_sector_size] ? said[Key::physical_sector_size] : sector_size;
    if (sectors > std::numeric_limits<std::uint64_t>::max() / wire_sector)
        return Failure{Errc::protocol};
    if (!std::has_single_bit(sector_size) || sector_size < wire_sector)
        return Failure{Errc::protocol};
    if (sector_size > page_size)
        return Failure{Errc::unsupported};
    if (said[Key::max_ring_page_order] > 16)
        return Failure{Errc::protocol};
    if (!std::has_single_bit(physical) || physical < sector_size ||
        physical > std::numeric_limits<std::uint32_t>::max())
        return Failure{Errc::protocol};
    return Disk{
        .size = sectors * wire_sector & ~(sector_size - 1),
        .sector_size = static_cast<std::uint32_t>(sector_size),
        .physical_sector_size = static_cast<std::uint32_t>(physical),
        .is_read_only = (said[Key::info] & VDISK_READONLY) != 0,
        .is_removable = (said[Key::info] & VDISK_REMOVABLE) != 0,
        .is_cdrom = (said[Key::info] & VDISK_CDROM) != 0,
        .flush = said[Key::feature_flush_cache] != 0,
        .barrier = said[Key::feature_barrier] != 0,
        .discard = said[Key::feature_discard] != 0,
        .persistent_grants = said[Key::feature_persistent] != 0,
        .indirect_segments = said[Key::feature_max_indirect_segments],
        .ring_page_order = said[Key::max_ring_page_order],
        .queues = said[Key::multi_queue_max_queues],
    };
}

} // namespace lodger::blkfront
