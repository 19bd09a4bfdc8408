// How long a guest takes to its first byte from a disk: the time of day and its CPU time at `main`,
// when the disk is connected, and when it has read. Usage: boot DEVICE

#include <lodger/blkfront/transfer.hpp>
#include <lodger/runtime/services.hpp>

#include <cinttypes>
#include <cstdio>

namespace {

using namespace lodger;

constexpr Duration patience = std::chrono::seconds{60};

struct Mark {
    Duration wall = guest().wall_clock();
    Duration cpu = guest().cpu_time();

    void print(char const* name) const
    {
        std::printf(
            "mark %s wall_ns=%" PRId64 " cpu_ns=%" PRId64 "\n", name, std::int64_t{wall.count()},
            std::int64_t{cpu.count()});
    }
};

Result<> run(char const* name)
{
    Mark const in_main;
    Store* const store = LODGER_TRY(runtime::xenstore());
    BlockDevice disk{*store, runtime::grants()};
    LODGER_TRY(disk.open(name));
    Mark const connected;
    std::byte first[512];
    LODGER_TRY(blkfront::read(disk, 0, first, after(guest(), patience)));
    Mark const read;
    in_main.print("main");
    connected.print("connected");
    read.print("read");
    return disk.close(after(guest(), BlockDevice::close_patience));
}

} // namespace

int main(int argc, char** argv)
{
    auto const ran = argc == 2 ? run(argv[1]) : Failure{Errc::invalid_argument};
    if (!ran)
        std::printf("Failed: %s\n", describe(ran.error()).data());
    return ran ? 0 : 1;
}
