#include <lodger/arch/x86/cpu.hpp>
#include <lodger/arch/x86/segment_base.hpp>

namespace lodger::arch {

constinit bool fsgsbase_allowed = false;

/// CR4 of a PV guest is Xen's notion of it: reading and writing it are emulated, and Xen enables
/// the instructions if its policy has them (xen/arch/x86/pv/domain.c, pv_fixup_guest_cr4).
void allow_fsgsbase(bool is_pv)
{
    constexpr std::uint32_t fsgsbase_feature = 1u << 0;
    constexpr std::uint64_t cr4_fsgsbase = 1u << 16;
    auto const id = [is_pv](std::uint32_t leaf) { return is_pv ? cpuid_of_pv(leaf) : cpuid(leaf); };
    if (id(0).eax < 7 || (id(7).ebx & fsgsbase_feature) == 0)
        return;
    std::uint64_t cr4 = 0;
    __asm__ __volatile__("mov %%cr4, %0" : "=r"(cr4));
    __asm__ __volatile__("mov %0, %%cr4" : : "r"(cr4 | cr4_fsgsbase));
    __asm__ __volatile__("mov %%cr4, %0" : "=r"(cr4));
    fsgsbase_allowed = (cr4 & cr4_fsgsbase) != 0;
}

} // namespace lodger::arch
