// Reads whole disks: prints what each is, its partition table, and the SHA-256 of its contents.

#include "../support/open_disk.hpp"
#include "../support/progress.hpp"
#include "../support/read_ahead.hpp"
#include "../support/sha256.hpp"
#include "partitions.hpp"

#include <cstdio>
#include <cstring>

namespace {

using namespace examples;

constexpr char usage[] =
    "Usage: blkread [DEVICE...]\n"
    "Prints each disk's size, features, partition table and SHA-256.\n"
    "DEVICE is a name (xvda), a number (51712) or a path in XenStore (device/vbd/51712);\n"
    "without any, all disks of the guest are read.\n";

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

bool read_disk(Store& store, char const* name)
{
    BlockDevice device{store, runtime::grants()};
    if (!open_disk(store, device, name))
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

bool read_all_disks(Store& store)
{
    std::array<char, store::most_payload> buffer;
    auto const names = store.directory("device/vbd", buffer);
    if (!names || names->empty()) {
        print_disks(store);
        return false;
    }
    bool good = true;
    for (std::string_view const name : *names)
        good = read_disk(store, name.data()) && good; // Each name ends in a NUL.
    return good;
}

bool run(int argc, char** argv)
{
    auto const store = runtime::xenstore();
    if (!store) {
        std::printf("XenStore: %.*s\n", EXAMPLES_TEXT(describe(store.error())));
        return false;
    }
    if (argc < 2)
        return read_all_disks(**store);
    bool good = true;
    for (int i = 1; i < argc; ++i)
        good = read_disk(**store, argv[i]) && good;
    return good;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
        std::fputs(usage, stdout);
        return 0;
    }
    bool const good = run(argc, argv);
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
