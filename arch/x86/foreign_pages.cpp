#include <lodger/arch/x86/foreign_pages.hpp>
#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/grant/status.hpp>

#include <algorithm>
#include <array>
#include <bitset>

namespace lodger::arch {
namespace {

/// The window's last places are for pages of other domains. On PV Xen puts a page at a virtual
/// address of ours, on PVH into a page of our memory where no memory is: both are places of the
/// window (xen/common/grant_table.c, map_grant_ref).
constexpr std::size_t first_place = first_foreign_slot;
constexpr std::size_t place_count = window_slots - first_place;

constinit std::bitset<place_count> taken;
constinit std::array<grant_handle_t, place_count> handles{};

/// Operations of one hypercall.
constexpr std::size_t most_at_once = 16;

Result<std::size_t> find_places(std::size_t count)
{
    std::size_t run = 0;
    for (std::size_t place = 0; place < place_count; ++place) {
        run = taken[place] ? 0 : run + 1;
        if (run == count)
            return place + 1 - count;
    }
    return Failure{Errc::no_space};
}

std::byte* address_of(std::size_t place)
{
    return window_address(first_place + place);
}

std::size_t place_of(std::byte const* address)
{
    return static_cast<std::size_t>(address - address_of(0)) / page_size;
}

/// Asks Xen to unmap, and looks at every answer (XSA-361, 362): a place whose page is still mapped
/// is not used again.
Result<void> unmap_places(std::size_t first, std::size_t count)
{
    std::array<gnttab_unmap_grant_ref_t, most_at_once> operations{};
    for (std::size_t i = 0; i < count; ++i) {
        operations[i].host_addr = reinterpret_cast<std::uintptr_t>(address_of(first + i));
        operations[i].handle = handles[first + i];
        operations[i].status = GNTST_general_error;
    }
    LODGER_TRY(outcome(
        grant_table_op(GNTTABOP_unmap_grant_ref, operations.data(), static_cast<unsigned>(count))));
    Result<void> result;
    for (std::size_t i = 0; i < count; ++i) {
        auto unmapped = grant::check_status(operations[i].status);
        if (unmapped)
            unmapped = hide_window_page(first_place + first + i);
        if (unmapped)
            taken[first + i] = false;
        else if (result)
            result = unmapped;
    }
    return result;
}

Result<void> unmap_all(std::size_t first, std::size_t count)
{
    Result<void> result;
    for (std::size_t done = 0; done < count; done += most_at_once) {
        auto const unmapped = unmap_places(first + done, std::min(count - done, most_at_once));
        if (!unmapped && result)
            result = unmapped;
    }
    return result;
}

/// Asks Xen to map, and looks at every answer; what was mapped has its place taken.
Result<void>
map_places(Domain owner, std::span<GrantRef const> refs, Access access, std::size_t first)
{
    std::array<gnttab_map_grant_ref_t, most_at_once> operations{};
    unsigned const flags = GNTMAP_host_map | (access == Access::read_only ? GNTMAP_readonly : 0u);
    for (std::size_t i = 0; i < refs.size(); ++i) {
        operations[i].host_addr = reinterpret_cast<std::uintptr_t>(address_of(first + i));
        operations[i].flags = flags;
        operations[i].ref = refs[i].value;
        operations[i].dom = owner.value;
        operations[i].status = GNTST_general_error;
    }
    LODGER_TRY(outcome(grant_table_op(
        GNTTABOP_map_grant_ref, operations.data(), static_cast<unsigned>(refs.size()))));
    Result<void> result;
    for (std::size_t i = 0; i < refs.size(); ++i) {
        auto mapped = grant::check_status(operations[i].status);
        if (mapped) {
            taken[first + i] = true;
            handles[first + i] = operations[i].handle;
            mapped = show_window_page(first_place + first + i, access);
        }
        if (!mapped && result)
            result = mapped;
    }
    return result;
}

/// Takes back what was mapped before something failed.
void undo(std::size_t first, std::size_t count)
{
    for (std::size_t place = first; place < first + count; ++place)
        if (taken[place])
            static_cast<void>(unmap_places(place, 1));
}

} // namespace

Result<std::span<std::byte>> map_grants(Domain owner, std::span<GrantRef const> refs, Access access)
{
    std::size_t const first = LODGER_TRY(find_places(refs.size()));
    for (std::size_t done = 0; done < refs.size(); done += most_at_once) {
        auto const some = refs.subspan(done, std::min(refs.size() - done, most_at_once));
        if (auto const mapped = map_places(owner, some, access, first + done); !mapped) {
            undo(first, refs.size());
            return Failure{mapped.error()};
        }
    }
    return std::span{address_of(first), refs.size() * page_size};
}

Result<void> unmap_grants(std::span<std::byte> pages)
{
    return unmap_all(place_of(pages.data()), pages.size() / page_size);
}

std::size_t foreign_page_count()
{
    return taken.count();
}

} // namespace lodger::arch
