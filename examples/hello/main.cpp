// Prints what a guest finds when it starts: how it runs, and what it was given. It does so without
// the C library's printf, to stay small.

#include <lodger/runtime/console.hpp>
#include <lodger/runtime/services.hpp>
#include <lodger/runtime/text.hpp>
#include <lodger/xenbus/device_names.hpp>

namespace {

using namespace lodger;
using runtime::Decimal;
using runtime::Text;

constexpr std::size_t line_width = 64;

void begin(Text& line, std::string_view label)
{
    line << label;
    for (std::size_t i = label.size(); i < 15; ++i)
        line << " ";
}

void end(Text& line)
{
    line << "\n";
    runtime::print(line.view());
}

void print(std::string_view label, auto const&... parts)
{
    Text line;
    begin(line, label);
    (line << ... << parts);
    end(line);
}

void print_xen()
{
    auto const version = guest().xen_version();
    print("Xen version", version.major, ".", version.minor, version.extra);
}

void print_memory()
{
    auto& pages = guest().pages();
    print("Memory", pages.all_pages() * 4, " KiB, ", pages.free_pages() * 4, " KiB free");
}

void print_time()
{
    using namespace std::chrono;
    sys_time<seconds> const now{duration_cast<seconds>(guest().wall_clock())};
    auto const midnight = floor<days>(now);
    year_month_day const date{midnight};
    hh_mm_ss const time{now - midnight};
    auto const two = [](auto number) { return Decimal{static_cast<std::uint64_t>(number), 2}; };
    print(
        "Time", static_cast<int>(date.year()), "-", two(static_cast<unsigned>(date.month())), "-",
        two(static_cast<unsigned>(date.day())), " ", two(time.hours().count()), ":",
        two(time.minutes().count()), ":", two(time.seconds().count()), " UTC");
}

void print_command_line(int argc, char** argv)
{
    Text words;
    for (int i = 1; i < argc; ++i)
        words << (i > 1 ? " " : "") << argv[i];
    print("Command line", words.view());
}

/// What `ramdisk=` of the xl configuration names: bytes in memory, here taken for text.
void print_modules()
{
    for (auto const module : guest().boot_info().modules) {
        std::string_view const text{reinterpret_cast<char const*>(module.data()), module.size()};
        std::string_view const line = text.substr(0, std::min(text.find('\n'), line_width));
        print("Module", module.size(), " bytes: ", line);
    }
}

/// All devices, with the state of our end of each.
Result<> print_devices(Store& store)
{
    auto const print_one = [&](std::string_view path) -> Result<> {
        std::array<char, 16> text;
        auto const state = store.read({path, "state"}, text);
        if (state) // Else it is no device: `device/` holds other things as well.
            print("Device", path, ", ", xenbus::name(xenbus::state_of(*state)));
        return {};
    };
    return xenbus::for_each_below(store, "device", store.patience(), [&](std::string_view type) {
        return xenbus::for_each_below(store, type, store.patience(), print_one);
    });
}

Result<> print_store()
{
    Store& store = *LODGER_TRY(runtime::xenstore_alone());
    std::array<char, store::most_payload> buffer;
    auto const id = LODGER_TRY(store.read<std::uint16_t>("domid"));
    print("XenStore path", LODGER_TRY(store.domain_path(Domain{id}, buffer)));
    print("Name", LODGER_TRY(store.read("name", buffer)));
    return print_devices(store);
}

} // namespace

int main(int argc, char** argv)
{
    runtime::print("Hello from a guest without an operating system.\n\n");
    print("Mode", describe(guest().boot_info().mode));
    print_xen();
    print_memory();
    print_time();
    print_command_line(argc, argv);
    print_modules();
    auto const printed = print_store();
    if (!printed)
        print("XenStore:", describe(printed.error()));
    runtime::print(printed ? "\nTest result: SUCCESS\n" : "\nTest result: FAILURE\n");
    return printed ? 0 : 1;
}
