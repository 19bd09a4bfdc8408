#pragma once

#include <lodger/core/ids.hpp>

#include <cstdint>
#include <optional>

#include <xen/xen.h>

namespace lodger::arch {

struct Cpuid {
    std::uint32_t eax, ebx, ecx, edx;
};

/// CPUID as Xen presents it. On PV the plain instruction may show the bare machine; Xen emulates
/// it after this prefix, which no CPU executes (xen/include/public/arch-x86/xen.h,
/// XEN_EMULATE_PREFIX).
inline Cpuid cpuid_of_pv(std::uint32_t leaf, std::uint32_t subleaf = 0)
{
    Cpuid result{leaf, 0, subleaf, 0};
    __asm__(XEN_CPUID : "+a"(result.eax), "=b"(result.ebx), "+c"(result.ecx), "=d"(result.edx));
    return result;
}

inline Cpuid cpuid(std::uint32_t leaf, std::uint32_t subleaf = 0)
{
    Cpuid result{leaf, 0, subleaf, 0};
    __asm__("cpuid" : "+a"(result.eax), "=b"(result.ebx), "+c"(result.ecx), "=d"(result.edx));
    return result;
}

/// The time stamp counter, not read before earlier loads are done.
inline std::uint64_t time_stamp()
{
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __asm__ __volatile__("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return static_cast<std::uint64_t>(high) << 32 | low;
}

/// A random number from the CPU, if it has a source and the source has one ready.
inline std::optional<std::uint64_t> hardware_random()
{
    constexpr std::uint32_t rdrand_feature = 1u << 30;
    if ((cpuid(1).ecx & rdrand_feature) == 0)
        return std::nullopt;
    std::uint64_t number = 0;
    for (int attempt = 0; attempt < 10; ++attempt) {
        bool valid = false;
        __asm__ __volatile__("rdrand %0" : "=r"(number), "=@ccc"(valid));
        if (valid)
            return number;
    }
    return std::nullopt;
}

/// The address of the last page fault. A PV guest's read is emulated by Xen.
inline std::uint64_t fault_address()
{
    std::uint64_t address = 0;
    __asm__ __volatile__("mov %%cr2, %0" : "=r"(address));
    return address;
}

} // namespace lodger::arch
