#include <lodger/arch/x86/balloon.hpp>
#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/machine.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pv/frame_list.hpp>
#include <lodger/arch/x86/pv/suspend.hpp>
#include <lodger/arch/x86/pvh/parameters.hpp>
#include <lodger/arch/x86/pvh/traps.hpp>
#include <lodger/arch/x86/pvh/unplug.hpp>
#include <lodger/arch/x86/segment_base.hpp>
#include <lodger/arch/x86/suspend.hpp>

#include <cstring>

#include <xen/hvm/params.h>

/// One of Xen's trap_info_t for every exception (pv/trap_stubs.S).
extern "C" trap_info_t const lodger_pv_trap_table[];

namespace lodger::arch {
namespace {

constinit Machine machine;
constinit PageTables tables{machine};

// What each page of the window above memory holds.
constexpr std::size_t shared_info_slot = 0;
constexpr std::size_t store_slot = 1;
constexpr std::size_t console_slot = 2;
constexpr std::size_t grant_table_slot = 16;
// Far above Xen's default limit of 64 (docs/misc/xen-command-line.pandoc, gnttab_max_frames).
constexpr std::size_t most_grant_frames = 256;
static_assert(grant_table_slot + most_grant_frames <= first_foreign_slot);

/// Has Xen put a frame of its own into our memory, where the window is.
Result<std::uint64_t> place_in_window(std::size_t slot, unsigned space, std::size_t index)
{
    xen_add_to_physmap_t request{};
    request.domid = DOMID_SELF;
    request.space = space;
    request.idx = index;
    request.gpfn = tables.window_page(slot).value;
    LODGER_TRY(outcome(memory_op(XENMEM_add_to_physmap, &request)));
    return std::uint64_t{request.gpfn};
}

/// The page whose frame number is one of the builder's parameters, and its port. Missing ones
/// stay null: a guest can do without.
Result<std::byte*> map_parameter(std::size_t slot, std::uint32_t page, std::uint32_t port, Port& to)
{
    std::uint64_t const frame = LODGER_TRY(pvh::parameter(page));
    to = Port{static_cast<std::uint32_t>(LODGER_TRY(pvh::parameter(port)))};
    if (frame == 0 || to.value == 0)
        return nullptr;
    return tables.map_in_window(slot, frame);
}

Result<void> find_services(BootInfo& boot)
{
    boot.store_page = LODGER_TRY(
        map_parameter(store_slot, HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN, boot.store_port));
    boot.console_page = LODGER_TRY(map_parameter(
        console_slot, HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN, boot.console_port));
    return {};
}

Result<std::uint64_t> shared_info_frame()
{
    if (is_pv())
        return pv::machine.info().shared_info >> 12;
    LODGER_TRY(pvh::set_callback_vector());
    return place_in_window(shared_info_slot, XENMAPSPACE_shared_info, 0);
}

/// Grows the table of a PV guest and asks where its frames are
/// (xen/include/public/grant_table.h, GNTTABOP_setup_table).
Result<void> set_up_grant_table(std::span<xen_pfn_t> frames)
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

/// What is mapped of the grant table.
constinit std::span<std::byte> grant_table{};

Result<void> find_grant_frames(std::span<xen_pfn_t> frames, std::size_t first)
{
    if (is_pv())
        return set_up_grant_table(frames);
    for (std::size_t i = first; i < frames.size(); ++i) {
        auto const frame = place_in_window(grant_table_slot + i, XENMAPSPACE_grant_table, i);
        if (!frame)
            return Failure{Errc::no_space};
        frames[i] = *frame;
    }
    return {};
}

/// Gives a single frame to Xen, or gets one.
bool change_reservation(unsigned command, xen_pfn_t& frame)
{
    xen_memory_reservation_t request{};
    request.domid = DOMID_SELF;
    request.nr_extents = 1;
    set_xen_guest_handle(request.extent_start, &frame);
    return memory_op(command, &request) == 1;
}

/// Takes Xen's frames out of the page tables of a PV guest: libxc can only save what is the guest's
/// own (tools/libs/guest/xg_sr_save_x86_pv.c, normalise_pagetable).
/// @return how many frames of the grant table there were
Result<std::size_t> unmap_frames_of_xen()
{
    std::size_t const frames = grant_table.size() / page_size;
    for (std::size_t i = 0; i < frames; ++i)
        LODGER_TRY(tables.unmap_in_window(grant_table_slot + i));
    grant_table = {};
    LODGER_TRY(tables.unmap_in_window(shared_info_slot));
    return frames;
}

Result<Resumption> suspend_pv(BootInfo& boot, shared_info_t& shared)
{
    std::size_t const frames = LODGER_TRY(unmap_frames_of_xen());
    Resumption const how = pv::suspend(boot);
    LODGER_TRY(map_shared_info());
    pv::frame_list.publish(shared);
    if (how == Resumption::cancelled && frames > 0)
        LODGER_TRY(map_grant_table(frames));
    return how;
}

/// A PVH or HVM guest's page tables are its own business. A restored one has Xen's pages put into
/// its memory again, at the same places.
Result<Resumption> suspend_hvm(BootInfo& boot)
{
    sched_shutdown_t request{SHUTDOWN_suspend};
    if (sched_op(SCHEDOP_shutdown, &request) != 0)
        return Resumption::cancelled;
    grant_table = {};
    if (boot.mode == Mode::hvm)
        pvh::unplug_emulated_devices(); // The device model is new as well.
    LODGER_TRY(map_shared_info());
    LODGER_TRY(find_services(boot));
    return Resumption::restored;
}

} // namespace

Result<void> prepare_suspend(BootInfo& boot, shared_info_t& shared)
{
    if (!is_pv())
        return {};
    LODGER_TRY(pv::frame_list.set_aside(boot));
    pv::frame_list.publish(shared);
    return {};
}

Result<Resumption> suspend(BootInfo& boot, shared_info_t& shared)
{
    Resumption const how = LODGER_TRY(is_pv() ? suspend_pv(boot, shared) : suspend_hvm(boot));
    stop_periodic_timer();
    return how;
}

Result<void> prepare_memory(BootInfo& boot)
{
    LODGER_TRY(tables.prepare(boot));
    for (std::span<std::byte const> const module : boot.modules)
        LODGER_TRY(map({Pfn{page_of(module.data())}, (module.size() + page_size - 1) / page_size}));
    return is_pv() ? Result<void>{} : find_services(boot);
}

Result<void> map(PageRange pages)
{
    return tables.map(pages);
}

Result<void> protect(void* page, Protection protection)
{
    return tables.protect(Pfn{page_of(page)}, protection);
}

Result<shared_info_t*> map_shared_info()
{
    std::uint64_t const frame = LODGER_TRY(shared_info_frame());
    std::byte* const page = LODGER_TRY(tables.map_in_window(shared_info_slot, frame));
    return reinterpret_cast<shared_info_t*>(page);
}

Result<std::span<std::byte>> map_grant_table(std::size_t count)
{
    std::size_t const mapped = grant_table.size() / page_size;
    if (count <= mapped)
        return grant_table;
    if (count > most_grant_frames)
        return Failure{Errc::no_space};
    std::array<xen_pfn_t, most_grant_frames> frames;
    LODGER_TRY(find_grant_frames(std::span{frames}.first(count), mapped));
    for (std::size_t i = mapped; i < count; ++i) {
        std::byte* const page = LODGER_TRY(tables.map_in_window(grant_table_slot + i, frames[i]));
        grant_table = {grant_table.empty() ? page : grant_table.data(), (i + 1) * page_size};
    }
    return grant_table;
}

/// Xen hands it to another domain as it is: it clears only what a dead domain had
/// (xen/common/page_alloc.c, free_domheap_pages). What was never mapped holds nothing of ours.
Result<void> give_to_xen(Pfn page)
{
    if (tables.is_mapped(page))
        std::memset(reinterpret_cast<void*>(page.value * page_size), 0, page_size);
    LODGER_TRY(tables.unmap(page));
    xen_pfn_t frame = is_pv() ? *pv::machine.frame_of(page.value) : page.value;
    if (!change_reservation(XENMEM_decrease_reservation, frame)) {
        LODGER_TRY(tables.map_again(page));
        return Failure{Errc::busy};
    }
    if (is_pv())
        pv::machine.set_frame(page.value, std::nullopt);
    return {};
}

Result<void> get_from_xen(Pfn page)
{
    xen_pfn_t frame = page.value;
    if (!change_reservation(XENMEM_populate_physmap, frame))
        return Failure{Errc::no_memory};
    if (is_pv())
        pv::machine.set_frame(page.value, frame); // Xen has written it over what we asked for.
    return tables.map_again(page);
}

std::byte* window_address(std::size_t slot)
{
    return reinterpret_cast<std::byte*>(tables.window_page(slot).value << 12);
}

Result<void> show_window_page(std::size_t slot, Access access)
{
    if (is_pv())
        return {};
    auto const how = access == Access::read_only ? Protection::read_only : Protection::read_write;
    LODGER_TRY(tables.map_in_window(slot, tables.window_page(slot).value, how));
    return {};
}

Result<void> hide_window_page(std::size_t slot)
{
    return is_pv() ? Result<void>{} : tables.protect(tables.window_page(slot), Protection::none);
}

void prepare_cpu()
{
    if (is_pv())
        set_trap_table(lodger_pv_trap_table);
    else
        pvh::install_traps();
    allow_fsgsbase(is_pv());
}

void set_thread_pointer(void* pointer)
{
    set_fs_base(reinterpret_cast<std::uintptr_t>(pointer), is_pv());
}

void stop_periodic_timer()
{
    if (is_pv())
        vcpu_op(VCPUOP_stop_periodic_timer, 0, nullptr);
}

} // namespace lodger::arch
