#include <lodger/posix/mount_table.hpp>

#include <catch2/catch.hpp>
#include <string>

// All that the table knows of a file system is where it is.
class lodger::posix::FileSystem {};

using namespace lodger;
using posix::FileSystem;
using posix::MountTable;
using posix::Path;

namespace {

Path path(std::string_view text)
{
    Path result;
    REQUIRE(result.go(text));
    return result;
}

} // namespace

TEST_CASE("of several mounts that a path is in the longest counts")
{
    FileSystem root, a, ab;
    MountTable table;
    REQUIRE(table.find(path("/x")) == nullptr);
    REQUIRE(table.add(path("/a"), a));
    REQUIRE(table.add(path("/a/b"), ab));
    REQUIRE(table.find(path("/x")) == nullptr);
    REQUIRE(table.add(path("/"), root));
    CHECK(table.find(path("/"))->file_system == &root);
    CHECK(table.find(path("/ab"))->file_system == &root);
    CHECK(table.find(path("/a"))->file_system == &a);
    CHECK(table.find(path("/a/bc"))->file_system == &a);
    CHECK(table.find(path("/a/b/c"))->file_system == &ab);
    table.remove(ab);
    CHECK(table.find(path("/a/b/c"))->file_system == &a);
    table.remove(a);
    CHECK(table.find(path("/a/b/c"))->file_system == &root);
}

TEST_CASE("a place has one file system, and a file system one place")
{
    FileSystem one, other;
    MountTable table;
    REQUIRE(table.add(path("/a"), one));
    REQUIRE(table.add(path("/a/."), other).error() == Errc::busy);
    REQUIRE(table.add(path("/b"), one).error() == Errc::busy);
    REQUIRE(table.at(path("/a/b/..")) == &one);
    REQUIRE(table.at(path("/a/b")) == nullptr);
    table.remove(other);
    REQUIRE(table.at(path("/a")) == &one);
    table.remove(one);
    REQUIRE(table.at(path("/a")) == nullptr);
    REQUIRE(table.add(path("/b"), one));
}

TEST_CASE("mounts have an end")
{
    FileSystem all[9];
    MountTable table;
    for (int i = 0; i < 8; ++i)
        REQUIRE(table.add(path("/" + std::to_string(i)), all[i]));
    REQUIRE(table.add(path("/8"), all[8]).error() == Errc::no_memory);
    table.remove(all[3]);
    REQUIRE(table.add(path("/8"), all[8]));
    REQUIRE(table.all().size() == 8);
}
