#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pv/page_tables.hpp>

#include <array>

namespace lodger::arch {
namespace {

/// Far above Xen's default limit of 64 (docs/misc/xen-command-line.pandoc, gnttab_max_frames).
constexpr std::size_t most_frames = pv::grant_table_slots;

/// The table's frames, mapped one after the other.
constinit std::span<std::byte> table{};

/// Grows the table and asks where its frames are (xen/include/public/grant_table.h,
/// GNTTABOP_setup_table). Xen also calls it an error that the table may not grow so far.
Result<void> set_up(std::span<xen_pfn_t> frames)
{
    gnttab_setup_table_t request{};
    request.dom = DOMID_SELF;
    request.nr_frames = static_cast<std::uint32_t>(frames.size());
    set_xen_guest_handle(request.frame_list, frames.data());
    LODGER_TRY(outcome(grant_table_op(GNTTABOP_setup_table, &request, 1)));
    if (request.status != GNTST_okay)
        return Failure{Errc::no_space};
    return {};
}

} // namespace

Result<std::span<std::byte>> map_grant_table(std::size_t frames)
{
    std::size_t const mapped = table.size() / page_size;
    if (frames <= mapped)
        return table;
    if (frames > most_frames)
        return Failure{Errc::no_space};
    std::array<xen_pfn_t, most_frames> list;
    LODGER_TRY(set_up(std::span{list}.first(frames)));
    for (std::size_t i = mapped; i < frames; ++i) {
        std::byte* const page = LODGER_TRY(pv::map_foreign(pv::slot_grant_table + i, Mfn{list[i]}));
        table = {table.empty() ? page : table.data(), (i + 1) * page_size};
    }
    return table;
}

} // namespace lodger::arch
