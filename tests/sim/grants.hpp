#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/tests/sim/arena.hpp>

#include <list>
#include <map>
#include <span>

namespace lodger::sim {

class Domain;
class World;

/// Xen's part of grant tables: checks what the owner's entry permits, sets its reading and writing
/// flags while somebody has the page, and knows who that is. Functions answer with a `GNTST_*`.
class Grants {
public:
    explicit Grants(World& world) : world_{world} {}

    /// GNTTABOP_map_grant_ref of several pages, all or none.
    /// @param pages receives the pages as `caller` sees them from now on, one after the other
    int
    map(Domain& caller, lodger::Domain owner, std::span<GrantRef const> refs, Access access,
        std::span<std::byte>& pages);

    /// GNTTABOP_unmap_grant_ref of one page.
    int unmap(Domain& caller, std::span<std::byte> page);

    /// Takes back every mapping of a domain's pages: it is no more, as far as others are concerned.
    void forget(lodger::Domain owner);

    /// GNTTABOP_copy from or to a granted page.
    int copy_from(
        Domain& caller, lodger::Domain owner, GrantRef ref, std::size_t offset,
        std::span<std::byte> to);
    int copy_to(
        Domain& caller, lodger::Domain owner, GrantRef ref, std::size_t offset,
        std::span<std::byte const> from);

    /// Takes back what a domain that is no more had mapped.
    void release_mappings(lodger::Domain dead);

    /// How many pages of others a domain has mapped.
    std::size_t mapped_by(lodger::Domain domain) const;
    /// How many mappings of a domain's pages there are.
    std::size_t mapped_from(lodger::Domain owner) const;

private:
    struct Mapping {
        lodger::Domain mapper;
        lodger::Domain owner;
        GrantRef ref;
        Access access;
        std::span<std::byte> bytes;
    };

    /// Checks the entry and marks it in use.
    int pin(Domain& caller, lodger::Domain owner, GrantRef ref, Access access, Arena::Page& page);
    /// Takes the marks off which no mapping needs any more.
    void unpin(lodger::Domain owner, GrantRef ref);

    World& world_;
    std::map<std::byte*, Mapping> mappings_;
};

} // namespace lodger::sim
