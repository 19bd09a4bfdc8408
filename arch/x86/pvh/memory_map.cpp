#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/image.hpp>
#include <lodger/arch/x86/pvh/memory_map.hpp>

#include <array>
#include <span>

#include <xen/arch-x86/hvm/start_info.h>

namespace lodger::arch::pvh {
namespace {

/// 20 bytes, without padding (xen/include/public/memory.h, XENMEM_memory_map: "the same format as
/// E820").
struct [[gnu::packed]] E820Entry {
    std::uint64_t address;
    std::uint64_t size;
    std::uint32_t type;
};

} // namespace

void occupy(BootInfo& boot, std::uint64_t address, std::size_t size)
{
    if (size == 0)
        return;
    std::uint64_t const first = address >> 12;
    boot.occupied.add({Pfn{first}, ((address + size + page_size - 1) >> 12) - first});
}

void occupy_image(BootInfo& boot)
{
    auto const image = reinterpret_cast<std::uintptr_t>(lodger_text_start);
    auto const image_end = reinterpret_cast<std::uintptr_t>(lodger_image_end);
    occupy(boot, image, image_end - image);
    boot.first_free = Pfn{image_end >> 12};
}

void add_memory(BootInfo& boot, std::uint64_t address, std::uint64_t size, std::uint32_t type)
{
    constexpr std::uint64_t most = std::uint64_t{128} << 30; // as on PV
    std::uint64_t const first = (address + page_size - 1) >> 12;
    std::uint64_t const end = std::min(address + size, most) >> 12;
    if (type == XEN_HVM_MEMMAP_TYPE_RAM && first < end)
        boot.memory.add({Pfn{first}, end - first});
}

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

} // namespace lodger::arch::pvh
