#include <lodger/blkfront/name.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using blkfront::name_of;
using blkfront::number_of;

TEST_CASE("names and numbers are those of xen-vbd-interface(7)")
{
    struct Known {
        char const* name;
        std::uint32_t number;
    };
    for (Known const known :
         {Known{"xvda", 51712}, Known{"xvda1", 51713}, Known{"xvdb", 51728}, Known{"xvdp15", 51967},
          Known{"xvdq", 268439552}, Known{"xvdz", 268441856}, Known{"xvdaa", 268442112},
          Known{"xvda16", 268435472}, Known{"hda", 768}, Known{"hdb", 832}, Known{"hdc", 5632},
          Known{"sda", 2048}, Known{"sdb1", 2065}}) {
        INFO(known.name);
        CHECK(number_of(known.name) == known.number);
        CHECK(name_of(known.number).view() == known.name);
    }
}

TEST_CASE("a number stands for itself")
{
    REQUIRE(number_of("51712") == 51712u);
    REQUIRE(name_of(7).view() == "7");
}

TEST_CASE("what names no disk is refused")
{
    for (char const* const name :
         {"", "xvd", "xvd1", "xvdA", "xvda256", "xvda1x", "hde", "hda64", "sdq", "tape", "xvda-1",
          "xvdaaaaaa", "99999999999", "-1", "xvda 1"}) {
        INFO(name);
        CHECK_FALSE(number_of(name));
    }
}

TEST_CASE("every disk's name leads back to its number")
{
    for (std::uint32_t disk = 0; disk < 2000; ++disk) {
        std::uint32_t const number = disk < 16 ? 51712 + disk * 16 : (1u << 28) + (disk << 8);
        CHECK(number_of(name_of(number)) == number);
    }
}

TEST_CASE("a path stands for itself, and a name for the device's directory")
{
    REQUIRE(blkfront::path_of("device/vbd/1")->view() == "device/vbd/1");
    REQUIRE(blkfront::path_of("xvda")->view() == "device/vbd/51712");
    REQUIRE(blkfront::path_of("768")->view() == "device/vbd/768");
    REQUIRE(blkfront::path_of("nothing").error() == Errc::invalid_argument);
}
