// Reads whole disks: prints what each is, its partition table, and the SHA-256 of its contents.

#include "../support/open_disk.hpp"
#include "../support/progress.hpp"
#include "../support/read_ahead.hpp"
#include "../support/sha256.hpp"
#include "partitions.hpp"

#include <cstdio>
#include <cstring>
#include <optional>

namespace {

using namespace examples;

constexpr char usage[] =
    "Usage: blkread [--timeout=SECONDS] [DEVICE...]\n"
    "Prints each disk's size, features, partition table and SHA-256.\n"
    "DEVICE is a name (xvda), a number (51712) or a path in XenStore (device/vbd/51712);\n"
    "without any, all disks of the guest are read.\n"
    "SECONDS is how long a disk may take to connect (30).\n";

/// What the command line asks for.
struct Options {
    Duration patience = BlockDevice::connect_patience;
    std::span<char*> disks;
};

Result<> print_digest(BlockDevice& device)
{
    ReadAhead disk{device};
    Progress progress{device.disk()->size};
    Sha256 sha256;
    while (true) {
        auto const bytes = LODGER_TRY(disk.next());
        if (bytes.empty())
            break;
        sha256.add(bytes);
        progress.advance(bytes.size());
    }
    progress.finish("Read");
    std::printf("SHA-256 %s  %.*s\n", sha256.hex().data(), EXAMPLES_TEXT(disk_name(device).view()));
    return {};
}

bool read_disk(Store& store, char const* name, Duration patience)
{
    BlockDevice device{store, runtime::grants()};
    if (!open_disk(store, device, name, patience))
        return false;
    print_disk(device);
    auto read = print_partitions(device);
    if (read)
        read = print_digest(device);
    if (!read)
        std::printf("%s: reading failed: %.*s\n", name, EXAMPLES_TEXT(describe(read.error())));
    auto const closed = device.close(after(guest(), BlockDevice::close_patience));
    if (!closed)
        std::printf("%s: closing failed: %.*s\n", name, EXAMPLES_TEXT(describe(closed.error())));
    return read && closed;
}

bool read_all_disks(Store& store, Duration patience)
{
    std::array<char, store::most_payload> buffer;
    auto const names = store.directory("device/vbd", buffer);
    if (!names || names->empty()) {
        print_disks(store);
        return false;
    }
    bool good = true;
    for (std::string_view const name : *names)
        good = read_disk(store, name.data(), patience) && good; // Each name ends in a NUL.
    return good;
}

bool run(Options const& options)
{
    auto const store = runtime::xenstore();
    if (!store) {
        std::printf("XenStore: %.*s\n", EXAMPLES_TEXT(describe(store.error())));
        return false;
    }
    if (options.disks.empty())
        return read_all_disks(**store, options.patience);
    bool good = true;
    for (char const* const name : options.disks)
        good = read_disk(**store, name, options.patience) && good;
    return good;
}

/// @return nothing if the arguments make no sense
std::optional<Options> parse_arguments(std::span<char*> arguments)
{
    Options options{.disks = arguments};
    constexpr std::string_view timeout = "--timeout=";
    if (!arguments.empty() && std::string_view{arguments[0]}.starts_with(timeout)) {
        auto const seconds = parse<std::uint32_t>(&arguments[0][timeout.size()]);
        if (!seconds)
            return std::nullopt;
        options.patience = std::chrono::seconds{*seconds};
        options.disks = arguments.subspan(1);
    }
    for (std::string_view const name : options.disks)
        if (name.starts_with("-"))
            return std::nullopt;
    return options;
}

} // namespace

int main(int argc, char** argv)
{
    auto const options = parse_arguments({argv + 1, static_cast<std::size_t>(argc - 1)});
    if (!options) {
        std::fputs(usage, stdout);
        return argc == 2 && std::strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    bool const good = run(*options);
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
