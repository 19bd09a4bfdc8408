#include <lodger/blkfront/disk.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using blkfront::Disk;
using blkfront::disk_of;
using blkfront::Key;
using blkfront::KeyValues;

namespace {

KeyValues said(std::uint64_t sectors, std::uint64_t sector_size = 512, std::uint64_t physical = 0)
{
    KeyValues values;
    values[Key::sectors] = sectors;
    values[Key::sector_size] = sector_size;
    values[Key::physical_sector_size] = physical;
    return values;
}

} // namespace

TEST_CASE("sectors count 512 bytes whatever the sector size is")
{
    REQUIRE(disk_of(said(8))->size == 4096);
    REQUIRE(disk_of(said(8, 4096))->size == 4096);
    REQUIRE(disk_of(said(8, 4096))->sector_size == 4096);
}

TEST_CASE("disks beyond 2^32 sectors and of 3 TiB have their size")
{
    REQUIRE(disk_of(said(std::uint64_t{1} << 33))->size == std::uint64_t{1} << 42);
    REQUIRE(disk_of(said(3ull << 31))->size == 3ull << 40);
}

TEST_CASE("a size that is no whole number of sectors is rounded down")
{
    REQUIRE(disk_of(said(15, 4096))->size == 4096);
}

TEST_CASE("a geometry that cannot be is a breach of the protocol")
{
    CHECK(disk_of(said(~std::uint64_t{0})).error() == Errc::protocol);
    CHECK(disk_of(said((~std::uint64_t{0} / 512) + 1)).error() == Errc::protocol);
    for (std::uint64_t const size : {0ull, 1ull, 256ull, 511ull, 513ull, 1000ull, 1ull << 63 | 512})
        CHECK(disk_of(said(8, size)).error() == Errc::protocol);
    for (std::uint64_t const physical : {1ull, 256ull, 513ull, 1ull << 32, 1ull << 63})
        CHECK(disk_of(said(8, 512, physical)).error() == Errc::protocol);
    CHECK(disk_of(said(8, 4096, 512)).error() == Errc::protocol);
}

TEST_CASE("sectors larger than a page are not supported")
{
    CHECK(disk_of(said(8, 8192)).error() == Errc::unsupported);
    CHECK(disk_of(said(8, std::uint64_t{1} << 63)).error() == Errc::unsupported);
}

TEST_CASE("a backend that says nothing has an empty, plain disk")
{
    Disk const disk = disk_of(KeyValues{}).value();
    REQUIRE(disk.size == 0);
    REQUIRE(disk.sector_size == 512);
    REQUIRE(disk.physical_sector_size == 512);
    REQUIRE_FALSE(disk.is_read_only);
}

TEST_CASE("the bits of info say what kind of medium it is")
{
    KeyValues values = said(8);
    values[Key::info] = VDISK_READONLY | VDISK_CDROM;
    REQUIRE(disk_of(values)->is_read_only);
    REQUIRE(disk_of(values)->is_cdrom);
    REQUIRE_FALSE(disk_of(values)->is_removable);
}

TEST_CASE("a range is checked without overflow")
{
    Disk const disk = disk_of(said(16)).value();
    CHECK(disk.check_range(0, 8192));
    CHECK(disk.check_range(8192, 0));
    CHECK(disk.check_range(8192, 512).error() == Errc::out_of_range);
    CHECK(disk.check_range(512, 8192).error() == Errc::out_of_range);
    CHECK(disk.check_range(~std::uint64_t{511}, 512).error() == Errc::out_of_range);
    CHECK(disk.check_range(~std::uint64_t{511}, 1024).error() == Errc::out_of_range);
    CHECK(disk.check_range(512, ~std::uint64_t{511}).error() == Errc::out_of_range);
    CHECK(disk.check_range(256, 512).error() == Errc::misaligned);
    CHECK(disk.check_range(0, 511).error() == Errc::misaligned);
}
