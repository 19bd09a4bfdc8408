#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pvh/find_xen.hpp>
#include <lodger/arch/x86/pvh/machine.hpp>
#include <lodger/arch/x86/pvh/memory_map.hpp>

#include <cstring>
#include <span>

#include <xen/arch-x86/hvm/start_info.h>

namespace lodger::arch::pvh {
namespace {

using MemoryEntry = hvm_memmap_table_entry;

template <class T>
T const* at(std::uint64_t address)
{
    return reinterpret_cast<T const*>(address);
}

void read_memory_map(BootInfo& boot, hvm_start_info const& info)
{
    if (info.version == 0 || info.memmap_entries == 0)
        return ask_xen_for_memory(boot);
    std::span const entries{at<MemoryEntry>(info.memmap_paddr), info.memmap_entries};
    occupy(boot, info.memmap_paddr, entries.size_bytes());
    for (MemoryEntry const& entry : entries)
        add_memory(boot, entry.addr, entry.size, entry.type);
}

void read_modules(BootInfo& boot, hvm_start_info const& info)
{
    std::span const modules{at<hvm_modlist_entry>(info.modlist_paddr), info.nr_modules};
    occupy(boot, info.modlist_paddr, modules.size_bytes());
    for (hvm_modlist_entry const& module : modules) {
        boot.modules.add({at<std::byte>(module.paddr), module.size});
        occupy(boot, module.paddr, module.size);
    }
}

void read_command_line(BootInfo& boot, hvm_start_info const& info)
{
    if (info.cmdline_paddr == 0)
        return;
    boot.command_line = at<char>(info.cmdline_paddr);
    occupy(boot, info.cmdline_paddr, std::strlen(boot.command_line) + 1);
}

} // namespace

/// Fills a `BootInfo` from what the builder left in memory.
extern "C" [[noreturn]] void lodger_pvh_start(hvm_start_info const& info)
{
    static constinit BootInfo boot;
    find_xen();
    boot.mode = Mode::pvh;
    occupy_image(boot);
    occupy(boot, reinterpret_cast<std::uintptr_t>(&info), sizeof info);
    read_memory_map(boot, info);
    read_modules(boot, info);
    read_command_line(boot, info);
    machine.start(boot);
    lodger_start(boot);
}

} // namespace lodger::arch::pvh
