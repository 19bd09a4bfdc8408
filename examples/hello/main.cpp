#include <lodger/runtime/guest.hpp>

#include <cstdio>
#include <ctime>

using lodger::runtime::guest;

namespace {

void print_xen()
{
    long const version = lodger::arch::xen_version(XENVER_version, nullptr);
    xen_extraversion_t extra{};
    lodger::arch::xen_version(XENVER_extraversion, extra);
    std::printf("Xen version    %ld.%ld%s\n", version >> 16, version & 0xffff, extra);
}

void print_memory()
{
    auto& pages = guest().pages();
    std::printf(
        "Memory         %zu KiB, %zu KiB free\n", pages.all_pages() * 4, pages.free_pages() * 4);
}

void print_time()
{
    std::time_t const now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
    std::printf("Time           %s UTC\n", text);
}

} // namespace

int main(int argc, char** argv)
{
    std::printf("Hello from a guest without an operating system.\n\n");
    std::printf("Mode           %s\n", describe(guest().boot_info().mode));
    print_xen();
    print_memory();
    print_time();
    std::printf("Command line  ");
    for (int i = 1; i < argc; ++i)
        std::printf(" %s", argv[i]);
    std::printf("\n\nTest result: SUCCESS\n");
}
