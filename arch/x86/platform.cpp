#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pv/page_tables.hpp>
#include <lodger/arch/x86/pv/segments.hpp>

/// One of Xen's trap_info_t for every exception (pv/trap_stubs.S).
extern "C" trap_info_t const lodger_pv_trap_table[];

namespace lodger::arch {

Result<void> prepare_memory(BootInfo& boot)
{
    pv::allow_fsgsbase();
    return pv::prepare(boot);
}

Result<void> map(PageRange pages)
{
    constexpr std::uint64_t chunk_pages = 512;
    for (std::uint64_t page = pages.first.value & ~(chunk_pages - 1); page < pages.end().value;
         page += chunk_pages)
        LODGER_TRY(pv::map_around(Pfn{page}));
    return {};
}

Result<void> protect(void* page)
{
    return pv::set_page(Pfn{page_of(page)}, Protection::none);
}

Result<void> unprotect(void* page)
{
    return pv::set_page(Pfn{page_of(page)}, Protection::read_write);
}

Result<shared_info_t*> map_shared_info()
{
    std::byte* const page =
        LODGER_TRY(pv::map_foreign(pv::slot_shared_info, pv::shared_info_frame()));
    return reinterpret_cast<shared_info_t*>(page);
}

Gfn gfn(void const* address)
{
    return Gfn{pv::machine_frame(Pfn{page_of(address)}).value};
}

void install_traps()
{
    set_trap_table(lodger_pv_trap_table);
}

void set_thread_pointer(void* pointer)
{
    pv::set_fs_base(reinterpret_cast<std::uintptr_t>(pointer));
}

void stop_periodic_timer()
{
    vcpu_op(VCPUOP_stop_periodic_timer, 0, nullptr);
}

} // namespace lodger::arch
