#include <lodger/grant/abi.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>

namespace lodger::sim {

int Grants::pin(
    Domain& caller, lodger::Domain owner, GrantRef ref, Access access, Arena::Page& page)
{
    Domain* const other = world_.find(owner);
    if (!other)
        return GNTST_bad_domain;
    if (ref.value >= other->grant_frames_ * grant::entries_per_frame)
        return GNTST_bad_gntref;
    GrantEntry& entry = other->grant_entries_[ref.value];
    unsigned const flags = entry.flags;
    if ((flags & GTF_type_mask) != GTF_permit_access || entry.domain != caller.id().value)
        return GNTST_general_error;
    if (access == Access::read_write && flags & GTF_readonly)
        return GNTST_general_error;
    auto const frame = other->frames_.find(entry.frame);
    if (frame == other->frames_.end())
        return GNTST_bad_page;
    page = frame->second;
    unsigned const marks = access == Access::read_write ? GTF_reading | GTF_writing : GTF_reading;
    entry.flags = static_cast<std::uint16_t>(flags | marks);
    return GNTST_okay;
}

void Grants::unpin(lodger::Domain owner, GrantRef ref)
{
    unsigned marks = 0;
    for (auto const& [address, mapping] : mappings_) {
        if (mapping.owner == owner && mapping.ref == ref)
            marks |= mapping.access == Access::read_write ? GTF_reading | GTF_writing : GTF_reading;
    }
    GrantEntry& entry = world_.find_any(owner)->grant_entries_[ref.value];
    if ((entry.flags & GTF_type_mask) != GTF_permit_access)
        return world_.fail("a grant entry was cleared while its page was mapped");
    entry.flags = static_cast<std::uint16_t>((entry.flags & ~(GTF_reading | GTF_writing)) | marks);
}

int Grants::map(
    Domain& caller, lodger::Domain owner, std::span<GrantRef const> refs, Access access,
    std::span<std::byte>& pages)
{
    std::vector<Arena::Page> numbers;
    int status = GNTST_okay;
    for (GrantRef const ref : refs) {
        Arena::Page number = 0;
        bool const refused = caller.faults().strikes(Fault::map_refused);
        status = refused ? int{GNTST_eagain} : pin(caller, owner, ref, access, number);
        if (status != GNTST_okay)
            break;
        numbers.push_back(number);
    }
    Arena& arena = Arena::instance();
    std::optional<std::span<std::byte>> mapped;
    // A single page has addresses at hand; a row is made, and so is one address too many.
    if (status == GNTST_okay && numbers.size() == 1)
        mapped = arena.map(numbers[0], access);
    if (status == GNTST_okay && !mapped)
        mapped = arena.map_row(numbers, access);
    if (!mapped) {
        for (std::size_t i = 0; i < numbers.size(); ++i)
            unpin(owner, refs[i]);
        return status == GNTST_okay ? int{GNTST_no_device_space} : status;
    }
    pages = *mapped;
    for (std::size_t i = 0; i < refs.size(); ++i) {
        auto const page = pages.subspan(i * page_size, page_size);
        mappings_[page.data()] = {caller.id(), owner, refs[i], access, page};
    }
    return GNTST_okay;
}

int Grants::unmap(Domain& caller, std::span<std::byte> page)
{
    auto const found = mappings_.find(page.data());
    if (found == mappings_.end() || found->second.mapper != caller.id())
        return GNTST_bad_handle;
    Mapping const mapping = found->second;
    mappings_.erase(found);
    Arena::instance().unmap(mapping.bytes);
    unpin(mapping.owner, mapping.ref);
    return GNTST_okay;
}

void Grants::forget(lodger::Domain owner)
{
    std::erase_if(mappings_, [&](auto const& entry) {
        if (entry.second.owner != owner)
            return false;
        Arena::instance().unmap(entry.second.bytes);
        return true;
    });
}

int Grants::copy_from(
    Domain& caller, lodger::Domain owner, GrantRef ref, std::size_t offset, std::span<std::byte> to)
{
    std::span<std::byte> page;
    if (offset + to.size() > page_size)
        return GNTST_bad_copy_arg;
    if (int const status = map(caller, owner, {&ref, 1}, Access::read_only, page);
        status != GNTST_okay)
        return status;
    std::ranges::copy(page.subspan(offset, to.size()), to.begin());
    return unmap(caller, page);
}

int Grants::copy_to(
    Domain& caller, lodger::Domain owner, GrantRef ref, std::size_t offset,
    std::span<std::byte const> from)
{
    std::span<std::byte> page;
    if (offset + from.size() > page_size)
        return GNTST_bad_copy_arg;
    if (int const status = map(caller, owner, {&ref, 1}, Access::read_write, page);
        status != GNTST_okay)
        return status;
    std::ranges::copy(from, page.begin() + static_cast<std::ptrdiff_t>(offset));
    return unmap(caller, page);
}

void Grants::release_mappings(lodger::Domain dead)
{
    while (true) {
        auto const held = std::ranges::find_if(
            mappings_, [&](auto const& entry) { return entry.second.mapper == dead; });
        if (held == mappings_.end())
            return;
        Mapping const mapping = held->second;
        mappings_.erase(held);
        Arena::instance().unmap(mapping.bytes);
        unpin(mapping.owner, mapping.ref);
    }
}

std::size_t Grants::mapped_by(lodger::Domain domain) const
{
    return static_cast<std::size_t>(std::ranges::count_if(
        mappings_, [&](auto const& entry) { return entry.second.mapper == domain; }));
}

std::size_t Grants::mapped_from(lodger::Domain owner) const
{
    return static_cast<std::size_t>(std::ranges::count_if(
        mappings_, [&](auto const& entry) { return entry.second.owner == owner; }));
}

} // namespace lodger::sim
