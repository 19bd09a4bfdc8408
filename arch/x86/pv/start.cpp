#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pv/machine.hpp>

#include <algorithm>

#include <xen/xen.h>

namespace lodger::arch::pv {
namespace {

/// One of our own pages, mapped where its place in our memory is.
std::byte* own_page(xen_pfn_t frame)
{
    return reinterpret_cast<std::byte*>(Machine::page_of(frame) << 12);
}

void add_module(BootInfo& boot, start_info_t const& info)
{
    if (info.mod_len == 0)
        return;
    // Our notes do not ask for the module by frame number (MOD_START_PFN), so it is mapped.
    auto const* const start = reinterpret_cast<std::byte const*>(info.mod_start);
    boot.modules.add({start, info.mod_len});
}

/// The builder places everything in one piece, from the image to the bootstrap page tables
/// (xen/include/public/xen.h, "Start-of-day memory layout"); the one-page stack that follows has
/// been left for good.
void add_memory(BootInfo& boot, start_info_t const& info)
{
    // The first GiB, where page tables are set aside, holds enough of them for this much.
    constexpr std::size_t most_pages = std::size_t{128} << 18; // 128 GiB
    boot.memory.add({Pfn{0}, std::min<std::size_t>(info.nr_pages, most_pages)});
    boot.first_free = Pfn{(info.pt_base >> 12) + info.nr_pt_frames};
    std::uint64_t const image = page_of(lodger_text_start);
    boot.occupied.add({Pfn{image}, boot.first_free.value - image});
}

} // namespace

/// Fills a `BootInfo` from what Xen's builder left in memory.
extern "C" [[noreturn]] void lodger_pv_start(start_info_t& info)
{
    static constinit BootInfo boot;
    boot.mode = Mode::pv;
    add_memory(boot, info);
    add_module(boot, info);
    boot.command_line = reinterpret_cast<char const*>(info.cmd_line);
    boot.store_page = own_page(info.store_mfn);
    boot.store_port = Port{info.store_evtchn};
    boot.console_page = own_page(info.console.domU.mfn);
    boot.console_port = Port{info.console.domU.evtchn};
    machine.start(info, boot.memory_end().value);
    lodger_start(boot);
}

} // namespace lodger::arch::pv
