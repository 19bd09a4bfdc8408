#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/core/owned.hpp>

namespace lodger::grant {

/// Pages of another domain in our address space, which mean nothing any more once ours was
/// restored from a saved state.
struct MappedPages {
    std::span<std::byte> bytes;
    std::uint32_t incarnation = 0;
};

template <MappingHypervisor H>
void unmap_pages(H& hypervisor, MappedPages pages)
{
    // Fails only for pages that are not mapped, and then there is nothing to give back.
    if (pages.incarnation == hypervisor.incarnation())
        static_cast<void>(hypervisor.unmap_grants(pages.bytes));
}

/// Pages that another domain has granted us, one after the other in our address space. Owns the
/// mappings. Peer: that domain, which reads and writes them at any time.
template <MappingHypervisor H>
class Mapping {
public:
    static Result<Mapping>
    create(H& hypervisor, Domain owner, std::span<GrantRef const> refs, Access access)
    {
        return Mapping{hypervisor, LODGER_TRY(hypervisor.map_grants(owner, refs, access))};
    }

    std::span<std::byte> bytes() const { return owned_.handle().bytes; }

private:
    Mapping(H& hypervisor, std::span<std::byte> bytes)
        : owned_{hypervisor, {bytes, hypervisor.incarnation()}}
    {
    }

    Owned<H, MappedPages, unmap_pages<H>> owned_;
};

} // namespace lodger::grant
