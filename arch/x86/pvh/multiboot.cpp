#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pvh/find_xen.hpp>
#include <lodger/arch/x86/pvh/machine.hpp>
#include <lodger/arch/x86/pvh/memory_map.hpp>
#include <lodger/arch/x86/pvh/unplug.hpp>

#include <cstring>

namespace lodger::arch::pvh {
namespace {

/// What a loader tells (Multiboot Specification, "Boot information format"), as far as we read it.
/// It lies where the loader likes, and the flags say which fields count.
struct MultibootInfo {
    static constexpr std::uint32_t has_command_line = 1 << 2;
    static constexpr std::uint32_t has_modules = 1 << 3;

    std::uint32_t flags;
    std::uint32_t memory_low;
    std::uint32_t memory_high;
    std::uint32_t boot_device;
    std::uint32_t command_line;
    std::uint32_t module_count;
    std::uint32_t modules;
};

struct MultibootModule {
    std::uint32_t first;
    std::uint32_t end;
    std::uint32_t text;
    std::uint32_t reserved;
};

template <class T>
T const* at(std::uint32_t address)
{
    return reinterpret_cast<T const*>(std::uintptr_t{address});
}

/// What follows the first word, which is the name that QEMU knows the image's file by.
void read_command_line(BootInfo& boot, MultibootInfo const& info)
{
    if (!(info.flags & MultibootInfo::has_command_line))
        return;
    char const* const text = at<char>(info.command_line);
    occupy(boot, info.command_line, std::strlen(text) + 1);
    boot.command_line = text + std::strcspn(text, " ");
}

void read_modules(BootInfo& boot, MultibootInfo const& info)
{
    if (!(info.flags & MultibootInfo::has_modules))
        return;
    std::span const modules{at<MultibootModule>(info.modules), info.module_count};
    for (MultibootModule const& module : modules) {
        std::size_t const size = module.end - module.first;
        boot.modules.add({at<std::byte>(module.first), size});
        occupy(boot, module.first, size);
    }
}

} // namespace

/// Fills a `BootInfo` for an HVM guest. Its firmware has a memory map too, but Xen's has all that
/// is RAM above 1 MiB, and nothing of the firmware is needed any more.
extern "C" [[noreturn]] void lodger_multiboot_start(MultibootInfo const& info)
{
    static constinit BootInfo boot;
    find_xen();
    unplug_emulated_devices();
    boot.mode = Mode::hvm;
    occupy_image(boot);
    ask_xen_for_memory(boot);
    read_modules(boot, info);
    read_command_line(boot, info);
    machine.start(boot);
    lodger_start(boot);
}

} // namespace lodger::arch::pvh
