#include "support/ext4_mounted.hpp"

// Disks that are full, of blocks or of inodes.

using namespace lodger;
using namespace lodger::test;

namespace {

/// @return how many bytes there was room for
std::size_t fill(Mounted& disk, std::string const& path, std::size_t part)
{
    auto const file = disk.open(path, O_WRONLY | O_CREAT);
    REQUIRE(file);
    std::string const text(part, '#');
    std::size_t done = 0;
    while (true) {
        auto const count = (*file)->write(done, std::as_bytes(std::span{text}));
        if (!count) {
            CHECK(count.error() == Errc::no_space);
            return done;
        }
        REQUIRE(*count > 0);
        done += *count;
    }
}

} // namespace

TEST_CASE("a full disk is said to be full, is whole, and has room again when a file is gone")
{
    char const* const kind = GENERATE(
        "-t ext4 -b 4096", "-t ext4 -b 1024", "-t ext3 -b 1024", "-t ext4 -b 1024 -g 1024");
    std::size_t const part = GENERATE(std::size_t{1000}, std::size_t{256 << 10});
    INFO(kind << ", in parts of " << part);
    Ext4Image image{kind, std::uint64_t{part == 1000 ? 8u : 24u} << 20};
    std::size_t first = 0;
    {
        Mounted disk{image};
        CHECK(disk.system->make_directory("d", 0755));
        for (int i = 0; i < 60; ++i) // Holes of one file in the other.
            CHECK(disk.write("d/" + std::to_string(i), std::string(20'000, 'x')));
        for (int i = 0; i < 60; i += 2)
            CHECK(disk.system->unlink("d/" + std::to_string(i)));
        first = fill(disk, "filling", part);
        CHECK(disk.status("filling")->st_size == static_cast<off_t>(first));
        CHECK(disk.system->make_directory("e", 0755).error() == Errc::no_space);
        CHECK(disk.system->symlink(std::string(100, 'l'), "l").error() == Errc::no_space);
        CHECK(disk.unmount());
    }
    CHECK(image.faults() == "");
    Mounted disk{image};
    CHECK(disk.read("filling").value() == std::string(first, '#'));
    CHECK(disk.system->unlink("filling"));
    CHECK(disk.read("d/1").value() == std::string(20'000, 'x'));
    CHECK(fill(disk, "again", part) == first);
    CHECK(disk.system->change("again", LastLink::keep, {.size = first / 2}));
    CHECK(disk.unmount());
    CHECK(image.faults() == "");
}

TEST_CASE("a disk without inodes is full")
{
    Ext4Image image{"-t ext4 -N 32"};
    Mounted disk{image};
    Result<> made;
    for (int i = 0; made; ++i)
        made = disk.write(std::to_string(i), "x");
    CHECK(made.error() == Errc::no_space);
    CHECK(disk.system->make_directory("d", 0755).error() == Errc::no_space);
    CHECK(disk.system->unlink("0"));
    CHECK(disk.write("again", "x"));
    CHECK(disk.unmount());
    CHECK(image.faults() == "");
}
