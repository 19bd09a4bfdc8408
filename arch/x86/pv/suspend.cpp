#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/pv/machine.hpp>
#include <lodger/arch/x86/pv/suspend.hpp>

namespace lodger::arch::pv {
namespace {

/// SCHEDOP_shutdown, whose third argument is what libxc finds start_info by
/// (xen/include/public/sched.h, SHUTDOWN_suspend). It returns 1 if the toolstack has cancelled it.
Resumption shut_down(std::uint64_t start_info_frame)
{
    sched_shutdown_t request{SHUTDOWN_suspend};
    long const returned =
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, argument(&request), start_info_frame);
    return returned == 0 ? Resumption::restored : Resumption::cancelled;
}

} // namespace

/// libxc wants start_info to name XenStore's page and the console's by their place in our memory;
/// when it restores a domain it writes their new frames and ports there, after a cancelled suspend
/// it writes nothing (tools/libs/guest/xg_sr_restore_x86_pv.c, process_start_info; xg_resume.c).
Resumption suspend(BootInfo& boot)
{
    start_info_t& info = machine.info();
    std::uint64_t const store = page_of(boot.store_page);
    std::uint64_t const console = page_of(boot.console_page);
    info.store_mfn = store;
    info.console.domU.mfn = console;
    Resumption const how = shut_down(*machine.frame_of(page_of(&info)));
    info.store_mfn = *machine.frame_of(store);
    info.console.domU.mfn = static_cast<xen_pfn_t>(*machine.frame_of(console));
    boot.store_port = Port{info.store_evtchn};
    boot.console_port = Port{info.console.domU.evtchn};
    return how;
}

} // namespace lodger::arch::pv
