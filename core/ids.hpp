#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace lodger {

/// A number with a meaning of its own: ids of different kinds neither mix nor convert.
template <class Kind, class Integer>
struct Id {
    Integer value{};

    constexpr Id() = default;
    constexpr explicit Id(Integer number) : value{number} {}
    friend constexpr auto operator<=>(Id, Id) = default;
};

using Domain = Id<struct DomainKind, std::uint16_t>;     ///< `domid_t`
using Port = Id<struct PortKind, std::uint32_t>;         ///< `evtchn_port_t`
using GrantRef = Id<struct GrantRefKind, std::uint32_t>; ///< `grant_ref_t`
using Pfn = Id<struct PfnKind, std::uint64_t>; ///< page of the guest's own, contiguous memory
using Mfn = Id<struct MfnKind, std::uint64_t>; ///< page of the machine's memory
/// A page as Xen's interfaces want it named: an MFN for a PV guest, a PFN for any other
/// (xen/include/xen/mm.h).
using Gfn = Id<struct GfnKind, std::uint64_t>;

inline constexpr std::size_t page_size = 4096; // XEN_PAGE_SIZE on x86

} // namespace lodger
