/// Sums the bytes of each boot module (`ramdisk=` in the xl configuration), for the host to
/// compare.
#include <lodger/runtime/guest.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

using lodger::runtime::guest;

int main()
{
    int number = 0;
    for (auto const module : guest().boot_info().modules) {
        unsigned long sum = 0;
        for (std::byte const byte : module)
            sum += std::to_integer<unsigned long>(byte);
        std::printf("module %d: %zu bytes, sum %lu\n", number++, module.size(), sum);
    }
    // A module that the heap or the page tables had taken for free memory would change now.
    while (void* const block = std::malloc(64 << 10))
        std::memset(block, 0x55, 64 << 10);
    for (auto const module : guest().boot_info().modules) {
        unsigned long sum = 0;
        for (std::byte const byte : module)
            sum += std::to_integer<unsigned long>(byte);
        std::printf("afterwards: sum %lu\n", sum);
    }
    std::printf("Test result: %s\n", number > 0 ? "SUCCESS" : "FAILURE");
    return number > 0 ? 0 : 1;
}
