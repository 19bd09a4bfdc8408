#pragma once

#include <lodger/blkfront/io.hpp>
#include <lodger/blkfront/keys.hpp>

#include <bit>
#include <limits>

namespace lodger::blkfront {

/// What a disk is: checked, so the rest of the code computes with it freely.
struct Disk {
    std::uint64_t size;                 ///< bytes; a multiple of `sector_size`
    std::uint32_t sector_size;          ///< bytes; a power of two, 512 to 4096
    std::uint32_t physical_sector_size; ///< bytes; a power of two, at least `sector_size`
    bool is_read_only;
    bool is_removable;
    bool is_cdrom;
    std::uint64_t discard_granularity; ///< bytes; what is discarded in smaller units may stay
    std::uint64_t discard_alignment;   ///< bytes; where the first such unit begins

    bool operator==(Disk const&) const = default;

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

    /// Whether a request is one that this disk can take, its memory aside.
    /// @return also `read_only`
    [[gnu::always_inline]] Result<> check(Io const& io) const
    {
        LODGER_TRY(check_range(io.offset, io.size()));
        if (is_read_only && modifies(io.operation))
            return Failure{Errc::read_only};
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
        .discard_granularity =
            said[Key::discard_granularity] ? said[Key::discard_granularity] : sector_size,
        .discard_alignment = said[Key::discard_alignment],
    };
}

} // namespace lodger::blkfront
