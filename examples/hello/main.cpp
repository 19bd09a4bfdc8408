// Prints what a guest finds when it starts: how it runs, and what it was given.

#include "../support/text.hpp"
#include <lodger/runtime/services.hpp>
#include <lodger/xenbus/device_names.hpp>

#include <cstdio>
#include <ctime>

namespace {

using namespace lodger;

constexpr std::size_t line_width = 64;

void print_xen()
{
    auto const version = guest().xen_version();
    std::printf("Xen version    %u.%u%s\n", version.major, version.minor, version.extra);
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

/// What `ramdisk=` of the xl configuration names: bytes in memory, here taken for text.
void print_modules()
{
    for (auto const module : guest().boot_info().modules) {
        std::string_view const text{reinterpret_cast<char const*>(module.data()), module.size()};
        std::string_view const line = text.substr(0, std::min(text.find('\n'), line_width));
        std::printf("Module         %zu bytes: %.*s\n", module.size(), EXAMPLES_TEXT(line));
    }
}

/// All devices, with the state of our end of each.
Result<> print_devices(Store& store)
{
    auto const print = [&](std::string_view path) -> Result<> {
        std::array<char, 16> text;
        auto const state = store.read({path, "state"}, text);
        if (!state)
            return {}; // Not a device: `device/` holds other things as well.
        std::string_view const name = xenbus::name(xenbus::state_of(*state));
        std::printf("Device         %.*s, %.*s\n", EXAMPLES_TEXT(path), EXAMPLES_TEXT(name));
        return {};
    };
    return xenbus::for_each_below(store, "device", store.patience(), [&](std::string_view type) {
        return xenbus::for_each_below(store, type, store.patience(), print);
    });
}

Result<> print_store()
{
    Store& store = *LODGER_TRY(runtime::xenstore());
    std::array<char, store::most_payload> buffer;
    auto const id = LODGER_TRY(store.read<std::uint16_t>("domid"));
    auto const path = LODGER_TRY(store.domain_path(Domain{id}, buffer));
    std::printf("XenStore path  %.*s\n", EXAMPLES_TEXT(path));
    auto const name = LODGER_TRY(store.read("name", buffer));
    std::printf("Name           %.*s\n", EXAMPLES_TEXT(name));
    return print_devices(store);
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
    std::printf("\n");
    print_modules();
    auto const printed = print_store();
    if (!printed)
        std::printf("XenStore: %.*s\n", EXAMPLES_TEXT(describe(printed.error())));
    std::printf("\nTest result: %s\n", printed ? "SUCCESS" : "FAILURE");
    return printed ? 0 : 1;
}
