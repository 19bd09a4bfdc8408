#include <lodger/arch/x86/cpu.hpp>
#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/pvh/find_xen.hpp>
#include <lodger/arch/x86/pvh/ports.hpp>

#include <cstring>
#include <string_view>

#include <xen/arch-x86/cpuid.h>

namespace lodger::arch::pvh {
namespace {

/// Xen's leaves start at 0x40000000, or higher when it poses as another hypervisor as well
/// (xen/include/public/arch-x86/cpuid.h).
bool has_xen()
{
    for (std::uint32_t leaf = XEN_CPUID_FIRST_LEAF; leaf < XEN_CPUID_FIRST_LEAF + 0x10000;
         leaf += 0x100) {
        Cpuid const id = cpuid(leaf);
        if (id.ebx == XEN_CPUID_SIGNATURE_EBX && id.ecx == XEN_CPUID_SIGNATURE_ECX &&
            id.edx == XEN_CPUID_SIGNATURE_EDX)
            return true;
    }
    return false;
}

/// AMD's CPUs, and Hygon's, call their hypervisor by another instruction than all others.
bool calls_by_vmmcall()
{
    Cpuid const id = cpuid(0);
    char vendor[12];
    std::memcpy(vendor, &id.ebx, 4);
    std::memcpy(vendor + 4, &id.edx, 4);
    std::memcpy(vendor + 8, &id.ecx, 4);
    std::string_view const name{vendor, sizeof vendor};
    return name == "AuthenticAMD" || name == "HygonGenuine";
}

/// To the first serial port and to the port that emulators log, whichever is there.
void print_to_ports(std::string_view text)
{
    constexpr std::uint16_t serial = 0x3f8;
    constexpr std::uint16_t emulator_log = 0xe9;
    for (char const c : text) {
        write_port(serial, static_cast<std::uint8_t>(c));
        write_port(emulator_log, static_cast<std::uint8_t>(c));
    }
}

} // namespace

void find_xen()
{
    if (!has_xen()) {
        print_to_ports("lodger: this is a guest for Xen, and there is no Xen here; start it with "
                       "xl create, as type=\"pv\", \"pvh\" or \"hvm\"\r\n");
        for (;;)
            __asm__ __volatile__("cli; hlt");
    }
    lodger_hypercall_by = calls_by_vmmcall() ? HypercallBy::vmmcall : HypercallBy::vmcall;
}

} // namespace lodger::arch::pvh
