#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/image.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pvh/find_xen.hpp>
#include <lodger/arch/x86/pvh/machine.hpp>

#include <array>
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

/// Marks what the builder placed in memory, in whole pages.
void occupy(BootInfo& boot, std::uint64_t address, std::size_t size)
{
    if (size == 0)
        return;
    std::uint64_t const first = address >> 12;
    boot.occupied.add({Pfn{first}, ((address + size + page_size - 1) >> 12) - first});
}

void add_memory(BootInfo& boot, std::uint64_t address, std::uint64_t size, std::uint32_t type)
{
    constexpr std::uint64_t most = std::uint64_t{128} << 30; // as on PV
    std::uint64_t const first = (address + page_size - 1) >> 12;
    std::uint64_t const end = std::min(address + size, most) >> 12;
    if (type == XEN_HVM_MEMMAP_TYPE_RAM && first < end)
        boot.memory.add({Pfn{first}, end - first});
}

/// One entry of the map that Xen itself keeps: 20 bytes, without padding
/// (xen/include/public/memory.h, XENMEM_memory_map: "the same format as E820").
struct [[gnu::packed]] E820Entry {
    std::uint64_t address;
    std::uint64_t size;
    std::uint32_t type;
};

/// For version 0 of the start information, which has no map.
void ask_xen_for_memory(BootInfo& boot)
{
    static constinit std::array<E820Entry, 64> entries{};
    xen_memory_map_t request{};
    request.nr_entries = entries.size();
    set_xen_guest_handle(request.buffer, entries.data());
    if (memory_op(XENMEM_memory_map, &request) < 0)
        return;
    for (E820Entry const& entry : std::span{entries}.first(request.nr_entries))
        add_memory(boot, entry.address, entry.size, entry.type);
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

/// Only a PVH guest is told of ACPI tables; an HVM guest's firmware makes them.
Mode mode_of(hvm_start_info const& info)
{
    return info.rsdp_paddr != 0 ? Mode::pvh : Mode::hvm;
}

} // namespace

/// Fills a `BootInfo` from what the builder left in memory.
extern "C" [[noreturn]] void lodger_pvh_start(hvm_start_info const& info)
{
    static constinit BootInfo boot;
    find_xen();
    boot.mode = mode_of(info);
    auto const image = reinterpret_cast<std::uintptr_t>(lodger_text_start);
    auto const image_end = reinterpret_cast<std::uintptr_t>(lodger_image_end);
    occupy(boot, image, image_end - image);
    boot.first_free = Pfn{image_end >> 12};
    occupy(boot, reinterpret_cast<std::uintptr_t>(&info), sizeof info);
    read_memory_map(boot, info);
    read_modules(boot, info);
    read_command_line(boot, info);
    machine.start(boot);
    lodger_start(boot);
}

} // namespace lodger::arch::pvh
