#include <lodger/posix/open_files.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using posix::InUse;

namespace {

struct File {
    unsigned users = 0;
    int ends = 0;
    void unused() { ++ends; }
};

} // namespace

TEST_CASE("a new descriptor is the smallest that is free")
{
    File standard{.users = 2};
    File one, other;
    posix::OpenFiles<File, 4> files{standard, standard};
    REQUIRE(files.find(1) == &standard);
    REQUIRE(files.add(one) == 2);
    REQUIRE(files.add(other) == 3);
    REQUIRE(files.add(one) == -1);
    REQUIRE(files.remove(2));
    REQUIRE(one.ends == 1);
    REQUIRE(files.add(other) == 2);
    REQUIRE(files.remove(0));
    REQUIRE(standard.ends == 0);
    REQUIRE(files.add(one) == 0);
    REQUIRE(files.add(one, 3) == -1);
}

TEST_CASE("what is no descriptor is not found, and not removed")
{
    posix::OpenFiles<File, 4> files;
    for (int const descriptor : {-1, 0, 3, 4, 1 << 30}) {
        REQUIRE(files.find(descriptor) == nullptr);
        REQUIRE_FALSE(files.remove(descriptor));
    }
}

TEST_CASE("a file ends with its last descriptor")
{
    File file;
    posix::OpenFiles<File, 4> files;
    int const first = files.add(file);
    int const second = files.add(file);
    REQUIRE(files.remove(first));
    REQUIRE(file.ends == 0);
    REQUIRE(files.remove(second));
    REQUIRE(file.ends == 1);
}

TEST_CASE("a file that is closed while it is in use ends when it is so no more")
{
    File file;
    posix::OpenFiles<File, 4> files;
    int const descriptor = files.add(file);
    {
        InUse const reading{files.find(descriptor)};
        REQUIRE(reading);
        REQUIRE(files.remove(descriptor));
        REQUIRE(files.find(descriptor) == nullptr);
        REQUIRE(file.ends == 0);
    }
    REQUIRE(file.ends == 1);
    REQUIRE_FALSE(InUse<File>{nullptr});
}
